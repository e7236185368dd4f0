import { z } from 'zod/mini'

// DELIVERY.md's messages: the type that readers see, and the schema that parses it.

type Schema<Value> = z.ZodMiniType<Value>

/** A file as a manifest's entry lists it. */
export type ListedFile = {
  name: string
  /** Bytes. */
  size: number
  /** `sha256:` and 64 lowercase hex digits. */
  digest: string
}

export type RepresentationEntry = {
  type: 'representation'
  id: string
  /** Representations of one set show the same thing. */
  set: string
  kind: 'video' | 'audio'
  /** RFC 6381. */
  codecs: string
  /** Bits a second. */
  bandwidth: number
  /** Units a second of the segments' times. */
  timescale: number
  width?: number | undefined
  height?: number | undefined
  frameRate?: number | undefined
  sampleRate?: number | undefined
  channels?: number | undefined
  init: ListedFile
}

export type SegmentEntry = {
  type: 'segment'
  representation: string
  /** From 0, without one missing. */
  sequence: number
  /** Decode time of the first sample, in the representation's timescale. */
  start: number
  /** In the representation's timescale. */
  duration: number
  /** When its first sample was made: RFC 3339, UTC, by the encoder's clock. */
  wallClock: string
  file: ListedFile
}

/** Nothing was acquired between two times. */
export type GapEntry = { type: 'gap'; set: string; from: string; to: string; reason: string }

/** The encoder gave a listed segment up before it was delivered: it is no file of the delivery any more. */
export type WithdrawnEntry = { type: 'withdrawn'; representation: string; sequence: number; reason: string }

export type EndEntry = { type: 'end'; wallClock: string }

export type ManifestEntry = RepresentationEntry | SegmentEntry | GapEntry | WithdrawnEntry | EndEntry

/** What a file of a delivery may be called: DELIVERY.md, Manifest. */
export const deliveryFileName: RegExp = /^[a-z][a-z0-9._-]{0,58}\.(?:mp4|m4s)$/
export const digestPattern: RegExp = /^sha256:[0-9a-f]{64}$/

export const maxDeliveryFileBytes: number = 128 * 1024 * 1024
export const maxManifestEntriesAtOnce = 1000

const size = z.int().check(z.minimum(0), z.maximum(maxDeliveryFileBytes))
const identifier = z.string().check(z.regex(/^[a-z][a-z0-9-]{0,31}$/))
const wallClock = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/))
const count = z.int().check(z.minimum(0))
const positive = z.int().check(z.minimum(1), z.maximum(2 ** 32 - 1))

const listedFile: Schema<ListedFile> = z.object({
  name: z.string().check(z.regex(deliveryFileName)),
  size,
  digest: z.string().check(z.regex(digestPattern)),
})

const representationEntry: Schema<RepresentationEntry> = z.object({
  type: z.literal('representation'),
  id: identifier,
  set: identifier,
  kind: z.enum(['video', 'audio']),
  codecs: z.string().check(z.regex(/^[A-Za-z0-9.]{1,64}$/)),
  bandwidth: positive,
  timescale: positive,
  width: z.optional(positive),
  height: z.optional(positive),
  frameRate: z.optional(z.number().check(z.minimum(0), z.maximum(1000))),
  sampleRate: z.optional(positive),
  channels: z.optional(z.int().check(z.minimum(1), z.maximum(255))),
  init: listedFile,
})

const segmentEntry: Schema<SegmentEntry> = z.object({
  type: z.literal('segment'),
  representation: identifier,
  sequence: count,
  start: count,
  duration: positive,
  wallClock,
  file: listedFile,
})

const gapEntry: Schema<GapEntry> = z.object({
  type: z.literal('gap'),
  set: identifier,
  from: wallClock,
  to: wallClock,
  reason: z.string().check(z.maxLength(500)),
})

const withdrawnEntry: Schema<WithdrawnEntry> = z.object({
  type: z.literal('withdrawn'),
  representation: identifier,
  sequence: count,
  reason: z.string().check(z.maxLength(500)),
})

const endEntry: Schema<EndEntry> = z.object({ type: z.literal('end'), wallClock })

export const manifestEntry: Schema<ManifestEntry> = z.union([
  segmentEntry,
  representationEntry,
  gapEntry,
  withdrawnEntry,
  endEntry,
])

export type CreateDeliveryRequest = {
  /** UUIDv7, made by the encoder. */
  id: string
  title?: string | undefined
}
export const createDeliveryRequest: Schema<CreateDeliveryRequest> = z.object({
  id: z.uuidv7(),
  title: z.optional(z.string().check(z.maxLength(500))),
})

export type CreatedDelivery = {
  id: string
  /** Opens this delivery for sending and nothing else. */
  token: string
  /** Entries that the receiver has. */
  next: number
  /** Where the event is watched, from its beginning on; null when nobody may by link. */
  shareUrl: string | null
}
export const createdDelivery: Schema<CreatedDelivery> = z.object({
  id: z.string(),
  token: z.string(),
  next: count,
  shareUrl: z.nullable(z.string().check(z.maxLength(2000))),
})

export type AppendManifestRequest = { from: number; entries: ManifestEntry[] }
export const appendManifestRequest: Schema<AppendManifestRequest> = z.object({
  from: count,
  entries: z.array(manifestEntry).check(z.maxLength(maxManifestEntriesAtOnce)),
})

export type AppendedManifest = { next: number }
export const appendedManifest: Schema<AppendedManifest> = z.object({ next: count })

export type DeliveryState = 'live' | 'ended' | 'delivered'

export type DeliveryManifest = {
  id: string
  title: string
  state: DeliveryState
  /** Entries there are. */
  next: number
  /** Number of the first of `entries`. */
  from: number
  entries: ManifestEntry[]
}
export const deliveryManifest: Schema<DeliveryManifest> = z.object({
  id: z.string(),
  title: z.string(),
  state: z.enum(['live', 'ended', 'delivered']),
  next: count,
  from: count,
  entries: z.array(manifestEntry),
})

/** F2: what the receiver read back. */
export const storedFile: Schema<ListedFile> = listedFile

export type DeliveryCertificate = {
  version: 1
  delivery: string
  files: ListedFile[]
  /** 64 hex digits. */
  merkleRoot: string
  issuedAt: string
  /** SubjectPublicKeyInfo (RFC 5280) of an Ed25519 key (RFC 8410), base64. */
  publicKey: string
  /** base64. */
  signature: string
}
export const deliveryCertificate: Schema<DeliveryCertificate> = z.object({
  version: z.literal(1),
  delivery: z.string(),
  files: z.array(listedFile),
  merkleRoot: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  issuedAt: wallClock,
  publicKey: z.string().check(z.maxLength(200)),
  signature: z.string().check(z.maxLength(200)),
})

/** RFC 9530's form of a digest: `sha-256=:BASE64:`. */
export function digestField(digest: string): string {
  const hex = digest.slice('sha256:'.length)
  const bytes = Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16))
  return `sha-256=:${btoa(String.fromCharCode(...bytes))}:`
}

/** The SHA-256 that a `Content-Digest` or `Repr-Digest` field (RFC 9530 §2, §3) names, as `sha256:HEX`; null: none. */
export function parseDigestField(field: string): string | null {
  const base64 = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:,|$)/.exec(field)?.[1]
  if (base64 === undefined) return null
  const hex = [...atob(base64)].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('')
  return `sha256:${hex}`
}
