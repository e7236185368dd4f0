// Archives that were uploaded.
//
//   checking ── every digest is right ──> restored: title and events are taken over, the rest stays in the body
//      └── hostile, damaged, or beyond what is taken ──> plain, with a note that says why
import type { TimelineEvent } from '@rushes/protocol'
import { type Kysely, sql } from 'kysely'
import type { RecordingId } from './identifiers.ts'
import { storable } from './recordings.ts'
import type { Schema, StoredBox, UploadedArchive } from './schema.ts'

/** Written before the recording is published, so that a process that ends then leaves it to the next one. */
export async function expectArchive(db: Kysely<Schema>, id: RecordingId): Promise<void> {
  await db
    .insertInto('uploaded_archives')
    .values({ recording_id: id })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function getUploadedArchive(db: Kysely<Schema>, id: RecordingId): Promise<UploadedArchive | undefined> {
  return await db.selectFrom('uploaded_archives').selectAll().where('recording_id', '=', id).executeTakeFirst()
}

/** Of published recordings. */
export async function listUncheckedArchives(db: Kysely<Schema>): Promise<RecordingId[]> {
  const rows = await db
    .selectFrom('uploaded_archives')
    .innerJoin('recordings', 'recordings.id', 'uploaded_archives.recording_id')
    .select('recordings.id as id')
    .where('uploaded_archives.state', '=', 'checking')
    .where('recordings.state', '=', 'published')
    .where('recordings.deleted_at', 'is', null)
    .orderBy('recordings.id')
    .execute()
  return rows.map(({ id }) => id)
}

export type RestoredArchive = {
  /** Null: the recording keeps its own. */
  title: string | null
  /** Of the archive. */
  generation: number
  boxes: readonly StoredBox[]
  /** On the clock of the body. */
  events: readonly TimelineEvent[]
  /** Not everybody may see its picture: links that were made by themselves are withdrawn. */
  isRestricted: boolean
  /** What its owner is to know. */
  note: string | null
}

const eventsAtOnce = 1000

/** All in one commit. A title that somebody has changed meanwhile stays. */
export async function restoreArchive(db: Kysely<Schema>, id: RecordingId, restored: RestoredArchive): Promise<void> {
  const { title, generation, boxes, events, isRestricted, note } = restored
  await db.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('uploaded_archives')
      .set({ state: 'restored', boxes: JSON.stringify(boxes), note: note === null ? null : storable(note) })
      .where('recording_id', '=', id)
      .where('state', '=', 'checking')
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return
    await sql`
      update recordings set
        title = case when generation = 1 then coalesce(${title === null ? null : storable(title)}, title) else title end,
        generation = greatest(generation, ${generation}::bigint) + 1
      where id = ${id}`.execute(transaction)
    for (let first = 0; first < events.length; first += eventsAtOnce) {
      const some = events.slice(first, first + eventsAtOnce)
      await sql`
        insert into recording_events (recording_id, number, t, kind, data)
        select ${id}::uuid, ${first}::integer + (place - 1)::integer, t, kind, data
        from unnest(
          ${some.map(({ t }) => t)}::double precision[],
          ${some.map(({ kind }) => kind)}::text[],
          ${some.map(({ data }) => JSON.stringify(data))}::text[]
        ) with ordinality as listed (t, kind, data, place)`.execute(transaction)
    }
    if (isRestricted) await withdrawLinks(transaction, id)
  })
}

/** Whom it is for can't be told: its link is withdrawn as well. */
export async function keepArchivePlain(db: Kysely<Schema>, id: RecordingId, note: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('uploaded_archives')
      .set({ state: 'plain', note: storable(note) })
      .where('recording_id', '=', id)
      .where('state', '=', 'checking')
      .execute()
    await transaction
      .updateTable('recordings')
      .set((eb) => ({ generation: eb('generation', '+', 1) }))
      .where('id', '=', id)
      .execute()
    await withdrawLinks(transaction, id)
  })
}

async function withdrawLinks(db: Kysely<Schema>, id: RecordingId): Promise<void> {
  await db
    .updateTable('shares')
    .set({ revoked_at: sql<Date>`now()` })
    .where('recording_id', '=', id)
    .where('revoked_at', 'is', null)
    .execute()
}
