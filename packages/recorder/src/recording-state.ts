import type { CloseName, RecordingView, TimelineEvent } from '@rushes/protocol'
import type { TimedOperation } from './annotate/annotation.ts'
import type { Size } from './capture/bubble.ts'
import type { EncoderChoice } from './encode/choose-encoder.ts'
import type { Listeners } from './listeners.ts'
import type { SpoolKind } from './spool/spool-store.ts'

//   starting ──> recording <──> paused
//                    │             │
//                    └──────┬──────┘
//                       stopping ──> published
//                           │            ^
//                           └──> kept ───┘  once the server is there again
//   any of the first four ──> cancelled (the user discarded it) | failed (nothing could be recorded)
export type RecordingState =
  | { state: 'starting' }
  | { state: 'recording' }
  | { state: 'paused' }
  | { state: 'stopping' }
  | { state: 'published'; recording: RecordingView }
  | { state: 'kept'; spoolId: string; reason: KeptReason }
  | { state: 'cancelled' }
  | { state: 'failed'; error: Error }

/** Why bytes stay in the spool: the server cannot be reached (delivery goes on), or it refused (close code's name). */
export type KeptReason = 'offline' | CloseName | 'forbidden'

/**
 * `creating`: asking the server for a recording; `connecting` and `sending`: as it says; `waiting`: for the next
 * attempt; `idle`: nothing more to send, or refused.
 */
export type ConnectionState = 'creating' | 'connecting' | 'sending' | 'waiting' | 'idle'

export type RecordingProgress = {
  /** Bytes made so far. */
  recordedBytes: number
  /** Acknowledged by the server: on its disk, synced. */
  safeBytes: number
  /** Made and not yet acknowledged. */
  waitingBytes: number
  /** Of these, how many are not on this machine's disk either. */
  unspooledBytes: number
  /** Of media, without pauses. */
  durationMs: number
  connection: ConnectionState
  /** Events noted so far, and how many of them are in the server's database. */
  events: number
  safeEvents: number
}

/** What happens besides picture and sound; `t`: ms of media, left out for now. */
export type NewEvent = { kind: string; data?: Record<string, unknown>; t?: number }

/** Something the user should see; recording goes on unless it says otherwise. */
export type RecordingNotice =
  | { code: 'source-ended'; message: string }
  | { code: 'spool-in-memory'; message: string }
  | { code: 'spool-full'; message: string }
  | { code: 'spool-recovered'; message: string }
  | { code: 'memory-full'; message: string }
  | { code: 'slept'; message: string }
  | { code: 'encoder-failed'; message: string }
  | { code: 'continued'; message: string }
  | { code: 'events-left-out'; message: string }

export type RecordingEvents = {
  state: RecordingState
  progress: RecordingProgress
  notice: RecordingNotice
  /** Something was noted. */
  event: TimelineEvent
  /** Something was drawn, erased, undone …: a value that goes through JSON, with its time of media. */
  annotated: { data: TimedOperation }
}

export interface Recording extends Listeners<RecordingEvents> {
  readonly spoolId: string
  readonly title: string
  /** The server's id, once it gave one. */
  readonly id: string | null
  readonly state: RecordingState
  readonly progress: RecordingProgress
  readonly encoder: EncoderChoice
  /** Size of the picture, which stays; null where sound alone is recorded. */
  readonly picture: Size | null
  readonly spool: SpoolKind
  pause(): void
  resume(): void
  /**
   * Notes something that happens, at the time of the picture that is recorded now. It is kept and delivered as surely as
   * the bytes are.
   *
   * @throws RecordingError `not-recording`, `bad-event`, `too-many-events`
   */
  addEvent(event: NewEvent): TimelineEvent
  /** Notes a mark, which becomes a chapter. */
  mark(label: string): TimelineEvent
  /**
   * Ends the recording, delivers and publishes it.
   *
   * @throws RecordingError `kept` where the server cannot be reached or refuses: the bytes are safe in the spool, and the
   *   state may become `published` later
   */
  stop(): Promise<RecordingView>
  /** Discards the recording here and on the server. */
  cancel(): Promise<void>
}

export type RecordingErrorCode =
  | 'kept'
  | 'cancelled'
  | 'nothing-recorded'
  | 'failed'
  | 'not-recording'
  | 'bad-event'
  | 'too-many-events'

export class RecordingError extends Error {
  readonly code: RecordingErrorCode

  constructor(code: RecordingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RecordingError'
    this.code = code
  }
}
