// Jobs: work of many tasks that goes on behind (docs/decisions/0017-jobs-by-rules.md), as their account sees them.
import { z } from 'zod/mini'

type Schema<Value> = z.ZodMiniType<Value>

export type JobStanding = 'waiting' | 'running' | 'done' | 'critical' | 'failed' | 'cancelled'

export type JobView = {
  id: string
  /** What kind of work: `convert`. */
  kind: string
  title: string
  /** `critical`: a task said that nothing can be made of it; `failed`: it could not be run. */
  state: JobStanding
  /** Somebody asked for its end, and it has not stopped yet. */
  cancelling: boolean
  /** Which process runs it, for people. */
  runner: string | null
  createdAt: string
  startedAt: string | null
  endedAt: string | null
  /** Why it is critical or failed. */
  problem: string | null
  /** Tasks so far: more may come of what they make. */
  tasks: { waiting: number; running: number; done: number; failed: number }
}
export const jobView: Schema<JobView> = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'critical', 'failed', 'cancelled']),
  cancelling: z.boolean(),
  runner: z.nullable(z.string()),
  createdAt: z.string(),
  startedAt: z.nullable(z.string()),
  endedAt: z.nullable(z.string()),
  problem: z.nullable(z.string()),
  tasks: z.object({ waiting: z.number(), running: z.number(), done: z.number(), failed: z.number() }),
})

/** Newest first. */
export type JobList = { jobs: JobView[]; next: string | null }
export const jobList: Schema<JobList> = z.object({ jobs: z.array(jobView), next: z.nullable(z.string()) })

export type JobNote = {
  severity: 'info' | 'warning' | 'critical'
  code: string
  message: string
  /** Name of what it is about. */
  resource?: string | undefined
}

export type JobAttempt = {
  processor: string
  /** ms since 1970, as all times of tasks. */
  startedAt: number
  /** Null: it runs, or nobody knows when it was interrupted. */
  endedAt: number | null
  /** `nothing`: the next best processor tried, or none was left. `interrupted`: its process ended, and it was begun again. */
  outcome: 'running' | 'gave' | 'nothing' | 'critical' | 'interrupted'
  /** The first place, from 0, that was free among the tasks of its rule that ran at the same time. */
  slot: number
}

export type JobTask = {
  /** Unique in the job. */
  id: string
  rule: string
  state: 'waiting' | 'running' | 'done' | 'failed'
  plannedAt: number
  /** Names, the first of them, and how many there are. */
  takes: string[]
  takesCount: number
  gave: string[]
  gaveCount: number
  attempts: JobAttempt[]
  notes: JobNote[]
  /** 0 to 1 while it runs, where that is known. */
  progress: number | null
}
export const jobTask: Schema<JobTask> = z.object({
  id: z.string(),
  rule: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  plannedAt: z.number(),
  takes: z.array(z.string()),
  takesCount: z.number(),
  gave: z.array(z.string()),
  gaveCount: z.number(),
  attempts: z.array(
    z.object({
      processor: z.string(),
      startedAt: z.number(),
      endedAt: z.nullable(z.number()),
      outcome: z.enum(['running', 'gave', 'nothing', 'critical', 'interrupted']),
      slot: z.number(),
    }),
  ),
  notes: z.array(
    z.object({
      ...{ severity: z.enum(['info', 'warning', 'critical']), code: z.string(), message: z.string() },
      resource: z.optional(z.string()),
    }),
  ),
  progress: z.nullable(z.number()),
})

/** One event of `GET /api/v1/jobs/ID/events`: first everything, then what changed. */
export type JobChange = {
  /** The server's clock, ms since 1970: what runs has run until then. */
  at: number
  job: JobView
  /** In the order in which they were planned; of a job begun anew all that were told before are none. */
  tasks: JobTask[]
  /** All that was told before is void: the job began anew. */
  anew: boolean
}
export const jobChange: Schema<JobChange> = z.object({
  at: z.number(),
  job: jobView,
  tasks: z.array(jobTask),
  anew: z.boolean(),
})

/** What a webhook gets when a job needs somebody. */
export type JobMessage = {
  type: 'job.critical' | 'job.failed'
  timestamp: string
  data: { job: { id: string; kind: string; title: string }; problem: string; notes: JobNote[] }
}
