/** What an upload refuses; UPLOAD.md says where. */
export type UploadErrorCode =
  | 'bad-metadata'
  | 'empty-file'
  | 'file-too-large'
  | 'too-many-uploads'
  | 'unsupported-checksum'
  | 'checksum-mismatch' // a chunk came otherwise than it was sent; nothing of it is kept
  | 'digest-mismatch' // the whole file is not the one that was meant; the upload is gone
  | 'not-media' // the upload is gone
  | 'nothing-playable' // the upload is gone
  | 'gone' // deleted, expired or published
  | 'offset-conflict'
  | 'superseded' // a later request writes this upload
  | 'unavailable' // for a moment

export class UploadError extends Error {
  readonly code: UploadErrorCode

  constructor(code: UploadErrorCode, message: string) {
    super(message)
    this.name = 'UploadError'
    this.code = code
  }
}
