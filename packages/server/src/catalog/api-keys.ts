import { type Kysely, sql } from 'kysely'
import { type KeyId, newKeyId, type UserId } from './identifiers.ts'
import type { ApiKey, Role, Schema } from './schema.ts'

export async function createApiKey(
  db: Kysely<Schema>,
  key: { userId: UserId; name: string; hash: Uint8Array },
): Promise<ApiKey> {
  return await db
    .insertInto('api_keys')
    .values({
      id: newKeyId(),
      user_id: key.userId,
      name: key.name.replaceAll('\u0000', '\ufffd'),
      hash: Buffer.from(key.hash),
      origin: 'created',
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

export type KeyHolder = { keyId: KeyId; userId: UserId; role: Role; lastUsedAt: Date | null }

export async function findApiKey(db: Kysely<Schema>, hash: Uint8Array): Promise<KeyHolder | undefined> {
  return await db
    .selectFrom('api_keys')
    .innerJoin('users', 'users.id', 'api_keys.user_id')
    .select(['api_keys.id as keyId', 'users.id as userId', 'users.role as role', 'api_keys.last_used_at as lastUsedAt'])
    .where('api_keys.hash', '=', Buffer.from(hash))
    .where('api_keys.revoked_at', 'is', null)
    .executeTakeFirst()
}

export async function touchApiKey(db: Kysely<Schema>, id: KeyId): Promise<void> {
  await db.updateTable('api_keys').set({ last_used_at: sql<Date>`now()` }).where('id', '=', id).execute()
}

export type ApiKeyView = Omit<ApiKey, 'hash'>

export async function listApiKeys(db: Kysely<Schema>, userId: UserId): Promise<ApiKeyView[]> {
  return await db
    .selectFrom('api_keys')
    .select(['id', 'user_id', 'name', 'origin', 'created_at', 'last_used_at', 'revoked_at'])
    .where('user_id', '=', userId)
    .orderBy('id', 'desc')
    .execute()
}

export async function getApiKey(db: Kysely<Schema>, id: KeyId): Promise<ApiKeyView | undefined> {
  return await db
    .selectFrom('api_keys')
    .select(['id', 'user_id', 'name', 'origin', 'created_at', 'last_used_at', 'revoked_at'])
    .where('id', '=', id)
    .executeTakeFirst()
}

/** True when the key was valid until now. */
export async function revokeApiKey(db: Kysely<Schema>, userId: UserId, id: KeyId): Promise<boolean> {
  const revoked = await db
    .updateTable('api_keys')
    .set({ revoked_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return revoked.numUpdatedRows > 0n
}

/**
 * Makes `hash` the one environment key, or none with null: every other one is revoked first, so that a
 * changed or unset RUSHES_OWNER_KEY shuts the old value out. Call it inside a transaction.
 */
export async function replaceEnvironmentKey(
  db: Kysely<Schema>,
  key: { userId: UserId; hash: Uint8Array } | null,
): Promise<void> {
  let revoke = db
    .updateTable('api_keys')
    .set({ revoked_at: sql<Date>`now()` })
    .where('origin', '=', 'environment')
    .where('revoked_at', 'is', null)
  if (key) revoke = revoke.where('hash', '<>', Buffer.from(key.hash))
  await revoke.execute()
  if (!key) return
  await db
    .insertInto('api_keys')
    .values({
      id: newKeyId(),
      user_id: key.userId,
      name: 'RUSHES_OWNER_KEY',
      hash: Buffer.from(key.hash),
      origin: 'environment',
    })
    .onConflict((conflict) =>
      conflict.column('hash').doUpdateSet({ revoked_at: null, origin: 'environment', user_id: key.userId }),
    )
    .execute()
}
