// Events as they travel (SPEC.md V2): one binary message, headed like a chunk.
import { type Crc32, chunkHeaderBytes } from './chunk.ts'
import { parseEvent, type TimelineEvent } from './events.ts'
import { ProtocolError } from './protocol-error.ts'

export type EventsMessage = {
  epoch: number
  /** Number of the first one; the others follow without a gap. */
  first: number
  events: TimelineEvent[]
}

/** Most bytes after the header, and most events in them. */
export const maxEventsPayload: number = 64 * 1024
export const maxEventsAtOnce = 500

const typeWord = 0x02000000

/** True for a binary message that is no chunk but carries events. */
export function isEventsMessage(message: Uint8Array): boolean {
  return message[0] === 2
}

/** @param texts of {@link eventText} */
export function encodeEventsMessage(
  message: { epoch: number; first: number; texts: readonly string[] },
  crc32: Crc32,
): Uint8Array<ArrayBuffer> {
  const payload = new TextEncoder().encode(`[${message.texts.join(',')}]`)
  const bytes = new Uint8Array(chunkHeaderBytes + payload.length)
  bytes.set(payload, chunkHeaderBytes)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, typeWord)
  view.setUint32(4, message.epoch)
  view.setUint32(12, message.first)
  view.setUint32(16, crc32(payload))
  view.setUint32(20, crc32(bytes.subarray(0, 20)))
  return bytes
}

/** How many of `texts`, from the first one on, fit into one message: at least one does. */
export function eventsThatFit(texts: readonly string[]): number {
  const encoder = new TextEncoder()
  let bytes = 2
  let count = 0
  for (const text of texts.slice(0, maxEventsAtOnce)) {
    bytes += encoder.encode(text).length + 1
    if (count > 0 && bytes > maxEventsPayload) break
    count++
  }
  return count
}

/** @throws ProtocolError `checksum-mismatch`, `bad-message`, `message-too-big` */
export function parseEventsMessage(message: Uint8Array, crc32: Crc32): EventsMessage {
  if (message.length <= chunkHeaderBytes) throw new ProtocolError('bad-message', `${message.length} bytes of events`)
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  if (crc32(message.subarray(0, 20)) !== view.getUint32(20)) {
    throw new ProtocolError('checksum-mismatch', 'the header of events does not have its checksum')
  }
  if (view.getUint32(0) !== typeWord || view.getUint32(8) !== 0) {
    throw new ProtocolError('bad-message', 'not events of version 1')
  }
  const payload = message.subarray(chunkHeaderBytes)
  if (payload.length > maxEventsPayload) throw new ProtocolError('message-too-big', 'too many bytes of events at once')
  if (crc32(payload) !== view.getUint32(16)) {
    throw new ProtocolError('checksum-mismatch', 'the events do not have their checksum')
  }
  return { epoch: view.getUint32(4), first: view.getUint32(12), events: parseEvents(payload) }
}

function parseEvents(payload: Uint8Array): TimelineEvent[] {
  let values: unknown
  try {
    values = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch {
    throw new ProtocolError('bad-message', 'events that are no JSON')
  }
  if (!Array.isArray(values) || values.length === 0 || values.length > maxEventsAtOnce) {
    throw new ProtocolError('bad-message', `not 1 to ${maxEventsAtOnce} events`)
  }
  return values.map(parseEvent)
}
