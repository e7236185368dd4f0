import { type Kysely, sql } from 'kysely'
import { CatalogError } from './catalog-error.ts'
import { newUserId } from './identifiers.ts'
import type { Schema, User } from './schema.ts'
import { takenError } from './users.ts'

/** A link is printed to a terminal and its log; after a day it is worth nothing, and a restart prints another. */
const validHours = 24

/** Replaces every unused link by this one. Call it inside a transaction. */
export async function replaceSetupLink(db: Kysely<Schema>, hash: Uint8Array): Promise<void> {
  await db.deleteFrom('setup_links').where('used_at', 'is', null).execute()
  await db
    .insertInto('setup_links')
    .values({ hash: Buffer.from(hash) })
    .execute()
}

export async function removeUnusedSetupLinks(db: Kysely<Schema>): Promise<void> {
  await db.deleteFrom('setup_links').where('used_at', 'is', null).execute()
}

export async function isSetupLinkValid(db: Kysely<Schema>, hash: Uint8Array): Promise<boolean> {
  const link = await db
    .selectFrom('setup_links')
    .select('created_at')
    .where('hash', '=', Buffer.from(hash))
    .where('used_at', 'is', null)
    .where('created_at', '>', sql<Date>`now() - make_interval(hours => ${validHours})`)
    .executeTakeFirst()
  return link !== undefined
}

/**
 * Uses the link and makes (or completes) the owner's account, both or neither. Of many at once exactly one
 * wins: the others wait for the row's lock and then find `used_at` set.
 * @throws CatalogError `setup-link-invalid`, `owner-exists`, `email-taken`
 */
export async function useSetupLink(
  db: Kysely<Schema>,
  hash: Uint8Array,
  account: { email: string; name: string; passwordHash: string },
): Promise<User> {
  return await db.transaction().execute(async (tx) => {
    const used = await tx
      .updateTable('setup_links')
      .set({ used_at: sql<Date>`now()` })
      .where('hash', '=', Buffer.from(hash))
      .where('used_at', 'is', null)
      .where('created_at', '>', sql<Date>`now() - make_interval(hours => ${validHours})`)
      .executeTakeFirst()
    if (used.numUpdatedRows === 0n) throw new CatalogError('setup-link-invalid')
    const chosen = { email: account.email, name: account.name, password_hash: account.passwordHash }
    try {
      // The owner may exist without an account, made by an environment key at an earlier start.
      const completed = await tx
        .updateTable('users')
        .set(chosen)
        .where('role', '=', 'owner')
        .where('password_hash', 'is', null)
        .returningAll()
        .executeTakeFirst()
      if (completed) return completed
      return await tx
        .insertInto('users')
        .values({ id: newUserId(), role: 'owner', ...chosen })
        .returningAll()
        .executeTakeFirstOrThrow()
    } catch (error) {
      throw takenError(error) ?? error
    }
  })
}
