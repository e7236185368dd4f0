export type JobErrorCode = 'too-many-jobs' | 'job-not-ended' | 'too-many-watchers'

/** What the room of the jobs refuses. */
export class JobError extends Error {
  readonly code: JobErrorCode

  constructor(code: JobErrorCode, message: string) {
    super(message)
    this.name = 'JobError'
    this.code = code
  }
}
