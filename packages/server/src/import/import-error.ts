export type ImportErrorCode =
  | 'not-converted' // there is nothing yet, or no more, that could be mended or kept
  | 'changed-meanwhile' // somebody else has mended it: what was asked for is of an older state
  | 'bad-mend' // an event or item that is not there, a time before the beginning
  | 'not-mendable' // its own archive is damaged
  | 'bad-layouts' // no formats that were learned, or of a later version
  | 'name-taken' // another format is called so

/** What the room of imports refuses. */
export class ImportError extends Error {
  readonly code: ImportErrorCode

  constructor(code: ImportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ImportError'
    this.code = code
  }
}
