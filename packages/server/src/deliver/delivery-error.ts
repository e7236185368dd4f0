/** What a delivery refuses; DELIVERY.md says where. */
export type DeliveryErrorCode =
  | 'id-taken'
  | 'manifest-gap'
  | 'manifest-conflict'
  | 'bad-entry'
  | 'not-in-manifest'
  | 'wrong-offset'
  | 'digest-mismatch'
  | 'not-delivered'
  | 'superseded' // another request sends the same file

export class DeliveryError extends Error {
  readonly code: DeliveryErrorCode
  /** What the sender should go on from: entries for `manifest-gap`, bytes for `wrong-offset`. */
  readonly at: number | null

  constructor(code: DeliveryErrorCode, message: string, at: number | null = null) {
    super(message)
    this.name = 'DeliveryError'
    this.code = code
    this.at = at
  }
}
