// All jobs of this server, whichever process runs them.
import type { Capacity, Json, Resource } from '@rushes/pipeline'
import type { JobChange, JobTask } from '@rushes/protocol'
import type { Kysely } from 'kysely'
import type { JobId, UserId } from '../catalog/identifiers.ts'
import { cancelJob, createJob, deleteJob, deleteJobsBefore, getJob, type JobPage, listJobs } from '../catalog/jobs.ts'
import type { JobRow, Schema } from '../catalog/schema.ts'
import { JobError } from './job-error.ts'
import type { JobKinds } from './job-kind.ts'
import { type JobRunner, openJobRunner } from './job-runner.ts'
import { openJobWatch } from './job-watch.ts'

export type AddedJob = {
  ownerId: UserId
  /** Who runs jobs of it may be another process. */
  kind: string
  title: string
  request: Json
  /** The greater goes first; default 0. */
  priority?: number
}

export interface Jobs {
  /** @throws JobError `too-many-jobs` */
  add(job: AddedJob): Promise<JobId>
  get(id: JobId): Promise<JobRow | undefined>
  list(ownerId: UserId, before: JobId | null): Promise<JobPage>
  /** Undefined: there is none. */
  cancel(id: JobId): Promise<JobRow | undefined>
  /** @throws JobError `job-not-ended` */
  remove(id: JobId): Promise<void>
  /** First all tasks, then what changes, until the job has ended. @throws JobError `too-many-watchers` */
  changes(row: JobRow, signal: AbortSignal): AsyncGenerator<JobChange, void, undefined>
  tasks(row: JobRow): Promise<JobTask[]>
  /** What came of them so far, and what they began with. */
  resources(row: JobRow): Promise<readonly Resource[]>
  close(): Promise<void>
}

export type JobsOptions = {
  db: Kysely<Schema>
  /** What this process runs; null: nothing, others do. */
  runs: { kinds: JobKinds; folder: string; mostAtOnce?: number | undefined; capacity?: Capacity | undefined } | null
  leaseMs?: number | undefined
  /** So long after its end a job can be looked at; default 30 days. */
  keptMs?: number | undefined
  log: { info(details: object, message: string): void; warn(details: object, message: string): void }
  /** Messages were queued. */
  onMessages(): void
}

/** Of one account. */
const mostOpen = 1000
const pageLength = 50
const day = 24 * 3600_000

export function openJobs({ db, runs, leaseMs, keptMs = 30 * day, log, onMessages }: JobsOptions): Jobs {
  const watch = openJobWatch(db, log)
  const runner: JobRunner | null =
    runs === null ? null : openJobRunner({ ...runs, db, leaseMs, log, onMessages, onChange: watch.wake })

  let forgetting = Promise.resolve()
  function forget(): void {
    forgetting = deleteJobsBefore(db, keptMs).then(
      (count) => {
        if (count > 0) log.info({ count }, 'old jobs were forgotten')
      },
      (error: unknown) => log.warn({ error }, 'old jobs could not be forgotten yet'),
    )
  }
  forget()
  const hourly = setInterval(forget, 3600_000)
  hourly.unref()

  return {
    async add({ request, ...job }) {
      const added = await createJob(db, { ...job, request: JSON.stringify(request) }, mostOpen)
      if (added === undefined)
        throw new JobError('too-many-jobs', `this account has ${mostOpen} jobs that have not ended`)
      runner?.wake()
      return added.id
    },
    get: (id) => getJob(db, id),
    list: (ownerId, before) => listJobs(db, ownerId, { limit: pageLength, before }),
    async cancel(id) {
      const job = await cancelJob(db, id)
      watch.wake(id)
      return job
    },
    async remove(id) {
      if (!(await deleteJob(db, id)) && (await getJob(db, id)) !== undefined) {
        throw new JobError('job-not-ended', 'this job has not ended; cancel it first')
      }
    },
    changes: watch.changes,
    tasks: watch.tasks,
    resources: watch.resources,
    async close() {
      clearInterval(hourly)
      await runner?.close()
      watch.close()
      await forgetting
    },
  }
}
