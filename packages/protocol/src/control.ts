import { z } from 'zod/mini'
import { type RecordingView, recordingView } from './api.ts'
import { ProtocolError } from './protocol-error.ts'

/** WebSocket subprotocol of an ingest connection (SPEC.md N1). */
export const ingestSubprotocol = 'rushes-ingest-1'

/** Longest control message, in characters (SPEC.md K5). */
export const maxControlLength: number = 16 * 1024

export type SenderMessage =
  | { type: 'hello'; protocol: 1; token: string }
  | { type: 'rewind'; epoch: number; offset: number; crc: number }
  | {
      type: 'end'
      epoch: number
      size: number
      crc: number /** V7; left out by those that send none. */
      events?: number | undefined
    }

export type Welcome = {
  type: 'welcome'
  id: string
  epoch: number
  offset: number
  crc: number
  window: number
  maxChunk: number
  state: 'receiving' | 'published'
  /** Somebody watches what is recorded while it is (SPEC.md A5). */
  watched?: boolean | undefined
  /** Events 0 to this are safe (V5); left out by receivers that take none. */
  events?: number | undefined
}
export type Ack = {
  type: 'ack'
  epoch: number
  offset: number
  crc: number
  window: number
  watched?: boolean | undefined
}
/** V5: events 0 to `events` are safe. */
export type EventsAck = { type: 'events-ack'; epoch: number; events: number }
/** V6: what was sent from number `events` on is not taken, now or later. */
export type EventsRefused = { type: 'events-refused'; epoch: number; events: number; reason: 'conflict' | 'too-many' }
export type ReceiverMessage =
  | Welcome
  | Ack
  | EventsAck
  | EventsRefused
  | { type: 'published'; recording: RecordingView }

const offset = z.int().check(z.nonnegative())
const uint32 = z.int().check(z.nonnegative(), z.maximum(0xffffffff))

const fromSender = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), protocol: z.literal(1), token: z.string().check(z.maxLength(200)) }),
  z.object({ type: z.literal('rewind'), epoch: uint32, offset, crc: uint32 }),
  z.object({ type: z.literal('end'), epoch: uint32, size: offset, crc: uint32, events: z.optional(uint32) }),
])

const fromReceiver = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('welcome'),
    id: z.string(),
    epoch: uint32,
    offset,
    crc: uint32,
    window: offset,
    maxChunk: offset,
    state: z.enum(['receiving', 'published']),
    watched: z.optional(z.boolean()),
    events: z.optional(uint32),
  }),
  z.object({
    type: z.literal('ack'),
    epoch: uint32,
    offset,
    crc: uint32,
    window: offset,
    watched: z.optional(z.boolean()),
  }),
  z.object({ type: z.literal('events-ack'), epoch: uint32, events: uint32 }),
  z.object({
    type: z.literal('events-refused'),
    epoch: uint32,
    events: uint32,
    reason: z.enum(['conflict', 'too-many']),
  }),
  z.object({ type: z.literal('published'), recording: recordingView }),
])

/** @throws ProtocolError `bad-message` */
export function parseSenderMessage(text: string): SenderMessage {
  if (text.length > maxControlLength) throw new ProtocolError('bad-message', 'a control message over 16 KiB')
  return parse(fromSender, text)
}

/** @throws ProtocolError `bad-message` */
export function parseReceiverMessage(text: string): ReceiverMessage {
  return parse(fromReceiver, text)
}

function parse<Message>(schema: z.ZodMiniType<Message>, text: string): Message {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ProtocolError('bad-message', 'a control message that is no JSON')
  }
  const result = schema.safeParse(value)
  if (!result.success) throw new ProtocolError('bad-message', `not a control message: ${z.prettifyError(result.error)}`)
  return result.data
}
