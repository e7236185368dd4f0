/** What can be wrong with a message from outside. */
export type ProtocolErrorCode = 'bad-message' | 'message-too-big' | 'checksum-mismatch'

export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode

  constructor(code: ProtocolErrorCode, message: string) {
    super(message)
    this.name = 'ProtocolError'
    this.code = code
  }
}
