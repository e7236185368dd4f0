import { type Kysely, sql } from 'kysely'
import type { LearnedLayoutRow, Schema } from './schema.ts'

export type NewLayout = { signature: string; name: string; layout: object }

/** Of one installation: the oldest go. */
const mostLayouts = 1000

/** In the order in which they were learned. */
export async function listLearnedLayouts(db: Kysely<Schema>): Promise<LearnedLayoutRow[]> {
  return await db.selectFrom('learned_layouts').selectAll().orderBy('learned_at').orderBy('signature').execute()
}

/** One that is known stays what it is. False: it was, or another has its name. */
export async function addLearnedLayout(db: Kysely<Schema>, { signature, name, layout }: NewLayout): Promise<boolean> {
  const added = await db
    .insertInto('learned_layouts')
    .values({ signature, name, layout: JSON.stringify(layout) })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if ((added.numInsertedOrUpdatedRows ?? 0n) === 0n) return false
  await sql`delete from learned_layouts where signature in
    (select signature from learned_layouts order by learned_at desc, signature offset ${mostLayouts})`.execute(db)
  return true
}

/** `taken`: another is called so. Undefined: there is none. */
export async function nameLearnedLayout(
  db: Kysely<Schema>,
  signature: string,
  name: string,
): Promise<LearnedLayoutRow | 'taken' | undefined> {
  return await db.transaction().execute(async (transaction) => {
    await sql`lock table learned_layouts in share row exclusive mode`.execute(transaction)
    const other = await transaction
      .selectFrom('learned_layouts')
      .select('signature')
      .where('name', '=', name)
      .where('signature', '!=', signature)
      .executeTakeFirst()
    if (other !== undefined) return 'taken'
    return await transaction
      .updateTable('learned_layouts')
      .set({ name })
      .where('signature', '=', signature)
      .returningAll()
      .executeTakeFirst()
  })
}

export async function forgetLearnedLayout(db: Kysely<Schema>, signature: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('learned_layouts')
    .where('signature', '=', signature)
    .executeTakeFirst()
  return numDeletedRows > 0n
}
