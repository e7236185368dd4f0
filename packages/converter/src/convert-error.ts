export type ConvertErrorCode = 'unreadable' | 'too-large'

/** Why an input cannot be converted; `message` says what to do. */
export class ConvertError extends Error {
  readonly code: ConvertErrorCode

  constructor(code: ConvertErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ConvertError'
    this.code = code
  }
}
