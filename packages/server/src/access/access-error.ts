export type AccessErrorCode =
  /** A credential was shown and is not valid: altered, revoked, expired or of another kind. */
  | 'invalid-credentials'
  | 'share-not-found'
  | 'too-many-attempts'
  | 'password-too-short'
  | 'password-too-long'
  | 'owner-key-too-short'
  | 'owner-key-not-ascii'

/** What access refuses. Never says which of name and password was wrong. */
export class AccessError extends Error {
  readonly code: AccessErrorCode
  /** For `too-many-attempts`: when another attempt makes sense, in ms from now. */
  readonly retryAfterMs: number | undefined

  constructor(code: AccessErrorCode, message: string, retryAfterMs?: number) {
    super(message)
    this.name = 'AccessError'
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}
