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
