import { z } from 'zod/mini'

// DELIVERY.md, Fleet: what encoders say of themselves, and what they are asked to do.

type Schema<Value> = z.ZodMiniType<Value>

export const maxEncoderSources = 16
export const maxScheduleEntries = 50

const wallClock = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/))
const count = z.int().check(z.minimum(0))
const amount = z.number().check(z.minimum(0), z.maximum(1e15))
const name = z.string().check(z.minLength(1), z.maxLength(100))
const words = z.string().check(z.maxLength(500))
const title = z.string().check(z.maxLength(500))

/** FL1. */
export type IntroduceEncoderRequest = {
  name: string
  version: string
  /** Name of the machine. */
  host: string
}
export const introduceEncoderRequest: Schema<IntroduceEncoderRequest> = z.object({
  name,
  version: z.string().check(z.maxLength(50)),
  host: z.string().check(z.maxLength(255)),
})

export type EncoderSourceState = 'connecting' | 'running' | 'lost' | 'ended'

export type EncoderSource = {
  /** The set that it records. */
  name: string
  state: EncoderSourceState
  /** Encoded frames a second, media seconds a second, frames left out so far. */
  fps: number
  speed: number
  dropped: number
  detail: string
}

/** `off`: it was stopped where it runs, and will not report until somebody starts it again. */
export type EncoderState = 'idle' | 'recording' | 'draining' | 'off'

export type EncoderEvent = {
  /** Of its delivery. */
  id: string
  title: string
  startedAt: string
  /** When it will end by itself. */
  endsAt: string | null
  segments: number
  bytes: number
  /** Segments that found no room. */
  lost: number
}

/** FL2: how an encoder stands. */
export type EncoderReport = {
  /** Generation of the instructions that it took last. */
  applied: number
  state: EncoderState
  /** What it records, or else what it still delivers. */
  event: EncoderEvent | null
  sources: EncoderSource[]
  /** Files that are not proved delivered, of all its events. */
  queue: { files: number; bytes: number; oldestSeconds: number | null }
  /** That it sends. */
  bytesPerSecond: number
  /** What may wait at most. */
  spoolLimit: number
  diskFree: number | null
  warning: string | null
  lastError: string | null
  /** By its schedule. */
  nextStart: string | null
}
export const encoderReport: Schema<EncoderReport> = z.object({
  applied: count,
  state: z.enum(['idle', 'recording', 'draining', 'off']),
  event: z.nullable(
    z.object({
      id: z.uuidv7(),
      title,
      startedAt: wallClock,
      endsAt: z.nullable(wallClock),
      segments: count,
      bytes: amount,
      lost: count,
    }),
  ),
  sources: z
    .array(
      z.object({
        name: z.string().check(z.maxLength(64)),
        state: z.enum(['connecting', 'running', 'lost', 'ended']),
        fps: z.number().check(z.minimum(0), z.maximum(10_000)),
        speed: z.number().check(z.minimum(0), z.maximum(10_000)),
        dropped: count,
        detail: words,
      }),
    )
    .check(z.maxLength(maxEncoderSources)),
  queue: z.object({ files: count, bytes: amount, oldestSeconds: z.nullable(amount) }),
  bytesPerSecond: amount,
  spoolLimit: amount,
  diskFree: z.nullable(amount),
  warning: z.nullable(words),
  lastError: z.nullable(words),
  nextStart: z.nullable(wallClock),
})

/** FL3. `event` is the delivery that starts, or the one that stops. */
export type EncoderOrder =
  | { generation: number; action: 'start'; event: string; title: string; durationSeconds: number | null }
  | { generation: number; action: 'stop'; event: string }

const durationSeconds = z.int().check(z.minimum(1), z.maximum(7 * 86_400))
const encoderOrder: Schema<EncoderOrder> = z.union([
  z.object({
    generation: count,
    action: z.literal('start'),
    event: z.uuidv7(),
    title,
    durationSeconds: z.nullable(durationSeconds),
  }),
  z.object({ generation: count, action: z.literal('stop'), event: z.uuidv7() }),
])

/** FL4: an event of every week. */
export type ScheduleEntry = {
  id: string
  title: string
  /** ISO 8601: 1 is Monday, 7 Sunday. */
  weekdays: number[]
  /** Local time in `timeZone`, `HH:MM`. */
  time: string
  /** Name of the IANA time zone database. */
  timeZone: string
  durationSeconds: number
  /** Occurrences that began before are none. */
  from: string
}

const entryShape = {
  title: z.string().check(z.minLength(1), z.maxLength(200)),
  weekdays: z.array(z.int().check(z.minimum(1), z.maximum(7))).check(
    z.minLength(1),
    z.maxLength(7),
    z.refine((days) => new Set(days).size === days.length, 'a weekday is named twice'),
  ),
  time: z.string().check(z.regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'not a time')),
  timeZone: z.string().check(z.maxLength(64), z.refine(isTimeZone, 'not a time zone')),
  durationSeconds: z.int().check(z.minimum(60), z.maximum(86_400)),
}
export const scheduleEntry: Schema<ScheduleEntry> = z.object({ id: z.uuidv7(), ...entryShape, from: wallClock })

/** What the server answers to every report: all that the encoder is asked to do. */
export type EncoderInstructions = {
  /** Grows with every change. */
  generation: number
  order: EncoderOrder | null
  schedule: ScheduleEntry[]
}
export const encoderInstructions: Schema<EncoderInstructions> = z.object({
  generation: count,
  order: z.nullable(encoderOrder),
  schedule: z.array(scheduleEntry).check(z.maxLength(maxScheduleEntries)),
})

export type OrderState = 'offered' | 'taken' | 'expired'

/** The last minutes, oldest first; null where it was silent. */
export type EncoderHistory = {
  everySeconds: number
  queueBytes: (number | null)[]
  bytesPerSecond: (number | null)[]
}

/** FL6: what somebody is told of. */
export type AlertKind = 'behind' | 'silent' | 'source-lost' | 'spool-nearly-full'
const alertKind: Schema<AlertKind> = z.enum(['behind', 'silent', 'source-lost', 'spool-nearly-full'])

/** FL6: from when on. */
export type AlertLimits = {
  /** Age of the oldest file that waits. */
  behindSeconds: number
  /** Since the last report. */
  silentSeconds: number
  /** Of the spool, that waits. */
  spoolPercent: number
}
export const alertLimits: Schema<AlertLimits> = z.object({
  behindSeconds: z.int().check(z.minimum(10), z.maximum(86_400)),
  silentSeconds: z.int().check(z.minimum(20), z.maximum(86_400)),
  spoolPercent: z.int().check(z.minimum(20), z.maximum(100)),
})

export const maxWebhooks = 10

/** FL7: an address that is told. */
export type WebhookView = {
  id: string
  url: string
  createdAt: string
  deliveredAt: string | null
  /** Of the last attempt, where it failed. */
  lastError: string | null
  /** Messages that are still to come. */
  waiting: number
}
const webhookShape = {
  id: z.string(),
  url: z.string(),
  createdAt: z.string(),
  deliveredAt: z.nullable(z.string()),
  lastError: z.nullable(z.string()),
  waiting: z.number(),
}

export type AlertSettings = { limits: AlertLimits; webhooks: WebhookView[] }
export const alertSettings: Schema<AlertSettings> = z.object({
  limits: alertLimits,
  webhooks: z.array(z.object(webhookShape)),
})

export type CreateWebhookRequest = { url: string }
export const createWebhookRequest: Schema<CreateWebhookRequest> = z.object({
  url: z.string().check(z.maxLength(2000), z.refine(isWebhookUrl, 'not an http or https address')),
})

/** `secret` is shown this once: `whsec_` and base64, as Standard Webhooks writes it. */
export type CreatedWebhook = WebhookView & { secret: string }
export const createdWebhook: Schema<CreatedWebhook> = z.object({ ...webhookShape, secret: z.string() })

/** FL7: what a webhook gets. */
export type AlertMessage = {
  /** `encoder.KIND.began`, `encoder.KIND.over`, or `encoder.test`. */
  type: string
  timestamp: string
  data: {
    encoder: { id: string; name: string } | null
    kind: AlertKind | null
    since: string
    detail: string
    event: { id: string; title: string } | null
  }
}

/** An encoder as its account sees it. */
export type EncoderView = {
  id: string
  name: string
  version: string
  host: string
  createdAt: string
  /** When it reported last. */
  reportedAt: string | null
  /** Whether it reported within the last seconds. */
  online: boolean
  report: EncoderReport | null
  history: EncoderHistory
  order: { action: 'start' | 'stop'; event: string; title: string | null; state: OrderState; at: string } | null
  schedule: ScheduleEntry[]
  /** What was told and is not over. */
  alerts: { kind: AlertKind; since: string }[]
}
export const encoderView: Schema<EncoderView> = z.object({
  id: z.string(),
  name: z.string(),
  version: z.string(),
  host: z.string(),
  createdAt: z.string(),
  reportedAt: z.nullable(z.string()),
  online: z.boolean(),
  report: z.nullable(encoderReport),
  history: z.object({
    everySeconds: z.number(),
    queueBytes: z.array(z.nullable(z.number())),
    bytesPerSecond: z.array(z.nullable(z.number())),
  }),
  order: z.nullable(
    z.object({
      action: z.enum(['start', 'stop']),
      event: z.string(),
      title: z.nullable(z.string()),
      state: z.enum(['offered', 'taken', 'expired']),
      at: z.string(),
    }),
  ),
  schedule: z.array(scheduleEntry),
  alerts: z.array(z.object({ kind: alertKind, since: z.string() })),
})

export type EncoderList = { encoders: EncoderView[] }
export const encoderList: Schema<EncoderList> = z.object({ encoders: z.array(encoderView) })

export type RenameEncoderRequest = { name: string }
export const renameEncoderRequest: Schema<RenameEncoderRequest> = z.object({ name })

/** FL3: without `title` the server makes one of the encoder's name and the day. */
export type OrderEncoderRequest =
  | { action: 'start'; title?: string | undefined; durationSeconds?: number | null | undefined }
  | { action: 'stop'; event: string }
export const orderEncoderRequest: Schema<OrderEncoderRequest> = z.union([
  z.object({
    action: z.literal('start'),
    title: z.optional(z.string().check(z.maxLength(200))),
    durationSeconds: z.optional(z.nullable(durationSeconds)),
  }),
  z.object({ action: z.literal('stop'), event: z.uuidv7() }),
])

/** FL4: an entry without `id` is new. */
export type ScheduleEncoderRequest = { schedule: (Omit<ScheduleEntry, 'id' | 'from'> & { id?: string | undefined })[] }
export const scheduleEncoderRequest: Schema<ScheduleEncoderRequest> = z.object({
  schedule: z.array(z.object({ id: z.optional(z.uuidv7()), ...entryShape })).check(z.maxLength(maxScheduleEntries)),
})

function isTimeZone(name: string): boolean {
  // Offsets are no zones: their clocks do not change.
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function isWebhookUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, hostname } = new URL(text)
  // Secrets belong into the signature, not into an address that is shown.
  return (protocol === 'https:' || protocol === 'http:') && hostname !== '' && username === '' && password === ''
}
