import { type Kysely, sql } from 'kysely'
import { createApiKey, replaceEnvironmentKey } from '../catalog/api-keys.ts'
import { CatalogError } from '../catalog/catalog-error.ts'
import type { KeyId, UserId } from '../catalog/identifiers.ts'
import type { Schema, User } from '../catalog/schema.ts'
import { isSetupLinkValid, removeUnusedSetupLinks, replaceSetupLink, useSetupLink } from '../catalog/setup-links.ts'
import { ensureOwner, findOwner } from '../catalog/users.ts'
import { AccessError } from './access-error.ts'
import { hashPassword } from './passwords.ts'
import { hashSecretToken, newSecretToken } from './secret-token.ts'

const shortestOwnerKey = 32
/** Any fixed number, other than the migrations'. */
const lockKey = 0x6f776e6572

/** `setupToken` goes into the link that is printed once; null when there is nothing to set up. */
export type OwnerAtStart = { setupToken: string | null }

/**
 * What each start does about the owner. With an owner key: the owner is made if missing, the key is the one
 * environment key, and no link exists. Without: no environment key is valid, and as long as the owner has no
 * password a new link replaces the one before.
 * @throws AccessError `owner-key-too-short`, `owner-key-not-ascii`
 */
export async function prepareOwner(db: Kysely<Schema>, environmentKey: string | undefined): Promise<OwnerAtStart> {
  const ownerKey = parseOwnerKey(environmentKey)
  return await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${lockKey})`.execute(tx)
    if (ownerKey) {
      const owner = await ensureOwner(tx)
      await replaceEnvironmentKey(tx, { userId: owner.id, hash: hashSecretToken(ownerKey) })
      await removeUnusedSetupLinks(tx)
      return { setupToken: null }
    }
    await replaceEnvironmentKey(tx, null)
    const owner = await findOwner(tx)
    if (owner?.password_hash) {
      await removeUnusedSetupLinks(tx)
      return { setupToken: null }
    }
    const { token, hash } = newSecretToken('setup')
    await replaceSetupLink(tx, hash)
    return { setupToken: token }
  })
}

/** An empty variable is what `RUSHES_OWNER_KEY=` in an env file means: unset. */
function parseOwnerKey(text: string | undefined): string | undefined {
  const key = text?.trim()
  if (!key) return undefined
  if (key.length < shortestOwnerKey) {
    throw new AccessError('owner-key-too-short', `RUSHES_OWNER_KEY needs at least ${shortestOwnerKey} characters`)
  }
  // It travels in a header, where clients disagree about the bytes of anything else; 1024 is what callers may show.
  if (!/^[\x20-\x7e]{1,1024}$/.test(key)) {
    throw new AccessError('owner-key-not-ascii', 'RUSHES_OWNER_KEY may have up to 1024 printable ASCII characters')
  }
  return key
}

/**
 * Makes the owner's account with the printed link's token; of many at once exactly one succeeds.
 * @throws CatalogError `setup-link-invalid`, `owner-exists`, `email-taken`
 * @throws AccessError `password-too-short`, `password-too-long`
 */
export async function completeSetup(
  db: Kysely<Schema>,
  token: string,
  account: { email: string; name: string; password: string },
): Promise<User> {
  const hash = hashSecretToken(token)
  // Asked before the slow hash, so that guessing costs us nothing; decided by the update in useSetupLink.
  if (!(await isSetupLinkValid(db, hash))) throw new CatalogError('setup-link-invalid')
  const passwordHash = await hashPassword(account.password)
  return await useSetupLink(db, hash, { email: account.email, name: account.name, passwordHash })
}

/** A further key of a user. `key` is shown this once: only its hash is kept. */
export async function issueApiKey(
  db: Kysely<Schema>,
  userId: UserId,
  name: string,
): Promise<{ id: KeyId; key: string; createdAt: Date }> {
  const { token, hash } = newSecretToken('key')
  const made = await createApiKey(db, { userId, name, hash })
  return { id: made.id, key: token, createdAt: made.created_at }
}
