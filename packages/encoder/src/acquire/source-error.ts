/** What can be wrong with a source; the message says what to do. */
export type SourceErrorCode =
  | 'bad-source' // the text names no source that we open
  | 'bad-rendition' // the text is no rendition
  | 'duplicate-set' // two inputs have one name
  | 'not-found' // a file or device that isn't there
  | 'refused' // a file of a kind that could open others, or of none that we know
  | 'copy-unfit' // what comes can't be delivered without encoding it
  | 'encoder-missing' // this ffmpeg can't make what was asked for
  | 'no-streams' // neither picture nor sound

export class SourceError extends Error {
  readonly code: SourceErrorCode

  constructor(code: SourceErrorCode, message: string) {
    super(message)
    this.name = 'SourceError'
    this.code = code
  }
}
