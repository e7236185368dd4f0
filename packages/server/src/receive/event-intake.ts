// The events that one connection sends (SPEC.md, Events): checked in the order in which they come, stored one message after
// the other, acknowledged when they are committed.
//
//   taking ── contradicts what is stored, or too many ──> refusing (the bytes go on)
import { crc32 } from 'node:zlib'
import {
  type EventsMessage,
  ProtocolError,
  parseEventsMessage,
  type ReceiverMessage,
  type TimelineEvent,
} from '@rushes/protocol'
import type { EventExtent } from '../catalog/recording-events.ts'
import type { ReceiveLimits } from './limits.ts'
import { RateLimit } from './rate-limit.ts'

/** Why the connection has to be closed. */
export type IntakeFault =
  | 'bad-message'
  | 'checksum-mismatch'
  | 'message-too-big'
  | 'offset-conflict'
  | 'stale-epoch'
  | 'window-exceeded'

export type EventIntakeOptions = {
  epoch: number
  /** What is committed when the connection begins. */
  extent: EventExtent
  limits: ReceiveLimits
  /** False where they contradict what is stored. */
  store(first: number, events: readonly TimelineEvent[]): Promise<boolean>
  answer(message: ReceiverMessage): void
  failed(error: unknown): void
}

export interface EventIntake {
  /** Committed so far. */
  readonly count: number
  /** Takes one message; null, or why the connection has to end. */
  take(message: Uint8Array, now: number): IntakeFault | null
  /** All that was taken is committed, refused, or failed. */
  settled(): Promise<void>
}

/** Messages that may wait for the database (V4). */
const mostWaiting = 16

export function openEventIntake(options: EventIntakeOptions): EventIntake {
  const { epoch, limits } = options
  const rate = new RateLimit(limits.eventMessagesPerSecond)
  let { count, bytes } = options.extent
  /** End of what was taken and may not be committed yet. */
  let taken = count
  let waiting = 0
  let refusing = false
  let turn: Promise<void> = Promise.resolve()

  function refuse(reason: 'conflict' | 'too-many'): void {
    refusing = true
    options.answer({ type: 'events-refused', epoch, events: count, reason })
  }

  async function store({ first, events }: EventsMessage): Promise<void> {
    if (refusing) return
    const end = first + events.length
    const size = events.reduce((sum, { data }) => sum + Buffer.byteLength(JSON.stringify(data)), 0)
    if (end > limits.maxEvents || (end > count && bytes + size > limits.maxEventBytes)) return refuse('too-many')
    if (!(await options.store(first, events))) return refuse('conflict')
    if (end > count) bytes += size
    count = Math.max(count, end)
    options.answer({ type: 'events-ack', epoch, events: count })
  }

  return {
    get count() {
      return count
    },
    take(message, now) {
      if (!rate.take(now) || waiting >= mostWaiting) return 'window-exceeded'
      let parsed: EventsMessage
      try {
        parsed = parseEventsMessage(message, crc32)
      } catch (error) {
        if (error instanceof ProtocolError) return error.code
        throw error
      }
      if (parsed.epoch !== epoch) return 'stale-epoch'
      if (refusing) return null
      if (parsed.first > taken) return 'offset-conflict'
      taken = Math.max(taken, parsed.first + parsed.events.length)
      waiting++
      turn = turn
        .then(() => store(parsed))
        .catch((error: unknown) => {
          refusing = true // nothing that comes after a failure may be stored
          options.failed(error)
        })
        .finally(() => {
          waiting--
        })
      return null
    },
    settled: () => turn,
  }
}
