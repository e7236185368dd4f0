/** What can go wrong below a recording's bytes. */
export type BodyErrorCode =
  | 'storage-full' // no room, or too little to stay safe
  | 'storage-failed' // the disk refused; what was not acknowledged has to be sent again
  | 'checksum-mismatch' // stored bytes are not those that were named

export class BodyError extends Error {
  readonly code: BodyErrorCode

  constructor(code: BodyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BodyError'
    this.code = code
  }
}

/** Turns an error of the operating system into one of ours. */
export function storageError(cause: unknown): BodyError {
  const code = (cause as NodeJS.ErrnoException).code
  const full = code === 'ENOSPC' || code === 'EDQUOT'
  const message = cause instanceof Error ? cause.message : String(cause)
  return new BodyError(full ? 'storage-full' : 'storage-failed', message, { cause })
}
