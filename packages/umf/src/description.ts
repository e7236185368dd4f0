// SPEC.md, Index: I2, I4, I5. The one parser of what an archive says of itself.
import { z } from 'zod'
import { isArchiveId } from './archive-id.ts'
import {
  type Extension,
  extensions,
  type Item,
  itemSchema,
  type Presentation,
  presentationSchema,
  type Requirement,
  requirements,
} from './item.ts'
import { UmfError } from './umf-error.ts'

const MOST_DEPTH = 64
export const MOST_ITEMS = 65_535 as const
export const MOST_COVER = 1_048_576 as const

const count = z.int().min(0)

const kinds = ['structure', 'media', 'item', 'index', 'free', 'erased'] as const
export type CoverKind = (typeof kinds)[number]
/** `[offset, length, kind, digest]`; the digest is 64 hex digits. */
export type CoverEntry = [offset: number, length: number, kind: CoverKind, digest: string]

const cover: z.ZodType<CoverEntry[]> = z
  .array(z.tuple([count, count.min(1), z.enum(kinds), z.string().regex(/^[0-9a-f]{64}$/)]))
  .max(MOST_COVER)

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

const items: z.ZodType<Item[]> = z
  .array(itemSchema)
  .max(MOST_ITEMS)
  .superRefine((all, context) => {
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
  remove: z.array(z.string()).max(MOST_ITEMS).optional(),
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
  if (depth(bytes) > MOST_DEPTH)
    throw new UmfError('too-large', `${what} is nested more than ${MOST_DEPTH} deep`, offset)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new UmfError('malformed', `${what} is no JSON in UTF-8`, offset)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  throw new UmfError('malformed', `${what}: ${path.join('.')}: ${message}`, offset)
}

/** How deep objects and arrays lie in each other, told from the brackets outside of strings; JSON.parse recurses. */
function depth(bytes: Uint8Array): number {
  let deepest = 0
  let now = 0
  let inString = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (inString) {
      if (byte === 0x5c) at++
      else if (byte === 0x22) inString = false
    } else if (byte === 0x22) inString = true
    else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++now)
    else if (byte === 0x7d || byte === 0x5d) now--
  }
  return deepest
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
  throw new UmfError('invalid', `the main presentation can't be written: ${path.join('.')}: ${message}`)
}

export function toJson(value: Description | RecordContent): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
