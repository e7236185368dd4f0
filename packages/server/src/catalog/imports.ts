import { type Kysely, sql } from 'kysely'
import type { JobId, RecordingId, UserId } from './identifiers.ts'
import { storable } from './recordings.ts'
import type { ImportRow, ImportState, Schema } from './schema.ts'

/**
 * receiving ── all bytes durable ──▶ converting ── its job is done ──▶ converted ── keep ──▶ keeping ── it is a recording ──▶ kept
 *                 └── an archive already ─────────────────────────────────▲          └── it can't be one ──▶ failed
 * Of a job that ended otherwise, the job tells.
 */

export type NewImport = {
  id: RecordingId
  ownerId: UserId
  name: string
  size: number
  fingerprint: string
  metadata: Record<string, string | null>
  keepsAtOnce: boolean
}

/** Undefined: the account has `mostOpen` that are not kept. */
export async function createImport(
  db: Kysely<Schema>,
  added: NewImport,
  mostOpen: number,
): Promise<ImportRow | undefined> {
  return await db.transaction().execute(async (transaction) => {
    await transaction.selectFrom('users').select('id').where('id', '=', added.ownerId).forUpdate().execute()
    const { open } = await transaction
      .selectFrom('imports')
      .select((eb) => eb.fn.countAll<number>().as('open'))
      .where('owner_id', '=', added.ownerId)
      .where('state', 'not in', ['kept', 'failed'])
      .executeTakeFirstOrThrow()
    if (open >= mostOpen) return undefined
    const { id, ownerId, name, size, fingerprint, metadata, keepsAtOnce } = added
    return await transaction
      .insertInto('imports')
      .values({
        ...{ id, owner_id: ownerId, name: storable(name), size, fingerprint: storable(fingerprint) },
        metadata: JSON.stringify(metadata).replaceAll('\\u0000', '\\ufffd'),
        keeps_at_once: keepsAtOnce,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
  })
}

export async function getImport(db: Kysely<Schema>, id: RecordingId): Promise<ImportRow | undefined> {
  return await db.selectFrom('imports').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Newest first. */
export async function listImports(db: Kysely<Schema>, ownerId: UserId, limit: number): Promise<ImportRow[]> {
  return await db
    .selectFrom('imports')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

/** After the bytes are on the disk. False: there is no such import any more, or it is complete. */
export async function markReceived(db: Kysely<Schema>, id: RecordingId, received: number): Promise<boolean> {
  const marked = await db
    .updateTable('imports')
    .set({ received, touched_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('state', '=', 'receiving')
    .executeTakeFirst()
  return marked.numUpdatedRows > 0n
}

/** False: it is not in the state `from`. */
export async function moveImport(
  db: Kysely<Schema>,
  id: RecordingId,
  from: readonly ImportState[],
  to: { state: ImportState; jobId?: JobId; problem?: string | null },
): Promise<boolean> {
  const moved = await db
    .updateTable('imports')
    .set({
      state: to.state,
      problem: to.problem == null ? null : storable(to.problem),
      ...(to.jobId !== undefined && { job_id: to.jobId }),
      touched_at: sql<Date>`now()`,
    })
    .where('id', '=', id)
    .where('state', 'in', from)
    .executeTakeFirst()
  return moved.numUpdatedRows > 0n
}

/** A process that makes recordings of them is there. */
export async function touchKeeping(db: Kysely<Schema>): Promise<void> {
  await db.updateTable('imports').set({ touched_at: sql<Date>`now()` }).where('state', '=', 'keeping').execute()
}

/**
 * Does `work` while nobody else changes this import, also from another process. Undefined: there is none in that state.
 */
export async function withImport<Value>(
  db: Kysely<Schema>,
  id: RecordingId,
  state: ImportState,
  work: (row: ImportRow) => Promise<Value>,
): Promise<Value | undefined> {
  return await db.transaction().execute(async (transaction) => {
    const row = await transaction
      .selectFrom('imports')
      .selectAll()
      .where('id', '=', id)
      .where('state', '=', state)
      .forUpdate()
      .executeTakeFirst()
    if (row === undefined) return undefined
    const value = await work(row)
    await transaction.updateTable('imports').set({ touched_at: sql<Date>`now()` }).where('id', '=', id).execute()
    return value
  })
}

/** In the order in which they came. */
export async function listImportsIn(db: Kysely<Schema>, state: ImportState, limit: number): Promise<ImportRow[]> {
  return await db
    .selectFrom('imports')
    .selectAll()
    .where('state', '=', state)
    .orderBy('touched_at')
    .limit(limit)
    .execute()
}

/** Nothing came of them, or was done to them, for so long; what is being converted or kept is not among them. */
export async function listForgottenImports(
  db: Kysely<Schema>,
  after: { receivingMs: number; othersMs: number },
): Promise<RecordingId[]> {
  const rows = await db
    .selectFrom('imports')
    .leftJoin('jobs', 'jobs.id', 'imports.job_id')
    .select('imports.id as id')
    .where((eb) =>
      eb.or([
        eb.and([
          eb('imports.state', '=', 'receiving'),
          eb('imports.touched_at', '<', sql<Date>`now() - ${after.receivingMs} * interval '1 millisecond'`),
        ]),
        eb.and([
          eb('imports.state', 'in', ['converting', 'converted', 'kept', 'failed']),
          eb.or([
            eb('imports.state', '!=', 'converting'),
            eb('jobs.id', 'is', null),
            eb('jobs.ended_at', 'is not', null),
          ]),
          eb('imports.touched_at', '<', sql<Date>`now() - ${after.othersMs} * interval '1 millisecond'`),
        ]),
      ]),
    )
    .limit(1000)
    .execute()
  return rows.map(({ id }) => id)
}

export async function deleteImport(db: Kysely<Schema>, id: RecordingId): Promise<void> {
  await db.deleteFrom('imports').where('id', '=', id).execute()
}
