// What was made of a recording's items. Rows are added and never changed: their numbers are places in the archive.
import type { Kysely } from 'kysely'
import { CatalogError } from './catalog-error.ts'
import type { RecordingId } from './identifiers.ts'
import type { DerivedItem, Schema } from './schema.ts'

/** The first `count`, in the order in which they were made. */
export async function listDerivedItems(db: Kysely<Schema>, id: RecordingId, count: number): Promise<DerivedItem[]> {
  if (count === 0) return []
  return await db
    .selectFrom('derived_items')
    .selectAll()
    .where('recording_id', '=', id)
    .where('number', '<', count)
    .orderBy('number')
    .execute()
}

export async function findDerivedItem(
  db: Kysely<Schema>,
  id: RecordingId,
  madeAs: string,
): Promise<DerivedItem | undefined> {
  return await db
    .selectFrom('derived_items')
    .selectAll()
    .where('recording_id', '=', id)
    .where('made_as', '=', madeAs)
    .executeTakeFirst()
}

/** How many were made for the owner, or for others. */
export async function countDerivedItems(db: Kysely<Schema>, id: RecordingId, forOwner: boolean): Promise<number> {
  const { count } = await db
    .selectFrom('derived_items')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .where('recording_id', '=', id)
    .where('for_owner', '=', forOwner)
    .executeTakeFirstOrThrow()
  return Number(count)
}

export type NewDerivedItem = Omit<DerivedItem, 'number' | 'created_at'>

/** Its bytes are on disk. Where the same was made meanwhile, that stays. @throws CatalogError `recording-not-found` */
export async function addDerivedItem(db: Kysely<Schema>, item: NewDerivedItem): Promise<DerivedItem> {
  const { recording_id: id, made_as: madeAs } = item
  return await db.transaction().execute(async (transaction) => {
    const recording = await transaction
      .selectFrom('recordings')
      .select('derived')
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (recording === undefined) throw new CatalogError('recording-not-found', { id })
    const known = await findDerivedItem(transaction, id, madeAs)
    if (known !== undefined) return known
    const added = await transaction
      .insertInto('derived_items')
      .values({ ...item, sources: JSON.stringify(item.sources), number: recording.derived })
      .returningAll()
      .executeTakeFirstOrThrow()
    await transaction
      .updateTable('recordings')
      .set({ derived: recording.derived + 1 })
      .where('id', '=', id)
      .execute()
    return added
  })
}
