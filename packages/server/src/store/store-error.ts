export type StoreErrorCode =
  /** No connection now; whether a statement under way was done is unknown. */
  | 'database-unavailable'
  /** The database's disk is full: nothing was written. */
  | 'database-full'
  /** The server is too old, or the data directory is of another major version than the binaries. */
  | 'database-version'
  | 'database-start-failed'
  | 'database-number-too-large'
  | 'data-folder-in-use'
  | 'data-folder-unusable'
  | 'binaries-missing'
  | 'binaries-unreachable'
  | 'no-database-user'
  | 'migration-changed'
  | 'migration-unknown'
  | 'migration-failed'

/** What the store refuses or lacks. `advice` is a sentence for whoever runs the server. */
export class StoreError extends Error {
  readonly code: StoreErrorCode
  readonly advice: string | undefined

  constructor(code: StoreErrorCode, message: string, options: { advice?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'StoreError'
    this.code = code
    this.advice = options.advice
  }
}
