export type SpoolErrorCode =
  | 'quota' // the browser gives no more storage
  | 'busy' // another tab holds it
  | 'missing' // no such spool
  | 'closed' // used after close
  | 'out-of-range' // bytes that are no longer, or not yet, there
  | 'unavailable' // this browser has no such storage, or it is switched off
  | 'damaged' // what is stored is not what was written
  | 'memory-full' // neither storage nor memory has room

export class SpoolError extends Error {
  readonly code: SpoolErrorCode

  constructor(code: SpoolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SpoolError'
    this.code = code
  }
}

/** What the browser's storage throws, as ours. */
export function storageError(cause: unknown): SpoolError {
  if (cause instanceof SpoolError) return cause
  const name = cause instanceof DOMException ? cause.name : ''
  const text = cause instanceof Error ? cause.message : String(cause)
  if (name === 'QuotaExceededError')
    return new SpoolError('quota', `the browser gives no more storage: ${text}`, { cause })
  if (name === 'NoModificationAllowedError')
    return new SpoolError('busy', 'another tab holds this recording', { cause })
  if (name === 'NotFoundError') return new SpoolError('missing', 'no such recording in the spool', { cause })
  return new SpoolError('unavailable', `the browser's storage fails: ${text}`, { cause })
}
