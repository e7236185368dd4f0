import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../test/postgres-for-tests.ts'
import { listApiKeys, revokeApiKey } from '../catalog/api-keys.ts'
import { newRecordingId, newShareId, type RecordingId, type UserId } from '../catalog/identifiers.ts'
import { createRecording, deleteRecording } from '../catalog/recordings.ts'
import { deleteExpiredSessions, listSessions } from '../catalog/sessions.ts'
import { createShare, revokeShare } from '../catalog/shares.ts'
import { createUser } from '../catalog/users.ts'
import { callerOf, callerOfSender } from './caller.ts'
import { LoginLimiter } from './login-limiter.ts'
import { issueApiKey } from './owner.ts'
import { hashPassword } from './passwords.ts'
import { newSecretToken } from './secret-token.ts'
import { changePassword, openSession, signIn, signOut } from './sign-in.ts'

let database: TestDatabase
let userId: UserId
const email = "o'hara@example.org"
const password = 'correct horse'
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  await database.kysely.deleteFrom('recordings').execute()
  await database.kysely.deleteFrom('users').execute()
  const passwordHash = await hashPassword(password)
  userId = (await createUser(database.kysely, { email, name: '', passwordHash, role: 'member' })).id
})

const invalid = { code: 'invalid-credentials' }
const bearer = (token: string, recordingId?: RecordingId) =>
  callerOf(database.kysely, { authorization: `Bearer ${token}`, recordingId })
const cookie = (sessionToken: string) => callerOf(database.kysely, { sessionToken })
const request = { email, password, address: '192.0.2.1', userAgent: 'Firefox' }

/** Every token that differs from this one in a single character. */
function alterations(token: string): string[] {
  return [...token].map((letter, at) => token.slice(0, at) + (letter === 'A' ? 'B' : 'A') + token.slice(at + 1))
}

describe('a session', () => {
  it('is opened by the right password and gone after signing out', async () => {
    const { token } = await signIn(database.kysely, new LoginLimiter(), request)
    expect(await cookie(token)).toEqual({ kind: 'user', userId, role: 'member', via: 'session' })
    expect(await listSessions(database.kysely, userId)).toMatchObject([{ userAgent: 'Firefox' }])
    await signOut(database.kysely, token)
    expect(await cookie(token)).toEqual({ kind: 'anonymous' })
  })

  it.each([
    { email: 'nobody@example.org' },
    { password: 'wrong horse' },
    { password: '' },
    { email: "' or 1=1 --" },
    { email: 'a\u0000' },
  ])('is not opened by %o', async (wrong) => {
    await expect(signIn(database.kysely, new LoginLimiter(), { ...request, ...wrong })).rejects.toMatchObject(invalid)
  })

  it('is refused after too many tries at once, whatever the password', async () => {
    const limiter = new LoginLimiter()
    const tries = Array.from({ length: 20 }, () => signIn(database.kysely, limiter, { ...request, password: 'wrong' }))
    const codes = (await Promise.allSettled(tries)).map((each) => each.status === 'rejected' && each.reason.code)
    expect(codes.filter((code) => code === 'invalid-credentials')).toHaveLength(8)
    await expect(signIn(database.kysely, limiter, request)).rejects.toMatchObject({ code: 'too-many-attempts' })
  })

  it('once expired makes an anonymous caller, also when the clock goes back', async () => {
    const { token } = await openSession(database.kysely, userId, '')
    await database.kysely
      .updateTable('sessions')
      .set({ expires_at: new Date(Date.now() - 1000) })
      .execute()
    expect(await cookie(token)).toEqual({ kind: 'anonymous' })
    expect(await database.kysely.selectFrom('sessions').selectAll().execute()).toEqual([])
  })

  it('is prolonged by use, at most every five minutes', async () => {
    const { token } = await openSession(database.kysely, userId, '')
    const soon = new Date(Date.now() + 60_000)
    await database.kysely.updateTable('sessions').set({ expires_at: soon }).execute()
    await cookie(token)
    expect(await listSessions(database.kysely, userId)).toMatchObject([{ expiresAt: soon }])
    await database.kysely
      .updateTable('sessions')
      .set({ last_seen_at: new Date(Date.now() - 301_000) })
      .execute()
    await cookie(token)
    const [session] = await listSessions(database.kysely, userId)
    expect(session!.expiresAt.getTime()).toBeGreaterThan(Date.now() + 29 * 86_400_000)
  })

  it('ends when the password changes, but for the one that changed it', async () => {
    const [here, there] = [
      await openSession(database.kysely, userId, ''),
      await openSession(database.kysely, userId, ''),
    ]
    const change = { userId, current: password, next: 'battery staple', address: '192.0.2.1', keepToken: here.token }
    await changePassword(database.kysely, new LoginLimiter(), change)
    expect(await cookie(here.token)).toMatchObject({ kind: 'user' })
    expect(await cookie(there.token)).toEqual({ kind: 'anonymous' })
    await expect(signIn(database.kysely, new LoginLimiter(), request)).rejects.toMatchObject(invalid)
    await expect(changePassword(database.kysely, new LoginLimiter(), change)).rejects.toMatchObject(invalid)
  })

  it('altered in any character is none; the sweep removes the expired only', async () => {
    const { token } = await openSession(database.kysely, userId, '')
    const callers = await Promise.all(alterations(token).map(cookie))
    // The last of 43 characters carries 4 bits of the token, but the text is what is hashed.
    expect(callers).toEqual(callers.map(() => ({ kind: 'anonymous' })))
    expect(await deleteExpiredSessions(database.kysely)).toBe(0)
  })
})

describe('a key', () => {
  it('opens until it is revoked, and is stored as a hash only', async () => {
    const { id, key } = await issueApiKey(database.kysely, userId, 'laptop')
    expect(key).toMatch(/^rk_[A-Za-z0-9_-]{43}$/)
    expect(await bearer(key)).toEqual({ kind: 'user', userId, role: 'member', via: 'key' })
    expect(await callerOf(database.kysely, { authorization: `bEARER  ${key} ` })).toMatchObject({ userId })
    const [listed] = await listApiKeys(database.kysely, userId)
    expect(listed).toMatchObject({ id, name: 'laptop', last_used_at: expect.any(Date) })
    expect(JSON.stringify(listed)).not.toContain(key.slice(3))
    expect(await revokeApiKey(database.kysely, userId, id)).toBe(true)
    await expect(bearer(key)).rejects.toMatchObject(invalid)
  })

  it('altered in any character is refused', async () => {
    const { key } = await issueApiKey(database.kysely, userId, '')
    for (const altered of alterations(key)) await expect(bearer(altered)).rejects.toMatchObject(invalid)
  })

  it.each([
    '',
    'Bearer',
    'Bearer ',
    'Basic b3duZXI6',
    'Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoib3duZXIifQ.',
    "Bearer ' or 1=1 --",
    `Bearer ${'x'.repeat(100_000)}`,
    'Bearer \u0000',
  ])('the header %o is refused', async (authorization) => {
    await expect(callerOf(database.kysely, { authorization })).rejects.toMatchObject(invalid)
    const alongACookie = { authorization, sessionToken: (await openSession(database.kysely, userId, '')).token }
    await expect(callerOf(database.kysely, alongACookie)).rejects.toMatchObject(invalid)
  })
})

describe('a recording’s tokens', () => {
  async function record() {
    const { token, hash } = newSecretToken('sender')
    const recording = { ownerId: userId, title: '', contentType: 'video/webm', tokenHash: hash }
    return { id: (await createRecording(database.kysely, recording)).id, token }
  }

  it('the sender’s opens this recording and no other', async () => {
    const [one, two] = [await record(), await record()]
    expect(await bearer(one.token, one.id)).toEqual({ kind: 'sender', recordingId: one.id })
    expect(await callerOfSender(database.kysely, one.id, one.token)).toEqual({ kind: 'sender', recordingId: one.id })
    await expect(bearer(one.token, two.id)).rejects.toMatchObject(invalid)
    await expect(bearer(one.token, newRecordingId())).rejects.toMatchObject(invalid)
    await expect(bearer(one.token)).rejects.toMatchObject(invalid)
    for (const altered of alterations(one.token)) await expect(bearer(altered, one.id)).rejects.toMatchObject(invalid)
  })

  it('a link opens its recording until revoked or the recording deleted', async () => {
    const { id } = await record()
    const share = await createShare(database.kysely, { recordingId: id, createdBy: userId })
    const open = () => callerOf(database.kysely, { shareId: share.id })
    expect(await open()).toEqual({ kind: 'share', shareId: share.id, recordingId: id })
    await revokeShare(database.kysely, id, share.id)
    await expect(open()).rejects.toMatchObject({ code: 'share-not-found' })
    const { id: deleted } = await record()
    const other = await createShare(database.kysely, { recordingId: deleted, createdBy: userId })
    await deleteRecording(database.kysely, deleted)
    await expect(callerOf(database.kysely, { shareId: other.id })).rejects.toMatchObject({ code: 'share-not-found' })
  })

  it.each([newShareId(), '', '..', "' or 1=1", 'a\u0000'])(
    'the link %o opens nothing, nor does a cookie help',
    async (shareId) => {
      const { token } = await openSession(database.kysely, userId, '')
      const shown = callerOf(database.kysely, { shareId, sessionToken: token })
      await expect(shown).rejects.toMatchObject({ code: 'share-not-found' })
    },
  )
})

it('who shows nothing is anonymous', async () => {
  expect(await callerOf(database.kysely, {})).toEqual({ kind: 'anonymous' })
})
