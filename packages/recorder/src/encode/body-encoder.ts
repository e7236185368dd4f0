import type { TimedOperation } from '../annotate/annotation.ts'
import type { Size } from '../capture/bubble.ts'
import type { EncoderChoice } from './choose-encoder.ts'

export type EncoderErrorCode =
  | 'not-supported' // this browser has no encoder that could be used
  | 'failed' // the encoder gave up; what it made so far stays usable

export class EncoderError extends Error {
  readonly code: EncoderErrorCode

  constructor(code: EncoderErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EncoderError'
    this.code = code
  }
}

export type BodyEvents = {
  /** The body grew. `sync`: these bytes begin where a player can begin (a fragment or the body's start). */
  onBytes(bytes: Uint8Array, mark: { sync: boolean }): void
  /** An operation on the capture's annotations took place at this time of the media. */
  onAnnotated(operation: TimedOperation): void
  /** The machine slept for this long; it is left out, as a pause is. */
  onSlept(ms: number): void
  /** The encoder gave up; no bytes come after. */
  onError(error: EncoderError): void
}

/** Makes one recording's body out of an open capture; the bytes come in order and are never changed later. */
export interface BodyEncoder {
  readonly choice: EncoderChoice
  /** Size of the encoded picture, once it is settled; null where there is none. */
  readonly picture: Size | null
  /** Of media made so far, without pauses. */
  readonly durationMs: number
  /** Settles when the first picture (or sound) is being encoded. */
  start(): Promise<void>
  pause(): void
  resume(): void
  /** Somebody watches: what is made is given out in shorter pieces, where the encoder can. */
  watched(watched: boolean): void
  /** Settles when the last byte was given out. */
  stop(): Promise<void>
}
