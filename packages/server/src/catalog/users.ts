import { type Kysely, sql } from 'kysely'
import { CatalogError } from './catalog-error.ts'
import { newUserId, type UserId } from './identifiers.ts'
import type { Role, Schema, User } from './schema.ts'

/** @throws CatalogError `email-taken`, also when two are made at once */
export async function createUser(
  db: Kysely<Schema>,
  user: { email: string; name: string; passwordHash: string | null; role: Role },
): Promise<User> {
  try {
    return await db
      .insertInto('users')
      .values({
        id: newUserId(),
        email: user.email,
        name: user.name,
        password_hash: user.passwordHash,
        role: user.role,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
  } catch (error) {
    throw takenError(error) ?? error
  }
}

export async function getUser(db: Kysely<Schema>, id: UserId): Promise<User | undefined> {
  return await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function findUserByEmail(db: Kysely<Schema>, email: string): Promise<User | undefined> {
  if (email.includes('\u0000')) return undefined
  return await db.selectFrom('users').selectAll().where(sql`lower(email)`, '=', sql`lower(${email})`).executeTakeFirst()
}

export async function findOwner(db: Kysely<Schema>): Promise<User | undefined> {
  return await db.selectFrom('users').selectAll().where('role', '=', 'owner').executeTakeFirst()
}

/** The server's one owner, made if missing. Two servers starting at once make one (users_one_owner). */
export async function ensureOwner(db: Kysely<Schema>): Promise<User> {
  await db
    .insertInto('users')
    .values({ id: newUserId(), email: null, name: 'Owner', password_hash: null, role: 'owner' })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return await db.selectFrom('users').selectAll().where('role', '=', 'owner').executeTakeFirstOrThrow()
}

export async function setPasswordHash(db: Kysely<Schema>, id: UserId, passwordHash: string): Promise<void> {
  await db.updateTable('users').set({ password_hash: passwordHash }).where('id', '=', id).execute()
}

/** `users_email` violated (SQLSTATE 23505) as the catalog's own error. */
export function takenError(error: unknown): CatalogError | undefined {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown }
  if (code !== '23505') return undefined
  if (constraint === 'users_email') return new CatalogError('email-taken')
  if (constraint === 'users_one_owner') return new CatalogError('owner-exists')
  return undefined
}
