import type { Front } from '@rushes/media'
import { type Kysely, sql } from 'kysely'
import type { RecordingId, UserId } from './identifiers.ts'
import { storable } from './recordings.ts'
import type { Recording, Schema, UploadRow } from './schema.ts'

/** Marks the recordings that are uploaded as files: silence does not end them. */
export const uploadContentType = 'application/vnd.rushes.upload'

export type NewUploadRow = {
  id: RecordingId
  ownerId: UserId
  title: string
  tokenHash: Uint8Array
  size: number
  front: Front | null
  fingerprint: string
  metadata: Record<string, string | null>
}

export async function createUpload(db: Kysely<Schema>, upload: NewUploadRow): Promise<void> {
  const { id, front } = upload
  const metadata = JSON.stringify(upload.metadata).replaceAll('\\u0000', '\\ufffd')
  await db.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('recordings')
      .values({
        id,
        owner_id: upload.ownerId,
        title: storable(upload.title),
        content_type: uploadContentType,
        token_hash: Buffer.from(upload.tokenHash),
        front_offset: front?.offset ?? null,
        front_length: front?.length ?? null,
      })
      .execute()
    await transaction
      .insertInto('uploads')
      .values({ recording_id: id, size: upload.size, fingerprint: storable(upload.fingerprint), metadata })
      .execute()
  })
}

export type StoredUpload = { recording: Recording; upload: UploadRow }

export async function getUpload(db: Kysely<Schema>, id: RecordingId): Promise<StoredUpload | undefined> {
  const [recording, upload] = await Promise.all([
    db.selectFrom('recordings').selectAll().where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst(),
    db.selectFrom('uploads').selectAll().where('recording_id', '=', id).executeTakeFirst(),
  ])
  return recording === undefined || upload === undefined ? undefined : { recording, upload }
}

/** Uploads that are not complete, newest first, and those that were completed in the last `completedMs`. */
export async function listUploads(
  db: Kysely<Schema>,
  ownerId: UserId,
  { limit, completedMs }: { limit: number; completedMs: number },
): Promise<StoredUpload[]> {
  const recordings = await db
    .selectFrom('recordings')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .where('content_type', '=', uploadContentType)
    .where((eb) =>
      eb.or([
        eb('state', '=', 'receiving'),
        eb.and([
          eb('state', '=', 'published'),
          eb('published_at', '>', sql<Date>`now() - ${completedMs} * interval '1 millisecond'`),
        ]),
      ]),
    )
    .where('deleted_at', 'is', null)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  if (recordings.length === 0) return []
  const uploads = await db
    .selectFrom('uploads')
    .selectAll()
    .where(
      'recording_id',
      'in',
      recordings.map(({ id }) => id),
    )
    .execute()
  const byId = new Map(uploads.map((upload) => [upload.recording_id, upload]))
  return recordings.flatMap((recording) => {
    const upload = byId.get(recording.id)
    return upload === undefined ? [] : [{ recording, upload }]
  })
}

/** Puts off the day on which an unfinished upload expires. */
export async function touchUpload(db: Kysely<Schema>, id: RecordingId): Promise<void> {
  await db.updateTable('uploads').set({ touched_at: sql<Date>`now()` }).where('recording_id', '=', id).execute()
}

/** Unfinished uploads that nobody sent to for so long. */
export async function listExpiredUploads(db: Kysely<Schema>, afterMs: number): Promise<RecordingId[]> {
  const rows = await db
    .selectFrom('uploads')
    .innerJoin('recordings', 'recordings.id', 'uploads.recording_id')
    .select('recordings.id as id')
    .where('recordings.state', '=', 'receiving')
    .where('recordings.deleted_at', 'is', null)
    .where('uploads.touched_at', '<', sql<Date>`now() - ${afterMs} * interval '1 millisecond'`)
    .execute()
  return rows.map(({ id }) => id)
}

/** The range of the file that the recording's body begins with. */
export function frontOf({ front_offset: offset, front_length: length }: Recording): Front | null {
  return offset === null || length === null ? null : { offset, length }
}
