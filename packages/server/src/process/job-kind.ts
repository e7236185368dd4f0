import type { JobOptions, JobResult, JobState, Json } from '@rushes/pipeline'
import type { JobId, UserId } from '../catalog/identifiers.ts'

/** A job as whoever does its kind sees it. */
export type AskedJob = {
  id: JobId
  ownerId: UserId
  title: string
  /** As it was added. */
  request: Json
  /** For files between tasks, whose names depend on what they hold; it goes when the job has ended. */
  folder: string
}

export type JobPlan = Pick<JobOptions, 'ruleset' | 'processors' | 'inputs' | 'wants'> & {
  /** Told how the job stands, after each change. */
  onChange?(state: JobState): void
}

/** One kind of job: what it takes, and what becomes of what came of it. */
export interface JobKind {
  /** The same whenever it is asked, also by another process; where it is not, the job begins anew. */
  plan(job: AskedJob): Promise<JobPlan>
  /** Keeps what came of it, before the job has ended for anybody else; after a crash it is called again. */
  finish?(job: AskedJob, result: JobResult): Promise<void>
}

export type JobKinds = Readonly<Record<string, JobKind>>
