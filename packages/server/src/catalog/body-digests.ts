import { type Kysely, sql } from 'kysely'
import type { RecordingId } from './identifiers.ts'
import type { Schema } from './schema.ts'

export type BodyDigests = {
  /** Of the body as it was received. */
  received: Buffer | null
  /** Of the media as a view shows it, and which view that is. */
  shown: { digests: Buffer; as: string } | null
}

export async function getBodyDigests(db: Kysely<Schema>, id: RecordingId): Promise<BodyDigests> {
  const row = await db.selectFrom('body_digests').selectAll().where('recording_id', '=', id).executeTakeFirst()
  if (row === undefined) return { received: null, shown: null }
  const { received, shown, shown_as: as } = row
  return { received, shown: shown === null || as === null ? null : { digests: shown, as } }
}

export async function storeShownDigests(
  db: Kysely<Schema>,
  id: RecordingId,
  { digests, as }: { digests: Buffer; as: string },
): Promise<void> {
  await sql`
    insert into body_digests (recording_id, shown, shown_as)
    select id, ${digests}::bytea, ${as} from recordings where id = ${id}
    on conflict (recording_id) do update set shown = excluded.shown, shown_as = excluded.shown_as`.execute(db)
}
