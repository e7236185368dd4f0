/** What can be wrong with an archive, or with what is asked of it. */
export type UmfErrorCode =
  | 'not-umf' // the file does not begin as an archive
  | 'malformed' // it breaks a rule of SPEC.md
  | 'too-large' // it goes beyond the bounds of SPEC.md
  | 'not-found' // no item of that name that this caller may read
  | 'name-taken' // an item of that name is there
  | 'id-taken' // an archive of that id is registered
  | 'invalid' // what was given to write breaks a rule of SPEC.md
  | 'out-of-range' // bytes past the end of what was asked
  | 'source' // the file could not be read, or changed meanwhile
  | 'pointer' // a pointer that leads nowhere, or where it may not
  | 'locked' // an encrypted item without its key, or with a wrong one

export class UmfError extends Error {
  readonly code: UmfErrorCode
  /** Where in the file, if it is known. */
  readonly offset: number | undefined

  constructor(code: UmfErrorCode, message: string, offset?: number) {
    super(message)
    this.name = 'UmfError'
    this.code = code
    this.offset = offset
  }
}

/** Why a server did not give bytes of a file. */
export type HttpFailure =
  | 'no-answer' // or one that a page may not see: CORS
  | 'no-ranges' // it gives the whole file only, or hides from a page which range it gives
  | 'changed' // another file than the one that was opened
  | 'status' // it answered with an error

/** `source`, of a file on a server. */
export class HttpSourceError extends UmfError {
  readonly failure: HttpFailure
  /** Where the failure is `status`. */
  readonly status: number | undefined

  constructor(failure: HttpFailure, message: string, status?: number) {
    super('source', message)
    this.name = 'HttpSourceError'
    this.failure = failure
    this.status = status
  }
}
