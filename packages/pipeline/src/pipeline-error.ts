export type PipelineErrorCode =
  | 'ruleset-refused' // rules that contradict themselves, or name a processor that is not there
  | 'journal-damaged' // a journal that is not one, or broken before its end
  | 'journal-of-another-job' // it was begun with other inputs, wishes or rules
  | 'journal-full' // the job leaves more in it than it may have
  | 'entry-refused' // inputs or answers that could not be read from it again
  | 'journal-unusable' // it lies where nothing can be locked
  | 'job-running' // another process runs the job, or took it over
  | 'too-many' // tasks or resources
  | 'cancelled' // by whoever started the job; it can be resumed

export class PipelineError extends Error {
  readonly code: PipelineErrorCode

  constructor(code: PipelineErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.name = 'PipelineError'
    this.code = code
  }
}
