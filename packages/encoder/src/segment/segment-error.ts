/** What can be wrong with what an encoder writes to its pipe. */
export type SegmentErrorCode =
  | 'not-fragmented-mp4' // the bytes are no fragmented MP4, or not one of one track
  | 'too-large' // a box or a segment is over its bound
  | 'no-key-frames' // a segment may not begin anywhere, for longer than a segment may last

export class SegmentError extends Error {
  readonly code: SegmentErrorCode

  constructor(code: SegmentErrorCode, message: string) {
    super(message)
    this.name = 'SegmentError'
    this.code = code
  }
}
