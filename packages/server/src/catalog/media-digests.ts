import { type Kysely, sql } from 'kysely'
import type { RecordingId } from './identifiers.ts'
import type { Schema } from './schema.ts'

/** SHA-256 of the media as the view `shownAs` shows them; undefined where it was not made yet. */
export async function getMediaDigest(
  db: Kysely<Schema>,
  id: RecordingId,
  shownAs: string,
): Promise<Buffer | undefined> {
  const row = await db
    .selectFrom('media_digests')
    .select('sha256')
    .where('recording_id', '=', id)
    .where('shown_as', '=', shownAs)
    .executeTakeFirst()
  return row?.sha256
}

export async function storeMediaDigest(
  db: Kysely<Schema>,
  id: RecordingId,
  shownAs: string,
  digest: Buffer,
): Promise<void> {
  await sql`
    insert into media_digests (recording_id, shown_as, sha256)
    select id, ${shownAs}, ${digest}::bytea from recordings where id = ${id}
    on conflict (recording_id) do update set shown_as = excluded.shown_as, sha256 = excluded.sha256`.execute(db)
}
