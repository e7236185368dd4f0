export type ContentErrorCode =
  | 'pointer-unresolved' // it leads nowhere, where it may not, or where this caller may not
  | 'too-many-pointers' // are being followed for others
  | 'pointer-source' // it points to nothing that something could be made of
  | 'encrypted-source' // it is encrypted, and no key came with the request, or another module decrypts it
  | 'content-locked' // the key that came is not the one, or the encrypted bytes were altered
  | 'limits-exclude' // what would be made has limits that the caller does not meet
  | 'still-checking' // an uploaded archive, whose items are not there yet
  | 'not-derived' // it belongs to the recording as that was made: it is not taken away from it
  | 'too-many-derived' // no more is made of this recording

/** What can't be had of a recording's items, for a reason that whoever asks may know. */
export class ContentError extends Error {
  readonly code: ContentErrorCode

  constructor(code: ContentErrorCode, message: string) {
    super(message)
    this.name = 'ContentError'
    this.code = code
  }
}
