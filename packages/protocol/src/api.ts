import { z } from 'zod/mini'
import type { DeliveryState } from './delivery.ts'
import type { TimelineEvent } from './events.ts'

// Every message of the HTTP interface: the type that readers see, and the schema that parses it (the compiler holds the
// two together). Times are ISO 8601 in UTC, durations ms, sizes bytes.

type Schema<Value> = z.ZodMiniType<Value>

export type ViewState = 'ready' | 'needs-encode' | 'unsupported'
const viewState: Schema<ViewState> = z.enum(['ready', 'needs-encode', 'unsupported'])

/** Why a recording ended: its sender said so, nobody sent for the quiet time, or it is a file that is all here. */
export type EndReason = 'stopped' | 'quiet' | 'uploaded'

export type TrackView = {
  id: number
  kind: 'video' | 'audio' | 'other'
  codec: string
  /** RFC 6381 codec string. */
  codecString: string | null
  width?: number | undefined
  height?: number | undefined
  sampleRate?: number | undefined
  channels?: number | undefined
  samples: number
}
const trackView: Schema<TrackView> = z.object({
  id: z.int(),
  kind: z.enum(['video', 'audio', 'other']),
  codec: z.string(),
  codecString: z.nullable(z.string()),
  width: z.optional(z.int()),
  height: z.optional(z.int()),
  sampleRate: z.optional(z.number()),
  channels: z.optional(z.int()),
  samples: z.int(),
})

/** Things of one kind: how many the encoder has listed, and how many of these are here. */
export type Arrival = { listed: number; here: number }
const arrival: Schema<Arrival> = z.object({ listed: z.number(), here: z.number() })

/** A delivery (DELIVERY.md), as viewers see it. */
export type DeliveryView = {
  state: DeliveryState
  /** HLS and DASH (P1); null until something can be played, and without a link. */
  hlsUrl: string | null
  dashUrl: string | null
  /** What can be shown, the first by default; `hlsUrl?set=NAME` shows another. */
  sets: { name: string; kinds: ('video' | 'audio')[] }[]
  /** When the first set's first sample was made, by the encoder's clock. */
  startedAt: string | null
  /** Of the first set: what can be played without one segment missing, of what is listed. */
  playableMs: Arrival
  files: Arrival
  bytes: Arrival
  /** Since something was listed or arrived, by the server's clock. */
  silentMs: number
}
const deliveryView: Schema<DeliveryView> = z.object({
  state: z.enum(['live', 'ended', 'delivered']),
  hlsUrl: z.nullable(z.string()),
  dashUrl: z.nullable(z.string()),
  sets: z.array(z.object({ name: z.string(), kinds: z.array(z.enum(['video', 'audio'])) })),
  startedAt: z.nullable(z.string()),
  playableMs: arrival,
  files: arrival,
  bytes: arrival,
  silentMs: z.number(),
})

/** A recording that can be watched while it is made, as its viewers see it. */
export type LiveView = {
  /** A playlist (Low-Latency HLS); its segments are fragments of MP4, or WebM, as `type` says. */
  playlistUrl: string
  /** MIME type of the playlist, or of its segments where players of HLS don't know them. */
  type: string
  /** A sender is connected. */
  isSent: boolean
  /** Since something arrived, by the server's clock. */
  silentMs: number
}
const liveView: Schema<LiveView> = z.object({
  playlistUrl: z.string(),
  type: z.string(),
  isSent: z.boolean(),
  silentMs: z.number(),
})

/**
 * What became of an uploaded archive: `restored` once all of it was checked, `plain` where it could not be, as `note` says; of a
 * restored one it says why its id is another one now. Notes are for the owner alone.
 */
export type ArchiveStanding = { state: 'checking' | 'restored' | 'plain'; note: string | null }
const archiveStanding: Schema<ArchiveStanding> = z.object({
  state: z.enum(['checking', 'restored', 'plain']),
  note: z.nullable(z.string()),
})

/** A recording as everybody who may read it sees it. */
export type RecordingView = {
  id: string
  title: string
  state: 'receiving' | 'published'
  createdAt: string
  publishedAt: string | null
  endReason: EndReason | null
  durationMs: number
  /** Of the stored body. */
  bytes: number
  /** Of the stored body, lowercase hex; null until it was computed. */
  sha256: string | null
  container: string
  tracks: TrackView[]
  /** What was wrong with the body, where something was: it is published up to there. */
  damage: { code: string; message: string; offset: number | null } | null
  shareUrl: string | null
  mp4Url: string | null
  mp4State: ViewState
  webmUrl: string | null
  webmState: ViewState
  /** Why there is no MP4, in words. */
  viewNote: string | null
  /** The recording with all that belongs to it, once it is published (packages/umf/SPEC.md). */
  umfUrl?: string | null | undefined
  /** Of an archive that was uploaded; missing in lists, and for all others. */
  archive?: ArchiveStanding | undefined
  /** Of a recording that came as a delivery; in lists, only while it arrives. Null: it is none. */
  delivery: DeliveryView | null
  /** While it is recorded, once there is something to show; null or missing: nothing can be watched live. */
  live?: LiveView | null | undefined
}
export const recordingView: Schema<RecordingView> = z.object({
  id: z.string(),
  title: z.string(),
  state: z.enum(['receiving', 'published']),
  createdAt: z.string(),
  publishedAt: z.nullable(z.string()),
  endReason: z.nullable(z.enum(['stopped', 'quiet', 'uploaded'])),
  durationMs: z.number(),
  bytes: z.int(),
  sha256: z.nullable(z.string()),
  container: z.string(),
  tracks: z.array(trackView),
  damage: z.nullable(z.object({ code: z.string(), message: z.string(), offset: z.nullable(z.int()) })),
  shareUrl: z.nullable(z.string()),
  mp4Url: z.nullable(z.string()),
  mp4State: viewState,
  webmUrl: z.nullable(z.string()),
  webmState: viewState,
  viewNote: z.nullable(z.string()),
  umfUrl: z.optional(z.nullable(z.string())),
  archive: z.optional(archiveStanding),
  delivery: z.nullable(deliveryView),
  live: z.optional(z.nullable(liveView)),
})

export type RecordingList = {
  recordings: RecordingView[]
  /** For `?after=`; null on the last page. */
  next: string | null
}
export const recordingList: Schema<RecordingList> = z.object({
  recordings: z.array(recordingView),
  next: z.nullable(z.string()),
})

/** What happened in a recording, in the order in which it was noted. */
export type TimelineView = {
  /** `growing` while it is recorded. */
  state: 'growing' | 'complete'
  durationMs: number
  /** `t`: ms from the beginning of the recording's files. */
  events: (TimelineEvent & { number: number })[]
  /** For `?from=`: where to go on, now or when more has happened; null when that is all there will ever be. */
  next: number | null
}
export const timelineView: Schema<TimelineView> = z.object({
  state: z.enum(['growing', 'complete']),
  durationMs: z.number(),
  events: z.array(
    z.object({ number: z.int(), t: z.number(), kind: z.string(), data: z.record(z.string(), z.unknown()) }),
  ),
  next: z.nullable(z.int()),
})

export type CreateRecordingRequest = { title?: string | undefined; contentType?: string | undefined }
export const createRecordingRequest: Schema<CreateRecordingRequest> = z.object({
  title: z.optional(z.string().check(z.maxLength(500))),
  contentType: z.optional(z.string().check(z.maxLength(200))),
})

export type CreatedRecording = { id: string; ingestUrl: string; token: string }
export const createdRecording: Schema<CreatedRecording> = z.object({
  id: z.string(),
  ingestUrl: z.string(),
  token: z.string(),
})

export type PublishRequest = { from?: 'raw' | 'processed' | undefined; share?: boolean | undefined }
export const publishRequest: Schema<PublishRequest> = z.object({
  from: z.optional(z.enum(['raw', 'processed'])),
  share: z.optional(z.boolean()),
})

export type RenameRecordingRequest = { title: string }
export const renameRecordingRequest: Schema<RenameRecordingRequest> = z.object({
  title: z.string().check(z.minLength(1), z.maxLength(500)),
})

/** Whom a link lets its holder count as (packages/umf/SPEC.md, L1); anybody, where it says nothing. */
export type ShareRequest = { level?: number | undefined; attributes?: Record<string, string[]> | undefined }
const attributeName = z.string().check(z.minLength(1), z.maxLength(255))
const attributeValues = z.array(z.string().check(z.maxLength(1000))).check(z.maxLength(100))
export const shareRequest: Schema<ShareRequest> = z.object({
  level: z.optional(z.int().check(z.gte(1), z.lte(2 ** 31))),
  attributes: z.optional(
    z.record(attributeName, attributeValues).check(z.refine((value) => Object.keys(value).length <= 100)),
  ),
})

export type ShareView = { id: string; url: string; createdAt: string }
export const shareView: Schema<ShareView> = z.object({ id: z.string(), url: z.string(), createdAt: z.string() })

/** One item of a recording's archive, or its main presentation (packages/umf/SPEC.md, Items). */
export type ResourceView = {
  name: string
  type: string
  contentType: string
  /** Bytes; null for what lies elsewhere and does not tell. */
  length: number | null
  level: number
  limits?: Record<string, unknown> | undefined
  /** `sha256:` and hex; null where it is not known. */
  digest: string | null
  /** On the archive's timeline. */
  startMs?: number | undefined
  endMs?: number | undefined
  title?: string | undefined
  language?: string | undefined
  pointer?: string | undefined
  /** What decrypts it, and with what; `length` and `digest` are of the encrypted bytes. */
  encryption?: { module: string; [parameter: string]: unknown } | undefined
  from?: { items: string[]; by: string } | undefined
  isPresentation?: true | undefined
}
/** Which of them; `event`: those that events of that kind name within the time span; a page of `limit` from the `from`th on. */
export type ResourceWish = {
  name?: string
  type?: string
  event?: string
  fromMs?: number
  toMs?: number
  from?: number
  limit?: number
}
export type ResourceList = {
  resources: ResourceView[]
  /** Of all pages. */
  count: number
  /** For `?from=`; null on the last page. */
  next: number | null
}
export const resourceList: Schema<ResourceList> = z.object({
  resources: z.array(
    z.object({
      ...{ name: z.string(), type: z.string(), contentType: z.string(), length: z.nullable(z.number()) },
      ...{ level: z.number(), limits: z.optional(z.record(z.string(), z.unknown())), digest: z.nullable(z.string()) },
      ...{ startMs: z.optional(z.number()), endMs: z.optional(z.number()), title: z.optional(z.string()) },
      ...{ language: z.optional(z.string()), pointer: z.optional(z.string()) },
      encryption: z.optional(z.looseObject({ module: z.string() })),
      from: z.optional(z.object({ items: z.array(z.string()), by: z.string() })),
      isPresentation: z.optional(z.literal(true)),
    }),
  ),
  count: z.int(),
  next: z.nullable(z.int()),
})

const email = z.string().check(z.maxLength(254), z.regex(/^[^\s@]+@[^\s@]+$/, 'not an e-mail address'))

export type SetupRequest = { token: string; email: string; name: string; password: string }
export const setupRequest: Schema<SetupRequest> = z.object({
  token: z.string().check(z.maxLength(200)),
  email,
  name: z.string().check(z.minLength(1), z.maxLength(200)),
  password: z.string().check(z.minLength(10, 'a password of at least 10 characters'), z.maxLength(1000)),
})

export type LoginRequest = { email: string; password: string }
export const loginRequest: Schema<LoginRequest> = z.object({ email, password: z.string().check(z.maxLength(1000)) })

/** Who is signed in; `setupNeeded` says that nobody has an account yet. */
export type SessionView = {
  user: { id: string; email: string | null; name: string; role: 'owner' | 'member' } | null
  setupNeeded: boolean
}
export const sessionView: Schema<SessionView> = z.object({
  user: z.nullable(
    z.object({
      id: z.string(),
      email: z.nullable(z.string()),
      name: z.string(),
      role: z.enum(['owner', 'member']),
    }),
  ),
  setupNeeded: z.boolean(),
})

export type ApiKeyView = {
  id: string
  name: string
  origin: 'environment' | 'created'
  createdAt: string
  lastUsedAt: string | null
}
const apiKeyShape = {
  id: z.string(),
  name: z.string(),
  origin: z.enum(['environment', 'created']),
  createdAt: z.string(),
  lastUsedAt: z.nullable(z.string()),
}
export type ApiKeyList = { keys: ApiKeyView[] }
export const apiKeyList: Schema<ApiKeyList> = z.object({ keys: z.array(z.object(apiKeyShape)) })

export type CreateApiKeyRequest = { name: string }
export const createApiKeyRequest: Schema<CreateApiKeyRequest> = z.object({
  name: z.string().check(z.minLength(1), z.maxLength(100)),
})

/** `key` is shown this once. */
export type CreatedApiKey = ApiKeyView & { key: string }
export const createdApiKey: Schema<CreatedApiKey> = z.object({ ...apiKeyShape, key: z.string() })

/** `suggestions`: where something can't be made of something, what can, and what would have to be there as well. */
export type ErrorBody = {
  error: { code: string; message: string; suggestions?: { possible: string[]; missing: string[] } | undefined }
}
export const errorBody: Schema<ErrorBody> = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    suggestions: z.optional(z.object({ possible: z.array(z.string()), missing: z.array(z.string()) })),
  }),
})
