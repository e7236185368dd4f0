import { type Kysely, sql } from 'kysely'
import { CatalogError } from './catalog-error.ts'
import type { RecordingId } from './identifiers.ts'
import type { RecordingState, RecordingSummary, Schema } from './schema.ts'

export type Publication = {
  /** The epoch the writer holds; at any other the recording has a newer writer and nothing happens. */
  epoch: number
  size: number
  crc32: number
  /** Of the whole body. */
  sha256: Uint8Array
  endReason: string
  summary: RecordingSummary
  durationMs: number | null
  /** SHA-256 of what a view shows of the body; null where it is not known yet, or that of the body. */
  media: { shownAs: string; sha256: Uint8Array } | null
}

type Answer = {
  published_at: Date | null
  state: RecordingState | null
  epoch: number | null
}

/**
 * Publishes in one statement, because its round trip stands between "stop" and "ready to watch".
 * Repeating it (an answer may be lost) changes nothing and answers the same: the row's lock puts concurrent repeats in
 * order. Answers when it was published.
 * @throws CatalogError `recording-not-found`, `stale-epoch`, `recording-not-receiving`, `published-otherwise`
 */
export async function publishRecording(db: Kysely<Schema>, id: RecordingId, publication: Publication): Promise<Date> {
  const { epoch, size, crc32, sha256, endReason, durationMs, media } = publication
  const summary = JSON.stringify(publication.summary).replaceAll('\\u0000', '\\ufffd')
  const { rows } = await sql<Answer>`
    with published as (
      update recordings set
        state = 'published',
        size = ${size},
        crc32 = ${crc32},
        sha256 = coalesce(recordings.sha256, ${Buffer.from(sha256)}::bytea),
        end_reason = coalesce(recordings.end_reason, ${endReason}),
        summary = case when state = 'published' then recordings.summary else ${summary}::jsonb end,
        duration_ms = coalesce(recordings.duration_ms, ${durationMs}::double precision),
        published_at = coalesce(recordings.published_at, now())
      where id = ${id} and epoch = ${epoch} and deleted_at is null
        and (state = 'receiving' or (state = 'published' and size = ${size} and crc32 = ${crc32}))
      returning published_at
    ), digested as (
      insert into media_digests (recording_id, shown_as, sha256)
      select ${id}::uuid, shown_as, sha256
      from (select ${media?.shownAs ?? null}::text as shown_as, ${media && Buffer.from(media.sha256)}::bytea as sha256) as given
      where shown_as is not null and exists (select from published)
      on conflict (recording_id) do nothing
    )
    select published.published_at, before.state, before.epoch
    from (select 1) as always
    left join published on true
    left join recordings as before on before.id = ${id} and before.deleted_at is null`.execute(db)
  const answer = rows[0]!
  if (answer.published_at) return answer.published_at
  if (answer.state === null) throw new CatalogError('recording-not-found', { id })
  if (answer.epoch !== epoch) throw new CatalogError('stale-epoch', { id, epoch, current: answer.epoch })
  if (answer.state === 'published') throw new CatalogError('published-otherwise', { id, size, crc32 })
  throw new CatalogError('recording-not-receiving', { id, state: answer.state })
}
