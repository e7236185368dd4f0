/** What can be wrong with media bytes. */
export type MediaErrorCode =
  | 'not-media' // no container that we know begins like this
  | 'malformed' // the structure contradicts itself or its specification
  | 'too-large' // a size, count or depth is over its bound
  | 'unsupported' // well-formed, but nothing that can be laid out
  | 'out-of-range' // a byte range or time outside of the file

/** Hostile or damaged media. `offset` is the place in the body (bytes from its start), where known. */
export class MediaError extends Error {
  readonly code: MediaErrorCode
  readonly offset: number | undefined

  constructor(code: MediaErrorCode, message: string, offset?: number) {
    super(message)
    this.name = 'MediaError'
    this.code = code
    this.offset = offset
  }
}
