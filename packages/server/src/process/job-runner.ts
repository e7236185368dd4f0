// Runs the jobs that nobody runs, some at once. Of each:
//
//   claimed ── planned ── runJob ──> finished ──> ended: done, critical or failed
//      ├── cancelled by its account ─────────────────> ended: cancelled
//      ├── this process stops, the database is away ──> released, and goes on somewhere
//      ├── the lease was lost ────────────────────────> left to whoever has it
//      └── its journal is of other rules, or its files are gone ──> begun anew
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import {
  type Capacity,
  type JobResult,
  type JobState,
  type Json,
  type Note,
  openCapacity,
  PipelineError,
  runJob,
} from '@rushes/pipeline'
import type { JobMessage } from '@rushes/protocol'
import type { Kysely } from 'kysely'
import type { JobId } from '../catalog/identifiers.ts'
import {
  claimJob,
  endJob,
  getJob,
  type Held,
  type JobEnd,
  listJobFolders,
  releaseJob,
  renewJob,
  restartJob,
} from '../catalog/jobs.ts'
import type { JobFigures, JobRow, Schema } from '../catalog/schema.ts'
import { StoreError } from '../store/store-error.ts'
import type { AskedJob, JobKind, JobKinds } from './job-kind.ts'
import { openPostgresJournal } from './postgres-journal.ts'

export interface JobRunner {
  /** There may be something to run, or to stop. */
  wake(): void
  /** Stops what runs; it goes on in the next process. */
  close(): Promise<void>
}

export type JobRunnerOptions = {
  db: Kysely<Schema>
  kinds: JobKinds
  /** Below which each job has a folder. */
  folder: string
  /** At once in this process; default 2. */
  mostAtOnce?: number | undefined
  /** Shared by all of them; left out, this machine. */
  capacity?: Capacity | undefined
  leaseMs?: number | undefined
  log: { info(details: object, message: string): void; warn(details: object, message: string): void }
  /** Of a job that runs here something changed. */
  onChange?(id: JobId): void
  /** Messages were queued. */
  onMessages?(): void
}

const idleMs = 1000
/** So often those who watch are told how far tasks are, and the lease is renewed. */
const beatMs = 1000
const sweepEveryMs = 3600_000
/** A folder that is younger may be one whose job is only about to say so. */
const youngMs = 10 * 60_000
/** A job that took its process down so often, or was cut off before anything was answered, is given up. */
const mostStarts = 6
/** Of a message. */
const mostNotes = 20

type Running = { id: JobId; controller: AbortController; done: Promise<void>; why: 'cancelled' | 'lost' | null }

export function openJobRunner(options: JobRunnerOptions): JobRunner {
  const { db, kinds, folder, log } = options
  const mostAtOnce = options.mostAtOnce ?? 2
  const leaseMs = options.leaseMs ?? 30_000
  const capacity = options.capacity ?? openCapacity()
  const runner = `process ${process.pid} on ${hostname()}`
  const running = new Set<Running>()
  let closed = false
  let woken = Promise.withResolvers<void>()

  function wake(): void {
    woken.resolve()
    woken = Promise.withResolvers()
  }

  async function run(): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o750 })
    let sweptAt = Number.NEGATIVE_INFINITY
    while (!closed) {
      if (performance.now() - sweptAt > sweepEveryMs) {
        sweptAt = performance.now()
        await sweep().catch((error: unknown) => log.warn({ error }, 'folders of jobs that have ended stay for now'))
      }
      const seen = woken.promise
      try {
        while (!closed && running.size < mostAtOnce) {
          // On a machine that stood still for a moment the lease of a job of ours may have run out: it is ours all the same.
          const except = [...running].map(({ id }) => id)
          const job = await claimJob(db, { runner, leaseMs }, { kinds: Object.keys(kinds), except })
          if (job === undefined) break
          begin(job)
        }
      } catch (error) {
        log.warn({ error }, 'jobs have to wait')
      }
      await Promise.race([seen, new Promise((resolve) => setTimeout(resolve, idleMs).unref())])
    }
  }

  function begin(job: JobRow): void {
    const entry: Running = { id: job.id, controller: new AbortController(), done: Promise.resolve(), why: null }
    running.add(entry)
    entry.done = runOne(job, entry)
      .catch((error: unknown) => log.warn({ id: job.id, error }, 'a job is left to be run again'))
      .finally(() => {
        running.delete(entry)
        wake()
      })
  }

  async function runOne(job: JobRow, entry: Running): Promise<void> {
    const held: Held = { id: job.id, epoch: job.epoch }
    const figures = new Figures()
    const beating = setInterval(() => void beat(held, entry, figures), Math.min(beatMs, leaseMs / 3))
    try {
      if (job.starts > mostStarts) {
        const problem = `it was begun ${mostStarts} times and never got on; the last process that ran it ended without a word`
        await end(job, { state: 'failed', problem, notes: [] }, figures)
        return
      }
      const result = await runUntilEnd(job, entry, figures)
      const notes = result.notes.filter(({ severity }) => severity === 'critical')
      const problem = result.outcome === 'done' ? null : (notes.at(-1)?.message ?? figures.problem)
      await end(job, { state: result.outcome, problem, notes }, figures)
    } catch (error) {
      if (entry.why === 'lost' || (error instanceof PipelineError && error.code === 'job-running')) return
      if (entry.why === 'cancelled') await end(job, { state: 'cancelled', problem: null, notes: [] }, figures)
      else if (closed) await releaseJob(db, held)
      // Whoever claims it next goes on with it, once there is a database.
      else if (error instanceof StoreError) throw error
      else await end(job, { state: 'failed', problem: (error as Error).message, notes: [] }, figures)
    } finally {
      clearInterval(beating)
      options.onChange?.(job.id)
    }
  }

  async function runUntilEnd(job: JobRow, entry: Running, figures: Figures): Promise<JobResult> {
    const kind = kinds[job.kind]!
    let { asked, isNew } = await folderOf(job)
    for (;;) {
      try {
        return await runPlan(job, kind, asked, entry, figures)
      } catch (error) {
        const code = error instanceof PipelineError ? error.code : null
        if (isNew || (code !== 'journal-of-another-job' && code !== 'journal-damaged')) throw error
        log.info({ id: job.id, code }, 'a job begins anew')
        asked = await anew(job)
        isNew = true
      }
    }
  }

  async function runPlan(
    job: JobRow,
    kind: JobKind,
    asked: AskedJob,
    entry: Running,
    figures: Figures,
  ): Promise<JobResult> {
    const plan = await kind.plan(asked)
    const result = await runJob({
      ...plan,
      capacity,
      journal: openPostgresJournal(db, { id: job.id, epoch: job.epoch }),
      signal: entry.controller.signal,
      onChange(state, progress) {
        plan.onChange?.(state)
        figures.take(state, progress)
        options.onChange?.(job.id)
      },
      onCritical: (notes) => {
        figures.problem = notes.at(-1)?.message ?? null
      },
    })
    await kind.finish?.(asked, result)
    return result
  }

  /** Files that were left on another machine, or in another life, are gone: then all is to be done again. */
  async function folderOf(job: JobRow): Promise<{ asked: AskedJob; isNew: boolean }> {
    const path = job.folder === null ? null : join(folder, job.folder)
    if (path !== null && (await stat(path).catch(() => null))?.isDirectory()) {
      return { asked: askedOf(job, path), isNew: false }
    }
    return { asked: await anew(job), isNew: true }
  }

  async function anew(job: JobRow): Promise<AskedJob> {
    const name = `${job.id}-${randomUUID().slice(0, 8)}`
    const path = join(folder, name)
    await mkdir(path, { mode: 0o750 })
    if (!(await restartJob(db, { id: job.id, epoch: job.epoch }, name))) {
      throw new PipelineError('job-running', 'another process has this job by now')
    }
    if (job.folder !== null) await rm(join(folder, job.folder), { recursive: true, force: true })
    job.folder = name
    return askedOf(job, path)
  }

  async function beat(held: Held, entry: Running, figures: Figures): Promise<void> {
    try {
      const renewed = await renewJob(db, held, leaseMs, figures.now())
      if (renewed?.cancelling === false) return
      entry.why ??= renewed === undefined ? 'lost' : 'cancelled'
      entry.controller.abort()
    } catch (error) {
      // The database may come back before the lease runs out.
      log.warn({ id: held.id, error }, 'a job could not say that it goes on')
    }
  }

  async function end(
    job: JobRow,
    { state, problem, notes }: { state: JobEnd['state']; problem: string | null; notes: readonly Note[] },
    figures: Figures,
  ): Promise<void> {
    const isBad = state === 'critical' || state === 'failed'
    // Who cancels a job may take away at once what it reads: it fails before it learns why, which is no news to anybody.
    if (isBad && (await getJob(db, job.id))?.cancelling)
      return await end(job, { state: 'cancelled', problem: null, notes: [] }, figures)
    const messages = isBad ? [JSON.stringify(messageOf(job, state, problem ?? 'it gave no reason', notes))] : []
    const standing = { ...figures.now(), progress: {} }
    const held = { id: job.id, epoch: job.epoch }
    if (!(await endJob(db, held, { state, problem, standing, messages }))) return
    if (messages.length > 0) options.onMessages?.()
    log.info({ id: job.id, kind: job.kind, state, problem }, 'a job has ended')
    if (job.folder !== null) await rm(join(folder, job.folder), { recursive: true, force: true })
  }

  /** Of jobs that ended while nobody was there to remove them. */
  async function sweep(): Promise<void> {
    const found = await readdir(folder)
    const used = new Set(await listJobFolders(db))
    for (const name of found) {
      // Only what was made here: the folder may be somebody's who chose it badly.
      const isOurs = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{22}-[0-9a-f]{8}$/.test(name)
      if (!isOurs || used.has(name)) continue
      const made = await stat(join(folder, name)).catch(() => null)
      if (made !== null && Date.now() - made.mtimeMs > youngMs) {
        await rm(join(folder, name), { recursive: true, force: true })
      }
    }
  }

  const done = run()
  return {
    wake,
    async close() {
      closed = true
      wake()
      for (const { controller } of running) controller.abort()
      await done
      await Promise.all([...running].map((each) => each.done))
    },
  }
}

/** How far a job is, as it is written down now and then. */
class Figures {
  problem: string | null = null
  #state: JobState | null = null
  #progress: ReadonlyMap<string, number> = new Map()

  take(state: JobState, progress: ReadonlyMap<string, number>): void {
    this.#state = state
    this.#progress = progress
  }

  now(): JobFigures {
    const counts = { waiting: 0, running: 0, done: 0, failed: 0 }
    for (const { state } of this.#state?.tasks.values() ?? []) counts[state]++
    const rounded = [...this.#progress].map(([task, fraction]) => [task, Math.round(fraction * 1000) / 1000])
    return { ...counts, progress: Object.fromEntries(rounded) as Record<string, number> }
  }
}

function askedOf(job: JobRow, folder: string): AskedJob {
  const { id, owner_id: ownerId, title } = job
  return { id, ownerId, title, folder, request: JSON.parse(job.request) as Json }
}

function messageOf(
  { id, kind, title }: JobRow,
  state: 'critical' | 'failed',
  problem: string,
  notes: readonly Note[],
): JobMessage {
  const told = notes.slice(0, mostNotes).map(({ severity, code, message }) => ({ severity, code, message }))
  return {
    type: `job.${state}`,
    timestamp: new Date().toISOString(),
    data: { job: { id, kind, title }, problem, notes: told },
  }
}
