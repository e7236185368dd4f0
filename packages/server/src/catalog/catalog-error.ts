export type CatalogErrorCode =
  | 'recording-not-found'
  | 'recording-not-receiving'
  | 'stale-epoch'
  | 'published-otherwise'
  | 'email-taken'
  | 'owner-exists'
  | 'setup-link-invalid'

/** What the catalog refuses; `details` are facts for the log and for tests, never credentials. */
export class CatalogError extends Error {
  readonly code: CatalogErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: CatalogErrorCode, details: Readonly<Record<string, unknown>> = {}) {
    super(`${code} ${JSON.stringify(details)}`)
    this.name = 'CatalogError'
    this.code = code
    this.details = details
  }
}
