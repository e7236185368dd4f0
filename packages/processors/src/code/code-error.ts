export type CodeErrorCode =
  | 'not-code' // the item is none of code, or none that can be run here
  | 'not-trusted' // no key that is trusted has signed this state of the archive
  | 'damaged' // it is not what its digest says
  | 'too-large' // the code, what it is given, or what it answers
  | 'not-isolated' // nothing on this machine keeps it from the network
  | 'timed-out'
  | 'out-of-memory'
  | 'failed' // it threw, or ended itself

/** Why code of an archive was not run, or gave nothing. */
export class CodeError extends Error {
  readonly code: CodeErrorCode
  /** The end of what it said: for logs. */
  readonly detail: string

  constructor(code: CodeErrorCode, message: string, detail = '') {
    super(message)
    this.name = 'CodeError'
    this.code = code
    this.detail = detail
  }
}
