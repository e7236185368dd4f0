import { randomBytes, randomFillSync } from 'node:crypto'

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

export type RecordingId = Branded<'RecordingId'>
export type UserId = Branded<'UserId'>
export type KeyId = Branded<'KeyId'>
export type ShareId = Branded<'ShareId'>
export type EncoderId = Branded<'EncoderId'>
export type WebhookId = Branded<'WebhookId'>
export type JobId = Branded<'JobId'>

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const shareId = /^[A-Za-z0-9_-]{22,64}$/

/** The recording id in `text`, or undefined: what is no id cannot name a recording, so it is not found. */
export function parseRecordingId(text: string): RecordingId | undefined {
  return uuid.test(text) ? (text as RecordingId) : undefined
}

export function parseKeyId(text: string): KeyId | undefined {
  return uuid.test(text) ? (text as KeyId) : undefined
}

/** RFC 9562 §5.7: encoders make their ids themselves. */
const uuidV7Text = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

export function parseEncoderId(text: string): EncoderId | undefined {
  return uuidV7Text.test(text) ? (text as EncoderId) : undefined
}

export function parseWebhookId(text: string): WebhookId | undefined {
  return uuid.test(text) ? (text as WebhookId) : undefined
}

export function parseJobId(text: string): JobId | undefined {
  return uuid.test(text) ? (text as JobId) : undefined
}

export function parseShareId(text: string): ShareId | undefined {
  return shareId.test(text) ? (text as ShareId) : undefined
}

export function newRecordingId(): RecordingId {
  return uuidV7() as RecordingId
}

export function newUserId(): UserId {
  return uuidV7() as UserId
}

export function newKeyId(): KeyId {
  return uuidV7() as KeyId
}

export function newJobId(): JobId {
  return uuidV7() as JobId
}

/** 144 random bits in base64url: 24 characters without padding, beyond guessing. */
export function newShareId(): ShareId {
  return randomBytes(18).toString('base64url') as ShareId
}

let lastTime = 0
let counter = 0

/**
 * RFC 9562 §5.7, with the 12 bits of rand_a as a counter (§6.2, method 1), so that ids made in one process
 * sort in the order they were made, even when the clock stands or goes back.
 */
export function uuidV7(now: number = Date.now()): string {
  if (now > lastTime) {
    lastTime = now
    // The counter starts in its lower half, which leaves 2048 further ids in the same millisecond.
    counter = randomFillSync(new Uint16Array(1))[0]! & 0x7ff
  } else {
    counter += 1
    if (counter > 0xfff) {
      lastTime += 1
      counter = 0
    }
  }
  const bytes = randomBytes(16)
  bytes.writeUIntBE(lastTime, 0, 6)
  bytes.writeUInt16BE(0x7000 | counter, 6)
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
