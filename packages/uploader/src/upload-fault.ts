/** Why a file is not sent. Besides these, `code` is what the server said (UPLOAD.md). */
export type UploadFaultCode =
  | 'not-media'
  | 'nothing-playable'
  | 'empty-file'
  | 'digest-mismatch'
  | 'unreadable' // the file went, or may not be read any more
  | 'unreachable' // no answer; trying again helps
  | 'cancelled'
  | (string & {})

export class UploadFault extends Error {
  readonly code: UploadFaultCode
  /** HTTP status; 0 where the server did not say it. */
  readonly status: number

  constructor(code: UploadFaultCode, message: string, status = 0, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UploadFault'
    this.code = code
    this.status = status
  }
}
