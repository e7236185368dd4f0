import type { JobStanding } from '@rushes/protocol'
import { type Kysely, sql, type Transaction } from 'kysely'
import { type JobId, newJobId, type UserId } from './identifiers.ts'
import { storable } from './recordings.ts'
import type { JobFigures, JobRow, Schema } from './schema.ts'
import { queueMessage } from './webhooks.ts'

/**
 * waiting ──claim──▶ running ──end, at the current epoch──▶ done, critical, failed, cancelled
 *    ▲                 │ └─claim, when the lease has run out─▶ running, at the next epoch
 *    └────release──────┘
 * Whoever claims fences everybody before; leases run by the database's clock alone.
 */

export type NewJob = {
  ownerId: UserId
  kind: string
  title: string
  /** JSON. */
  request: string
  /** The greater goes first; default 0. */
  priority?: number | undefined
}

/** Undefined: the account has `mostOpen` that have not ended. */
export async function createJob(db: Kysely<Schema>, job: NewJob, mostOpen: number): Promise<JobRow | undefined> {
  return await db.transaction().execute(async (transaction) => {
    // One account's additions come one after the other, so that none of them counts too few.
    await transaction.selectFrom('users').select('id').where('id', '=', job.ownerId).forUpdate().execute()
    const { open } = await transaction
      .selectFrom('jobs')
      .select((eb) => eb.fn.countAll<number>().as('open'))
      .where('owner_id', '=', job.ownerId)
      .where('ended_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (open >= mostOpen) return undefined
    const { ownerId, kind, title, request, priority = 0 } = job
    return await transaction
      .insertInto('jobs')
      .values({ id: newJobId(), owner_id: ownerId, kind, title: storable(title), request, priority })
      .returningAll()
      .executeTakeFirstOrThrow()
  })
}

export async function getJob(db: Kysely<Schema>, id: JobId): Promise<JobRow | undefined> {
  return await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function getJobs(db: Kysely<Schema>, ids: readonly JobId[]): Promise<JobRow[]> {
  return ids.length === 0 ? [] : await db.selectFrom('jobs').selectAll().where('id', 'in', ids).execute()
}

export type JobPage = { jobs: JobRow[]; next: JobId | null }

/** Newest first; `before` is the `next` of the page in front. */
export async function listJobs(
  db: Kysely<Schema>,
  ownerId: UserId,
  page: { limit: number; before: JobId | null },
): Promise<JobPage> {
  let query = db
    .selectFrom('jobs')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
  if (page.before !== null) query = query.where('id', '<', page.before)
  const rows = await query.execute()
  const jobs = rows.slice(0, page.limit)
  return { jobs, next: rows.length > page.limit ? jobs.at(-1)!.id : null }
}

export type Claim = { runner: string; leaseMs: number }

/** The next job of these kinds that nobody runs, but for `except`; `id`: this one alone. Undefined: there is none. */
export async function claimJob(
  db: Kysely<Schema>,
  { runner, leaseMs }: Claim,
  wanted: { kinds: readonly string[]; except?: readonly JobId[] } | { id: JobId },
): Promise<JobRow | undefined> {
  if ('kinds' in wanted && wanted.kinds.length === 0) return undefined
  return await db
    .updateTable('jobs')
    .set((eb) => ({
      state: 'running' as const,
      epoch: eb('epoch', '+', 1),
      starts: eb('starts', '+', 1),
      runner: storable(runner),
      leased_until: inMs(leaseMs),
      started_at: sql<Date>`coalesce(started_at, now())`,
    }))
    .where('id', '=', (eb) => {
      const free = eb
        .selectFrom('jobs')
        .select('id')
        .where('ended_at', 'is', null)
        .where((or) => or.or([or('leased_until', 'is', null), or('leased_until', '<', sql<Date>`now()`)]))
        .orderBy('priority', 'desc')
        .orderBy('id')
        .limit(1)
        .forUpdate()
        // Another process is about to take it.
        .skipLocked()
      if ('id' in wanted) return free.where('id', '=', wanted.id)
      const { kinds, except = [] } = wanted
      const ofKind = free.where('kind', 'in', kinds)
      return except.length === 0 ? ofKind : ofKind.where('id', 'not in', except)
    })
    .returningAll()
    .executeTakeFirst()
}

/** Of a claim that holds. */
export type Held = { id: JobId; epoch: number }

/** Undefined: it is another's by now, or gone. */
export async function renewJob(
  db: Kysely<Schema>,
  { id, epoch }: Held,
  leaseMs: number,
  standing: JobFigures,
): Promise<{ cancelling: boolean } | undefined> {
  return await db
    .updateTable('jobs')
    .set({ leased_until: inMs(leaseMs), standing: JSON.stringify(standing) })
    .where('id', '=', id)
    .where('epoch', '=', epoch)
    .where('ended_at', 'is', null)
    .returning('cancelling')
    .executeTakeFirst()
}

/** Lets it go on elsewhere, or later; a stop that was meant does not count as a start that failed. */
export async function releaseJob(db: Kysely<Schema>, { id, epoch }: Held): Promise<void> {
  await db
    .updateTable('jobs')
    .set((eb) => ({ state: 'waiting' as const, leased_until: null, runner: null, starts: eb('starts', '-', 1) }))
    .where('id', '=', id)
    .where('epoch', '=', epoch)
    .where('ended_at', 'is', null)
    .execute()
}

export type JobEnd = {
  state: Exclude<JobStanding, 'waiting' | 'running'>
  standing: JobFigures
  problem: string | null
  /** For all webhooks of the account. */
  messages: readonly string[]
}

/** The end, and what is said of it, in one commit: neither is there without the other. False: it is another's by now. */
export async function endJob(db: Kysely<Schema>, { id, epoch }: Held, end: JobEnd): Promise<boolean> {
  return await db.transaction().execute(async (transaction) => {
    const ended = await transaction
      .updateTable('jobs')
      .set({
        ...{ state: end.state, leased_until: null, runner: null, cancelling: false, folder: null },
        ...{ standing: JSON.stringify(end.standing), problem: end.problem === null ? null : storable(end.problem) },
        ended_at: sql<Date>`now()`,
      })
      .where('id', '=', id)
      .where('epoch', '=', epoch)
      .where('ended_at', 'is', null)
      .returning('owner_id')
      .executeTakeFirst()
    if (ended === undefined) return false
    await tellAll(transaction, ended.owner_id, end.messages)
    return true
  })
}

async function tellAll(transaction: Transaction<Schema>, ownerId: UserId, bodies: readonly string[]): Promise<void> {
  if (bodies.length === 0) return
  const webhooks = await transaction.selectFrom('webhooks').select('id').where('owner_id', '=', ownerId).execute()
  for (const { id } of webhooks) for (const body of bodies) await queueMessage(transaction, id, body)
}

/** Whoever runs it stops it soon; one that nobody runs has ended by that. Undefined: there is no such job. */
export async function cancelJob(db: Kysely<Schema>, id: JobId): Promise<JobRow | undefined> {
  await db
    .updateTable('jobs')
    .set({
      cancelling: sql<boolean>`coalesce(leased_until > now(), false)`,
      state: sql<JobStanding>`case when leased_until > now() then state else 'cancelled' end`,
      ended_at: sql<Date | null>`case when leased_until > now() then null else now() end`,
      folder: sql<string | null>`case when leased_until > now() then folder end`,
      // Whoever had the lease that has run out is out for good.
      epoch: sql<number>`case when leased_until > now() then epoch else epoch + 1 end`,
    })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .execute()
  return await getJob(db, id)
}

/** False: it has not ended, or is not there. */
export async function deleteJob(db: Kysely<Schema>, id: JobId): Promise<boolean> {
  const deleted = await db.deleteFrom('jobs').where('id', '=', id).where('ended_at', 'is not', null).executeTakeFirst()
  return deleted.numDeletedRows > 0n
}

export async function deleteJobsBefore(db: Kysely<Schema>, endedMsAgo: number): Promise<number> {
  const deleted = await db.deleteFrom('jobs').where('ended_at', '<', inMs(-endedMsAgo)).executeTakeFirst()
  return Number(deleted.numDeletedRows)
}

/** Names of folders of jobs that go on. */
export async function listJobFolders(db: Kysely<Schema>): Promise<string[]> {
  const rows = await db.selectFrom('jobs').select('folder').where('folder', 'is not', null).execute()
  return rows.map(({ folder }) => folder!)
}

/** Forgets what was done: the job begins anew, with an empty folder. False: it is another's by now. */
export async function restartJob(db: Kysely<Schema>, { id, epoch }: Held, folder: string): Promise<boolean> {
  return await db.transaction().execute(async (transaction) => {
    const begun = await transaction
      .updateTable('jobs')
      .set({ folder, batches: 0, bytes: 0 })
      .where('id', '=', id)
      .where('epoch', '=', epoch)
      .where('ended_at', 'is', null)
      .executeTakeFirst()
    if (begun.numUpdatedRows === 0n) return false
    await transaction.deleteFrom('job_entries').where('job_id', '=', id).execute()
    return true
  })
}

/**
 * Appends what is the batch of this number, in one commit. False: it is another's by now, or the number is not the next one.
 *
 * @param hasGotOn something was answered: whatever comes next is no repetition
 */
export async function appendEntries(
  db: Kysely<Schema>,
  { id, epoch }: Held,
  batch: { number: number; entries: Buffer; hasGotOn: boolean },
): Promise<boolean> {
  const { number, entries, hasGotOn } = batch
  const { numAffectedRows } = await sql`
    with job as (
      update jobs set batches = ${number}, bytes = bytes + ${entries.length},
        starts = case when ${hasGotOn} then 1 else starts end
      where id = ${id} and epoch = ${epoch} and batches = ${number - 1} and ended_at is null returning id)
    insert into job_entries (job_id, number, entries) select id, ${number}::int, ${entries.toString()}::text from job`.execute(
    db,
  )
  return (numAffectedRows ?? 0n) > 0n
}

export async function readEntriesAfter(
  db: Kysely<Schema>,
  id: JobId,
  number: number,
  limit: number,
): Promise<{ number: number; entries: string }[]> {
  return await db
    .selectFrom('job_entries')
    .select(['number', 'entries'])
    .where('job_id', '=', id)
    .where('number', '>', number)
    .orderBy('number')
    .limit(limit)
    .execute()
}

function inMs(ms: number) {
  return sql<Date>`now() + ${ms} * interval '1 millisecond'`
}
