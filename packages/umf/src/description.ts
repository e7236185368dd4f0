// SPEC.md, Index: I2, I4, I5. The one parser of what an archive says of itself.
import { z } from 'zod'
import { isArchiveId } from './archive-id.ts'
import {
  boundedList,
  type Extension,
  extensions,
  type Item,
  itemSchema,
  type Presentation,
  presentationSchema,
  type Requirement,
  requirements,
} from './item.ts'
import { parseJson } from './json.ts'
import { UmfError } from './umf-error.ts'

export const MOST_ITEMS = 65_535 as const
export const MOST_COVER = 1_048_576 as const
/** D3. */
const MOST_MEDIA_ENTRY = 16 * 1024 * 1024

const count = z.int().min(0)

const kinds = ['structure', 'media', 'item', 'index', 'free', 'erased'] as const
export type CoverKind = (typeof kinds)[number]
/** `[offset, length, kind, digest]`; the digest is 64 hex digits. */
export type CoverEntry = [offset: number, length: number, kind: CoverKind, digest: string]

// Checked by hand: a schema of each entry takes most of the time of opening an archive, and a complaint of each that is
// wrong more memory than there is.
const cover: z.ZodType<CoverEntry[]> = z.custom<CoverEntry[]>(
  (entries) => Array.isArray(entries) && entries.length <= MOST_COVER && entries.every(isCoverEntry),
  'no list of [offset, length, kind, digest]',
)

function isCoverEntry(entry: unknown): entry is CoverEntry {
  if (!Array.isArray(entry) || entry.length !== 4) return false
  const [offset, length, kind, digest] = entry as unknown[]
  const isPlace =
    Number.isSafeInteger(offset) && Number.isSafeInteger(length) && Number(offset) >= 0 && Number(length) > 0
  if (kind === 'media' && Number(length) > MOST_MEDIA_ENTRY) return false
  return isPlace && kinds.includes(kind as CoverKind) && typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest)
}

/** One whole state of an archive. */
export type Description = {
  version: 1
  id: string
  generation: number
  digest: 'sha-256'
  metadata: Record<string, unknown>
  presentation?: Presentation | null | undefined
  items: Item[]
  cover: CoverEntry[]
  requires?: Requirement[] | undefined
  /** Its commit erases (W6). */
  erases?: boolean | undefined
  extensions?: Extension[] | undefined
}

/** One change of an archive (J3). */
export type RecordContent = {
  id: string
  generation: number
  put?: Item[] | undefined
  remove?: string[] | undefined
  metadata?: Record<string, unknown> | undefined
  presentation?: Presentation | undefined
  cover: CoverEntry[]
}

const items: z.ZodType<Item[]> = boundedList(itemSchema, MOST_ITEMS).superRefine((all, context) => {
  if (new Set(all.map(({ name }) => name)).size < all.length) {
    context.addIssue({ code: 'custom', message: 'two items have one name' })
  }
})

const metadata = z.record(z.string(), z.unknown())

const descriptionSchema: z.ZodType<Description> = z.looseObject({
  version: z.literal(1),
  id: z.string().refine(isArchiveId),
  generation: count.min(1),
  digest: z.literal('sha-256'),
  metadata,
  presentation: presentationSchema.nullish(),
  items,
  cover,
  requires: requirements.optional(),
  erases: z.boolean().optional(),
  extensions: extensions.optional(),
})

const recordSchema: z.ZodType<RecordContent> = z.looseObject({
  id: z.string().refine(isArchiveId),
  generation: count.min(1),
  put: items.optional(),
  remove: boundedList(z.string(), MOST_ITEMS).optional(),
  metadata: metadata.optional(),
  presentation: presentationSchema.optional(),
  cover,
})

/** @throws UmfError `malformed`, `too-large` */
export function parseDescription(bytes: Uint8Array, offset: number): Description {
  return parse(descriptionSchema, bytes, 'the description', offset)
}

/** @throws UmfError `malformed`, `too-large` */
export function parseRecord(bytes: Uint8Array, offset: number): RecordContent {
  return parse(recordSchema, bytes, 'a record', offset)
}

function parse<Value>(schema: z.ZodType<Value>, bytes: Uint8Array, what: string, offset: number): Value {
  const parsed = schema.safeParse(parseJson(bytes, what, offset))
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  throw new UmfError('malformed', `${what}: ${path.join('.')}: ${message}`, offset)
}

/** For a writer: what breaks this page is refused before it is written. @throws UmfError `invalid` */
export function checkItem(item: unknown): Item {
  const parsed = itemSchema.safeParse(item)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  throw new UmfError('invalid', `the item can't be written: ${path.join('.')}: ${message}`)
}

/** As {@link checkItem}. @throws UmfError `invalid` */
export function checkPresentation(presentation: unknown): Presentation {
  const parsed = presentationSchema.safeParse(presentation)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  throw new UmfError('invalid', `the presentation can't be written: ${path.join('.')}: ${message}`)
}

export function toJson(value: Description | RecordContent): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
