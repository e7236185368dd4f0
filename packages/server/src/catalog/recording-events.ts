import type { TimelineEvent } from '@rushes/protocol'
import { type Kysely, sql } from 'kysely'
import { CatalogError } from './catalog-error.ts'
import type { RecordingId } from './identifiers.ts'
import type { Schema } from './schema.ts'

export type EventExtent = { count: number; bytes: number }

/** How many events a recording has, and how much room their data takes. */
export async function eventExtent(db: Kysely<Schema>, id: RecordingId): Promise<EventExtent> {
  return await db
    .selectFrom('recording_events')
    .select([
      sql<number>`count(*)::integer`.as('count'),
      sql<number>`coalesce(sum(octet_length(data)), 0)::bigint`.as('bytes'),
    ])
    .where('recording_id', '=', id)
    .executeTakeFirstOrThrow()
}

/**
 * Stores events numbered from `first` on for the writer at `epoch`, in one commit. Those that are there already have to be
 * the same; where one is not, nothing changes and the answer is false.
 *
 * The row's lock keeps writers apart: whoever advances the epoch waits for what this one stores, and sees it.
 *
 * @throws CatalogError `stale-epoch` where the recording has another writer, or none any more
 */
export async function storeEvents(
  db: Kysely<Schema>,
  id: RecordingId,
  epoch: number,
  first: number,
  events: readonly TimelineEvent[],
): Promise<boolean> {
  const times = events.map(({ t }) => t)
  const kinds = events.map(({ kind }) => kind)
  const data = events.map((event) => JSON.stringify(event.data))
  const { rows } = await sql<{ is_held: boolean; is_same: boolean }>`
    with held as (
      select id from recordings
      where id = ${id} and epoch = ${epoch} and state = 'receiving' and deleted_at is null
      for no key update
    ), given as (
      select ${first}::integer + (place - 1)::integer as number, t, kind, data
      from unnest(${times}::double precision[], ${kinds}::text[], ${data}::text[])
        with ordinality as listed (t, kind, data, place)
    ), other as (
      select 1 from given join recording_events as stored on stored.recording_id = ${id} and stored.number = given.number
      where (stored.t, stored.kind, stored.data) is distinct from (given.t, given.kind, given.data)
    ), added as (
      insert into recording_events (recording_id, number, t, kind, data)
      select held.id, given.number, given.t, given.kind, given.data from held, given where not exists (select from other)
      on conflict do nothing
    )
    select exists (select from held) as is_held, not exists (select from other) as is_same`.execute(db)
  const { is_held: isHeld, is_same: isSame } = rows[0]!
  if (!isHeld) throw new CatalogError('stale-epoch', { id, epoch })
  return isSame
}

export type StoredEvent = TimelineEvent & { number: number }

/** In the order of their numbers, from `from` on; fewer than `limit` where they are long. */
export async function listEvents(
  db: Kysely<Schema>,
  id: RecordingId,
  page: { from: number; limit: number; bytes: number },
): Promise<StoredEvent[]> {
  const { rows } = await sql<EventRow>`
    select number, t, kind, data from (
      select number, t, kind, data, sum(octet_length(data)) over (order by number) as so_far from recording_events
      where recording_id = ${id} and number >= ${page.from}
      order by number limit ${page.limit}
    ) as page
    where so_far <= ${page.bytes} or number = ${page.from}
    order by number`.execute(db)
  return rows.map(toEvent)
}

/** Marks by time, the first `limit`. */
export async function listMarks(db: Kysely<Schema>, id: RecordingId, limit: number): Promise<StoredEvent[]> {
  const rows = await db
    .selectFrom('recording_events')
    .select(['number', 't', 'kind', 'data'])
    .where('recording_id', '=', id)
    .where('kind', '=', 'mark')
    .orderBy('t')
    .orderBy('number')
    .limit(limit)
    .execute()
  return rows.map(toEvent)
}

type EventRow = { number: number; t: number; kind: string; data: string }

function toEvent(row: EventRow): StoredEvent {
  const { number, t, kind } = row
  return { number, t, kind, data: JSON.parse(row.data) as Record<string, unknown> }
}
