/** What the fleet refuses; DELIVERY.md, Fleet, says when. */
export type FleetErrorCode = 'id-taken' | 'too-many-encoders' | 'already-recording' | 'too-many-webhooks'

export class FleetError extends Error {
  readonly code: FleetErrorCode

  constructor(code: FleetErrorCode, message: string) {
    super(message)
    this.name = 'FleetError'
    this.code = code
  }
}
