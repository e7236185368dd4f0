export type LiveErrorCode =
  | 'not-live' // nothing of this recording is being received
  | 'not-begun' // nothing can be shown yet
  | 'not-there' // no such segment or part, now or soon
  | 'too-far' // a segment that is far from being made is waited for
  | 'too-many-viewers' // no room for another request that waits, or another recording

/** Why there is nothing to watch. */
export class LiveError extends Error {
  readonly code: LiveErrorCode

  constructor(code: LiveErrorCode, message: string) {
    super(message)
    this.name = 'LiveError'
    this.code = code
  }
}
