// The events of one connection, from the sender's side (SPEC.md, Events): sent beside the chunks, in order, a few messages
// ahead of their acknowledgements, and not faster than a receiver takes them.
//
//   closed ── welcome with `events` ──> open ── events-refused, or the connection ends ──> closed
import type { Crc32 } from './chunk.ts'
import type { EventsAck, EventsRefused, Welcome } from './control.ts'
import { encodeEventsMessage, eventsThatFit, maxEventsAtOnce } from './events-message.ts'

/** What happened in a recording, in the order in which it was noticed; kept until the recording is published. */
export interface EventSpool {
  /** Events so far, numbered from 0; grows. */
  readonly count: number
  /** JSON of at most `most` events from number `first` on, as `eventText` makes it. */
  read(first: number, most: number): Promise<string[]>
}

export type EventRefusal = EventsRefused['reason']

export type EventLaneOptions = {
  /** Null: nothing is to be sent. */
  spool: EventSpool | null
  crc32: Crc32
  send(message: Uint8Array<ArrayBuffer>): void
  /** {@link EventLane.pump} has something to do again. */
  wake(): void
}

export interface EventLane {
  /** Events 0 to this are safe at the far end. */
  readonly safe: number
  /** Something was sent and is not acknowledged. */
  readonly waiting: boolean
  /** Nothing is left to send, or nobody takes it. */
  readonly allSent: boolean
  /** What the end-of-stream names (V7); null where this receiver takes no events. */
  readonly count: number | null
  welcome(message: Welcome): void
  answered(message: EventsAck | EventsRefused): void
  /** Sends what may be sent now. */
  pump(): Promise<void>
  close(): void
}

/** Half of what a receiver bears (V4). */
const mostOutstanding = 8
const leastGapMs = 25

export function openEventLane({ spool, crc32, send, wake }: EventLaneOptions): EventLane {
  let epoch: number | null = null
  let safe = 0
  let sent = 0
  let takesMore = false
  /** Where the messages end that are outstanding. */
  let ends: number[] = []
  let sentAt = Number.NEGATIVE_INFINITY
  let timer: ReturnType<typeof setTimeout> | undefined

  const unsent = () => (spool === null || !takesMore ? 0 : spool.count - sent)

  return {
    get safe() {
      return safe
    },
    get waiting() {
      return ends.length > 0
    },
    get allSent() {
      return unsent() <= 0
    },
    get count() {
      return epoch === null || spool === null ? null : sent
    },
    welcome(message) {
      if (message.events === undefined) return
      epoch = message.epoch
      // What the receiver has beyond this spool, a spool that lost its end had sent before.
      safe = sent = message.events
      ends = []
      takesMore = spool !== null
    },
    answered(message) {
      if (message.type === 'events-refused') {
        takesMore = false
        ends = []
        safe = sent = message.events
        return
      }
      if (message.events < safe || message.events > sent) return
      safe = message.events
      ends = ends.filter((end) => end > safe)
    },
    async pump() {
      while (epoch !== null && spool !== null && unsent() > 0 && ends.length < mostOutstanding) {
        const waitMs = sentAt + leastGapMs - performance.now()
        if (waitMs > 0) {
          clearTimeout(timer)
          timer = setTimeout(wake, waitMs)
          return
        }
        const from = sent
        const texts = await spool.read(from, Math.min(maxEventsAtOnce, spool.count - from)).catch(() => [])
        // Events that can't be read hold up nothing: the end-of-stream names those that were sent.
        if (texts.length === 0) takesMore = false
        // While it was being read the connection may have ended, or the receiver refused.
        if (epoch === null || !takesMore) return
        const fitting = texts.slice(0, eventsThatFit(texts))
        send(encodeEventsMessage({ epoch, first: from, texts: fitting }, crc32))
        sent += fitting.length
        ends.push(sent)
        sentAt = performance.now()
      }
    },
    close() {
      clearTimeout(timer)
      epoch = null
      ends = []
    },
  }
}
