/** What can go wrong with a foreign program. */
export type SandboxErrorCode =
  | 'program-missing' // it is not installed, or what the environment names is no program
  | 'file-refused' // what was to be its input or output is a link, a folder or a device
  | 'not-started' // the system refused to start it
  | 'timed-out' // it ran over its time limit and was killed
  | 'output-too-large' // it wrote more than it may, and was killed
  | 'failed' // it ended by itself with a status that isn't 0, or by a signal

/** `detail` is the end of what the program said on stderr, where it ran. */
export class SandboxError extends Error {
  readonly code: SandboxErrorCode
  readonly detail: string

  constructor(code: SandboxErrorCode, message: string, detail = '') {
    super(message)
    this.name = 'SandboxError'
    this.code = code
    this.detail = detail
  }
}
