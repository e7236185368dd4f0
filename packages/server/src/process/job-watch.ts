import type { Resource } from '@rushes/pipeline'
import type { JobChange, JobTask } from '@rushes/protocol'
import type { Kysely } from 'kysely'
import type { JobId } from '../catalog/identifiers.ts'
import { getJob, getJobs } from '../catalog/jobs.ts'
import type { JobRow, Schema } from '../catalog/schema.ts'
import { FollowedJob, type Watcher } from './followed-job.ts'
import { JobError } from './job-error.ts'

export interface JobWatch {
  /** Something changed: looked at soon. */
  wake(id: JobId): void
  /**
   * First all there is, in pieces, then what changes, until the job has ended or `signal` aborts.
   *
   * @throws JobError `too-many-watchers`; StoreError
   */
  changes(row: JobRow, signal: AbortSignal): AsyncGenerator<JobChange, void, undefined>
  /** All tasks as they are now. */
  tasks(row: JobRow): Promise<JobTask[]>
  /** What came of them so far, and what they began with. */
  resources(row: JobRow): Promise<readonly Resource[]>
  close(): void
}

/** What other processes do shows after so long. */
const pollMs = 500
/** What this one does, after so long: many changes are one message. */
const paceMs = 100
const mostWatchers = 200

export function openJobWatch(db: Kysely<Schema>, log: { warn(details: object, message: string): void }): JobWatch {
  const followed = new Map<JobId, FollowedJob>()
  let watchers = 0
  let closed = false
  let looking: NodeJS.Timeout | null = null
  let lookAt = 0

  function lookIn(ms: number): void {
    const at = performance.now() + ms
    if (closed || followed.size === 0 || (looking !== null && lookAt <= at)) return
    if (looking !== null) clearTimeout(looking)
    lookAt = at
    looking = setTimeout(() => void look(), ms)
    looking.unref()
  }

  async function look(): Promise<void> {
    try {
      const rows = new Map((await getJobs(db, [...followed.keys()])).map((row) => [row.id, row]))
      for (const [id, job] of followed) {
        const row = rows.get(id)
        // Removed: its watchers are told its last state.
        if (row === undefined) for (const watcher of job.watchers) watcher.wake()
        else await job.refresh(db, row)
      }
    } catch (error) {
      log.warn({ error }, 'whoever watches jobs has to wait')
    }
    looking = null
    lookIn(pollMs)
  }

  async function* changes(row: JobRow, signal: AbortSignal): AsyncGenerator<JobChange, void, undefined> {
    if (watchers >= mostWatchers) throw new JobError('too-many-watchers', 'too many pages watch jobs; try again')
    watchers++
    let woken = Promise.withResolvers<void>()
    const watcher: Watcher = {
      ...{ dirty: new Set(), anew: false, told: '' },
      wake() {
        woken.resolve()
        woken = Promise.withResolvers()
      },
    }
    const gone = () => watcher.wake()
    signal.addEventListener('abort', gone)
    const job = followed.get(row.id) ?? new FollowedJob(row)
    try {
      if (!followed.has(row.id)) followed.set(row.id, job)
      await job.refresh(db, row)
      job.join(watcher)
      lookIn(pollMs)
      while (!signal.aborted && !closed) {
        const seen = woken.promise
        const change = job.take(watcher, Date.now())
        if (change !== null) yield change
        else if (job.row.ended_at !== null || !(await isThere(row.id, job))) return
        else await seen
      }
    } finally {
      signal.removeEventListener('abort', gone)
      watchers--
      job.watchers.delete(watcher)
      if (job.watchers.size === 0 && followed.get(row.id) === job) followed.delete(row.id)
    }
  }

  async function isThere(id: JobId, job: FollowedJob): Promise<boolean> {
    // Asked only when there is nothing new: a job that was removed changes no more.
    return job.row.state === 'running' || (await getJob(db, id)) !== undefined
  }

  return {
    changes,
    wake(id) {
      if (followed.has(id)) lookIn(paceMs)
    },
    async tasks(row) {
      const job = new FollowedJob(row)
      await job.refresh(db, row)
      return job.tasks()
    },
    async resources(row) {
      const job = new FollowedJob(row)
      await job.refresh(db, row)
      return job.resources()
    },
    close() {
      closed = true
      if (looking !== null) clearTimeout(looking)
      for (const job of followed.values()) for (const watcher of job.watchers) watcher.wake()
    },
  }
}
