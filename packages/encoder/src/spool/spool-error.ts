export type SpoolErrorCode =
  | 'no-spool' // the folder has none
  | 'spool-in-use' // another process writes to it
  | 'spool-full' // its limit or its disk
  | 'spool-failed' // the disk refused
  | 'spool-damaged' // a file is not what was written

export class SpoolError extends Error {
  readonly code: SpoolErrorCode

  constructor(code: SpoolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SpoolError'
    this.code = code
  }
}

/** Turns an error of the operating system into one of ours. */
export function spoolError(cause: unknown): SpoolError {
  const { code, errcode } = cause as NodeJS.ErrnoException & { errcode?: number }
  // SQLITE_FULL
  const full = code === 'ENOSPC' || code === 'EDQUOT' || errcode === 13
  const message = cause instanceof Error ? cause.message : String(cause)
  return new SpoolError(full ? 'spool-full' : 'spool-failed', message, { cause })
}
