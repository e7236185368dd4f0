// What was made of a recording's items. Rows are never changed: the order of their numbers is that of their places in the archive.
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

/** Whether any item of the recording has this content. */
export async function isDerivedFile(db: Kysely<Schema>, id: RecordingId, sha256: Buffer): Promise<boolean> {
  const found = await db
    .selectFrom('derived_items')
    .select('number')
    .where('recording_id', '=', id)
    .where('sha256', '=', sha256)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
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
      .values({
        ...item,
        sources: JSON.stringify(item.sources),
        encryption: item.encryption && JSON.stringify(item.encryption),
        number: recording.derived,
      })
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

/**
 * Takes away what was made, and whatever was made of that. The archive counts on: it is another one than with them.
 *
 * @returns digests of the files that are nothing of the recording's any more; undefined where nothing of that name was made
 */
export async function removeDerivedItem(
  db: Kysely<Schema>,
  id: RecordingId,
  name: string,
): Promise<Buffer[] | undefined> {
  return await db.transaction().execute(async (transaction) => {
    // Whoever adds one waits for this row too.
    await transaction.selectFrom('recordings').select('id').where('id', '=', id).forNoKeyUpdate().execute()
    const rows = await transaction
      .selectFrom('derived_items')
      .select(['number', 'name', 'sources', 'sha256'])
      .where('recording_id', '=', id)
      .orderBy('number')
      .execute()
    const gone = new Set([name])
    // What is made of others comes after them.
    const removed = rows.filter((row) => {
      const goes = row.name === name || row.sources.some((source) => gone.has(source))
      if (goes) gone.add(row.name)
      return goes
    })
    if (!removed.some((row) => row.name === name)) return undefined
    const numbers = removed.map(({ number }) => number)
    await transaction
      .deleteFrom('derived_items')
      .where('recording_id', '=', id)
      .where('number', 'in', numbers)
      .execute()
    await transaction
      .updateTable('recordings')
      .set((eb) => ({ generation: eb('generation', '+', removed.length + 1) }))
      .where('id', '=', id)
      .execute()
    const kept = new Set(rows.filter((row) => !removed.includes(row)).map(({ sha256 }) => sha256.toString('hex')))
    return removed.map(({ sha256 }) => sha256).filter((digest) => !kept.has(digest.toString('hex')))
  })
}
