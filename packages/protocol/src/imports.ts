// Archives of other systems that are sent to be converted: `/api/v1/archives`.
import { z } from 'zod/mini'

type Schema<Value> = z.ZodMiniType<Value>

export type ImportState =
  /** Bytes come, or are waited for. */
  | 'receiving'
  /** Its job waits or runs: `GET /api/v1/jobs/JOBID/events` tells how far it is. */
  | 'converting'
  /** It is an archive of ours, which can be looked at, mended, and kept. */
  | 'converted'
  /** It is about to be a recording. */
  | 'keeping'
  /** It is a recording, with the same id. */
  | 'kept'
  | 'failed'

export type ImportView = {
  id: string
  /** Of the file, as it was sent. */
  name: string
  state: ImportState
  /** Bytes; and those that are safe. */
  size: number
  received: number
  fingerprint: string
  jobId: string | null
  /** Why it has failed; while `keeping`, what is missing where nobody makes a recording of it. */
  problem: string | null
  createdAt: string
  /** Of the archive, while it can be mended. */
  umfUrl: string | null
  /** Once it is kept: the link of the recording, as of any other. */
  shareUrl: string | null
}
export const importView: Schema<ImportView> = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(['receiving', 'converting', 'converted', 'keeping', 'kept', 'failed']),
  size: z.number(),
  received: z.number(),
  fingerprint: z.string(),
  jobId: z.nullable(z.string()),
  problem: z.nullable(z.string()),
  createdAt: z.string(),
  umfUrl: z.nullable(z.string()),
  shareUrl: z.nullable(z.string()),
})

/** Newest first. */
export type ImportList = { archives: ImportView[] }
export const importList: Schema<ImportList> = z.object({ archives: z.array(importView) })

/** What a conversion has found so far; times on the event's own clock, ms. */
export type FoundView = {
  /** The first of them, by name. `container`: the archive that it comes out of. */
  files: { name: string; kind: string; bytes: number; container: string | null }[]
  filesCount: number
  tracks: { file: string; role: string; startMs: number; endMs: number | null }[]
  decks: { title: string; pages: number | null }[]
}
export const foundView: Schema<FoundView> = z.object({
  files: z.array(
    z.object({ name: z.string(), kind: z.string(), bytes: z.number(), container: z.nullable(z.string()) }),
  ),
  filesCount: z.number(),
  tracks: z.array(z.object({ file: z.string(), role: z.string(), startMs: z.number(), endMs: z.nullable(z.number()) })),
  decks: z.array(z.object({ title: z.string(), pages: z.nullable(z.number()) })),
})

/**
 * One thing that is put right by hand. `event`: the place of an event among all of the archive, by time, from 0, as it was in
 * the generation that the request names; so mends of one request do not move each other.
 */
export type Mend =
  /** It did not happen. */
  | { do: 'drop'; event: number }
  /** It happened so much later, or earlier where less than 0. */
  | { do: 'shift'; event: number; byMs: number }
  /** What it is; a label says more of an event of no known kind. */
  | { do: 'name'; event: number; kind: string; label?: string | undefined }
  /** The same of all events of a kind, or of those of them with this label. */
  | { do: 'name-kind'; kind: string; label?: string | undefined; as: string; asLabel?: string | undefined }
  /** All of an item, the main presentation too, lies so much later; of an item of events, each of them. */
  | { do: 'shift-item'; item: string; byMs: number }
  /** What an item is, and what it is called. */
  | { do: 'name-item'; item: string; type?: string | undefined; title?: string | undefined }
  /** Everything is as it was converted. */
  | { do: 'restore' }

export type MendRequest = {
  /** Of the archive as the sender knows it: another one is refused. */
  generation: number
  mends: Mend[]
}

const event = z.int().check(z.minimum(0), z.maximum(1_000_000))
const byMs = z.number().check(z.minimum(-1e12), z.maximum(1e12))
const kind = z.string().check(z.minLength(1), z.maxLength(100))
const label = z.optional(z.string().check(z.maxLength(1000)))
const item = z.string().check(z.minLength(1), z.maxLength(255))

export const mend: Schema<Mend> = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('drop'), event }),
  z.strictObject({ do: z.literal('shift'), event, byMs }),
  z.strictObject({ do: z.literal('name'), event, kind, label }),
  z.strictObject({ do: z.literal('name-kind'), kind, label, as: kind, asLabel: label }),
  z.strictObject({ do: z.literal('shift-item'), item, byMs }),
  z.strictObject({
    do: z.literal('name-item'),
    item,
    type: z.optional(z.string().check(z.regex(/^[a-z0-9-]{1,32}$/, 'not a type'))),
    title: z.optional(z.string().check(z.maxLength(1000))),
  }),
  z.strictObject({ do: z.literal('restore') }),
])

/** Of one request. */
export const mostMends = 10_000 as const

export const mendRequest: Schema<MendRequest> = z.strictObject({
  generation: z.int().check(z.minimum(1)),
  mends: z.array(mend).check(z.minLength(1), z.maxLength(mostMends)),
})

/** Generation of the archive after them. */
export type MendAnswer = { generation: number }
export const mendAnswer: Schema<MendAnswer> = z.object({ generation: z.number() })

/** A format that conversions have learned: the next archive of such a kind is read at once. */
export type LayoutView = {
  /** The same for archives of the same kind. */
  signature: string
  /** Their format is `learned:NAME`. */
  name: string
  learnedAt: string
  /** `marker`: bytes that begin or end a record, in hex. `unit`: of its time. */
  records: { kind: string; marker: string; unit: string }[]
}
export const layoutView: Schema<LayoutView> = z.object({
  signature: z.string(),
  name: z.string(),
  learnedAt: z.string(),
  records: z.array(z.object({ kind: z.string(), marker: z.string(), unit: z.string() })),
})

/** In the order in which they were learned. */
export type LayoutList = { layouts: LayoutView[] }
export const layoutList: Schema<LayoutList> = z.object({ layouts: z.array(layoutView) })

export type NameLayoutRequest = { name: string }
export const nameLayoutRequest: Schema<NameLayoutRequest> = z.strictObject({
  name: z.string().check(z.trim(), z.minLength(1), z.maxLength(100), z.regex(/^[^\p{C}]+$/u, 'has what is not seen')),
})

/** What `rushes layouts export` writes, here or elsewhere. */
export type LayoutsFile = { version: 1; layouts: Record<string, unknown>[] }
export const layoutsFile: Schema<LayoutsFile> = z.object({
  version: z.literal(1),
  layouts: z.array(z.record(z.string(), z.unknown())),
})

/** How many were new here. */
export type ImportedLayouts = { imported: number; known: number }
export const importedLayouts: Schema<ImportedLayouts> = z.object({ imported: z.number(), known: z.number() })
