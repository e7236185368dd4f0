import { type Kysely, sql } from 'kysely'
import type { UserId } from './identifiers.ts'
import type { Role, Schema } from './schema.ts'

export type NewSession = { idHash: Uint8Array; userId: UserId; expiresAt: Date; userAgent: string }

export async function createSession(db: Kysely<Schema>, session: NewSession): Promise<void> {
  await db
    .insertInto('sessions')
    .values({
      id_hash: Buffer.from(session.idHash),
      user_id: session.userId,
      expires_at: session.expiresAt,
      // Shown to the user in a list; a browser's own is far shorter.
      user_agent: session.userAgent.replaceAll('\u0000', '').slice(0, 300),
    })
    .execute()
}

export type SignedIn = { userId: UserId; role: Role; lastSeenAt: Date; expiresAt: Date }

export async function findSession(db: Kysely<Schema>, idHash: Uint8Array): Promise<SignedIn | undefined> {
  return await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select([
      'users.id as userId',
      'users.role as role',
      'sessions.last_seen_at as lastSeenAt',
      'sessions.expires_at as expiresAt',
    ])
    .where('sessions.id_hash', '=', Buffer.from(idHash))
    .where('sessions.expires_at', '>', sql<Date>`now()`)
    .executeTakeFirst()
}

export async function touchSession(db: Kysely<Schema>, idHash: Uint8Array, expiresAt: Date): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ last_seen_at: sql<Date>`now()`, expires_at: expiresAt })
    .where('id_hash', '=', Buffer.from(idHash))
    .execute()
}

export type SessionView = { idHash: Buffer; createdAt: Date; lastSeenAt: Date; expiresAt: Date; userAgent: string }

export async function listSessions(db: Kysely<Schema>, userId: UserId): Promise<SessionView[]> {
  return await db
    .selectFrom('sessions')
    .select([
      'id_hash as idHash',
      'created_at as createdAt',
      'last_seen_at as lastSeenAt',
      'expires_at as expiresAt',
      'user_agent as userAgent',
    ])
    .where('user_id', '=', userId)
    .where('expires_at', '>', sql<Date>`now()`)
    .orderBy('last_seen_at', 'desc')
    .execute()
}

export async function deleteSession(db: Kysely<Schema>, idHash: Uint8Array): Promise<boolean> {
  const ended = await db.deleteFrom('sessions').where('id_hash', '=', Buffer.from(idHash)).executeTakeFirst()
  return ended.numDeletedRows > 0n
}

/** After a changed password: every session of the user ends, but for the one that changed it. */
export async function deleteOtherSessions(db: Kysely<Schema>, userId: UserId, keep?: Uint8Array): Promise<number> {
  let query = db.deleteFrom('sessions').where('user_id', '=', userId)
  if (keep) query = query.where('id_hash', '<>', Buffer.from(keep))
  return Number((await query.executeTakeFirst()).numDeletedRows)
}

export async function deleteExpiredSessions(db: Kysely<Schema>): Promise<number> {
  const swept = await db.deleteFrom('sessions').where('expires_at', '<=', sql<Date>`now()`).executeTakeFirst()
  return Number(swept.numDeletedRows)
}

export async function deleteExpiredSession(db: Kysely<Schema>, idHash: Uint8Array): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where('id_hash', '=', Buffer.from(idHash))
    .where('expires_at', '<=', sql<Date>`now()`)
    .execute()
}
