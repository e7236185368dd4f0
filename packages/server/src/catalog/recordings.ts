import { type Kysely, sql } from 'kysely'
import { CatalogError } from './catalog-error.ts'
import { newRecordingId, type RecordingId, type UserId } from './identifiers.ts'
import type { Recording, Schema } from './schema.ts'

/**
 * receiving ──publish at the current epoch──▶ published
 *     └───────────────delete────────────────▶ discarded
 * A deleted recording keeps its row (deleted_at) until its bytes are swept; every read here looks past it.
 */

export type NewRecording = {
  ownerId: UserId
  title: string
  contentType: string
  /** SHA-256 of the sender's token. */
  tokenHash: Uint8Array
  id?: RecordingId
}

export async function createRecording(db: Kysely<Schema>, recording: NewRecording): Promise<Recording> {
  return await db
    .insertInto('recordings')
    .values({
      id: recording.id ?? newRecordingId(),
      owner_id: recording.ownerId,
      title: storable(recording.title),
      content_type: storable(recording.contentType),
      token_hash: Buffer.from(recording.tokenHash),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/**
 * Makes the caller the recording's one writer: all earlier epochs are fenced from here on.
 * @throws CatalogError `recording-not-found`, `recording-not-receiving`
 */
export async function advanceEpoch(db: Kysely<Schema>, id: RecordingId): Promise<number> {
  const advanced = await db
    .updateTable('recordings')
    .set((eb) => ({ epoch: eb('epoch', '+', 1) }))
    .where('id', '=', id)
    .where('state', '=', 'receiving')
    .where('deleted_at', 'is', null)
    .returning('epoch')
    .executeTakeFirst()
  if (advanced) return advanced.epoch
  const recording = await getRecording(db, id)
  if (!recording) throw new CatalogError('recording-not-found', { id })
  throw new CatalogError('recording-not-receiving', { id, state: recording.state })
}

export async function getRecording(db: Kysely<Schema>, id: RecordingId): Promise<Recording | undefined> {
  return await db
    .selectFrom('recordings')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
}

export type RecordingPage = { recordings: Recording[]; next: RecordingId | null }

/** Newest first; `before` is the `next` of the page in front. The id is the key: UUIDv7 sorts by creation. */
export async function listRecordings(
  db: Kysely<Schema>,
  ownerId: UserId,
  page: { limit: number; before?: RecordingId | null },
): Promise<RecordingPage> {
  const limit = Math.min(Math.max(1, Math.trunc(page.limit)), 200)
  let query = db
    .selectFrom('recordings')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .where('deleted_at', 'is', null)
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (page.before) query = query.where('id', '<', page.before)
  const rows = await query.execute()
  const recordings = rows.slice(0, limit)
  return { recordings, next: rows.length > limit ? recordings.at(-1)!.id : null }
}

/** What was being received when the server stopped: their bodies are opened again at the start. */
export async function listOpenRecordings(db: Kysely<Schema>): Promise<Recording[]> {
  return await db
    .selectFrom('recordings')
    .selectAll()
    .where('state', '=', 'receiving')
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .execute()
}

/** True when there was such a recording. */
export async function renameRecording(db: Kysely<Schema>, id: RecordingId, title: string): Promise<boolean> {
  const renamed = await db
    .updateTable('recordings')
    .set((eb) => ({ title: storable(title), generation: eb('generation', '+', 1) }))
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return renamed.numUpdatedRows > 0n
}

/** One still being received is discarded and its writer fenced; the row stays until the bytes are swept. */
export async function deleteRecording(db: Kysely<Schema>, id: RecordingId): Promise<boolean> {
  const deleted = await db
    .updateTable('recordings')
    .set((eb) => ({
      deleted_at: sql<Date>`now()`,
      state: sql<'published' | 'discarded'>`case when state = 'receiving' then 'discarded' else state end`,
      epoch: eb('epoch', '+', 1),
    }))
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return deleted.numUpdatedRows > 0n
}

/** Deleted recordings whose bytes may go, oldest deletion first. */
export async function listDeletedRecordings(db: Kysely<Schema>, limit: number): Promise<Recording[]> {
  return await db
    .selectFrom('recordings')
    .selectAll()
    .where('deleted_at', 'is not', null)
    .orderBy('deleted_at')
    .limit(limit)
    .execute()
}

/** After its bytes are gone: removes the row of a deleted recording, and its shares with it. */
export async function forgetRecording(db: Kysely<Schema>, id: RecordingId): Promise<void> {
  await db.deleteFrom('recordings').where('id', '=', id).where('deleted_at', 'is not', null).execute()
}

/** Postgres stores every character but U+0000, which it refuses with an error. */
export function storable(text: string): string {
  return text.replaceAll('\u0000', '\ufffd')
}
