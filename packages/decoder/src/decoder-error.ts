/** Why a delivery cannot be played at all; trouble of the network is none, it is waited out. */
export type DecoderErrorCode =
  | 'bad-address' // neither an ID nor a delivery's URL
  | 'bad-option' // an option contradicts another, or is out of its bounds
  | 'no-such-delivery' // the server knows none of this ID
  | 'refused' // the server wants another key
  | 'bad-manifest' // entries contradict each other (DELIVERY.md, M3)
  | 'nothing-to-play' // no representation is what was asked for
  | 'bad-media' // what was delivered is no CMAF that goes into one file
  | 'cache-in-use' // another decoder plays the same delivery out of the same folder
  | 'cache-failed' // the cache's folder cannot be read or written
  | 'output-failed' // what was asked to take the media does not
  | 'player-missing' // no such program on this machine

/** A delivery that cannot be played, with what to do about it in the message. */
export class DecoderError extends Error {
  readonly code: DecoderErrorCode

  constructor(code: DecoderErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DecoderError'
    this.code = code
  }
}
