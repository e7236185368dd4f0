import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../test/postgres-for-tests.ts'
import { createUser, findOwner } from '../catalog/users.ts'
import { callerOf } from './caller.ts'
import { LoginLimiter } from './login-limiter.ts'
import { completeSetup, prepareOwner } from './owner.ts'
import { signIn } from './sign-in.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  await database.kysely.deleteFrom('setup_links').execute()
  await database.kysely.deleteFrom('users').execute()
})

const account = { email: 'owner@example.org', name: 'Ada', password: 'correct horse' }
const [keyA, keyB] = ['a'.repeat(32), 'b with spaces, for why should it not have some?']

function bearer(key: string) {
  return callerOf(database.kysely, { authorization: `Bearer ${key}` })
}

describe('the environment key', () => {
  it('makes the owner and prints no link; the key is the owner’s', async () => {
    expect(await prepareOwner(database.kysely, keyA)).toEqual({ setupToken: null })
    const owner = await findOwner(database.kysely)
    expect(await bearer(keyA)).toEqual({ kind: 'user', userId: owner?.id, role: 'owner', via: 'key' })
  })

  it('changed shuts the old one out, changed back lets it in again, unset shuts all out', async () => {
    await prepareOwner(database.kysely, keyA)
    await prepareOwner(database.kysely, keyB)
    await expect(bearer(keyA)).rejects.toMatchObject({ code: 'invalid-credentials' })
    expect(await bearer(keyB)).toMatchObject({ role: 'owner' })
    await prepareOwner(database.kysely, ` ${keyA}\n`)
    expect(await bearer(keyA)).toMatchObject({ role: 'owner' })
    await expect(bearer(keyB)).rejects.toMatchObject({ code: 'invalid-credentials' })
    await prepareOwner(database.kysely, undefined)
    await expect(bearer(keyA)).rejects.toMatchObject({ code: 'invalid-credentials' })
  })

  it.each([
    ['x'.repeat(31), 'owner-key-too-short'],
    ['é'.repeat(32), 'owner-key-not-ascii'],
  ])('%s is refused and changes nothing', async (key, code) => {
    await prepareOwner(database.kysely, keyA)
    await expect(prepareOwner(database.kysely, key)).rejects.toMatchObject({ code })
    expect(await bearer(keyA)).toMatchObject({ role: 'owner' })
  })

  it('kills a link printed before, and set together with an account leaves the account', async () => {
    const { setupToken } = await prepareOwner(database.kysely, undefined)
    await prepareOwner(database.kysely, keyA)
    await expect(completeSetup(database.kysely, setupToken!, account)).rejects.toMatchObject({
      code: 'setup-link-invalid',
    })
  })

  it('ten servers starting at once make one owner with one key', async () => {
    await Promise.all(Array.from({ length: 10 }, () => prepareOwner(database.kysely, keyA)))
    expect(await bearer(keyA)).toMatchObject({ role: 'owner' })
    expect(await database.kysely.selectFrom('api_keys').selectAll().execute()).toHaveLength(1)
  })
})

describe('the setup link', () => {
  it('makes the owner’s account once; the next start prints none', async () => {
    const { setupToken } = await prepareOwner(database.kysely, '')
    const owner = await completeSetup(database.kysely, setupToken!, account)
    expect(owner).toMatchObject({ email: account.email, name: 'Ada', role: 'owner' })
    await expect(completeSetup(database.kysely, setupToken!, account)).rejects.toMatchObject({
      code: 'setup-link-invalid',
    })
    expect(await prepareOwner(database.kysely, undefined)).toEqual({ setupToken: null })
    const request = { ...account, address: '192.0.2.1', userAgent: '' }
    expect(await signIn(database.kysely, new LoginLimiter(), request)).toMatchObject({ userId: owner.id })
  })

  it('of a new start kills the one before', async () => {
    const { setupToken: old } = await prepareOwner(database.kysely, undefined)
    const { setupToken } = await prepareOwner(database.kysely, undefined)
    await expect(completeSetup(database.kysely, old!, account)).rejects.toMatchObject({ code: 'setup-link-invalid' })
    expect(await completeSetup(database.kysely, setupToken!, account)).toMatchObject({ role: 'owner' })
  })

  it('completes the owner that an environment key made, with all that is theirs', async () => {
    await prepareOwner(database.kysely, keyA)
    const made = await findOwner(database.kysely)
    const { setupToken } = await prepareOwner(database.kysely, undefined)
    expect(await completeSetup(database.kysely, setupToken!, account)).toMatchObject({ id: made?.id, name: 'Ada' })
  })

  it('used 100 times at once works exactly once', async () => {
    const { setupToken } = await prepareOwner(database.kysely, undefined)
    const uses = Array.from({ length: 100 }, (_, n) =>
      completeSetup(database.kysely, setupToken!, { ...account, email: `${n}@example.org` }),
    )
    const won = (await Promise.allSettled(uses)).filter((use) => use.status === 'fulfilled')
    expect(won).toHaveLength(1)
    expect(await database.kysely.selectFrom('users').selectAll().execute()).toHaveLength(1)
  })

  it('is not spent when the account cannot be made', async () => {
    await createUser(database.kysely, { ...account, passwordHash: null, role: 'member' })
    const { setupToken } = await prepareOwner(database.kysely, undefined)
    const taken = { ...account, email: account.email.toUpperCase() }
    await expect(completeSetup(database.kysely, setupToken!, taken)).rejects.toMatchObject({ code: 'email-taken' })
    const other = { ...account, email: 'other@example.org' }
    expect(await completeSetup(database.kysely, setupToken!, other)).toMatchObject({ role: 'owner' })
  })

  it('is worth nothing after a day', async () => {
    const { setupToken } = await prepareOwner(database.kysely, undefined)
    await database.kysely
      .updateTable('setup_links')
      .set({ created_at: new Date(Date.now() - 86_400_000) })
      .execute()
    await expect(completeSetup(database.kysely, setupToken!, account)).rejects.toMatchObject({
      code: 'setup-link-invalid',
    })
  })
})
