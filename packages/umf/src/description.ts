// SPEC.md, Index: I2, I4, I5. The one parser of what an archive says of itself.
import { z } from 'zod'
import { isArchiveId } from './archive-id.ts'
import {
  boundedList,
  type Extension,
  extensions,
  type Item,
  itemProblem,
  type Presentation,
  presentationSchema,
  type Requirement,
  requirements,
} from './item.ts'
import { parseJson } from './json.ts'
import { UmfError } from './umf-error.ts'

export const MOST_ITEMS = 65_535 as const
export const MOST_COVER = 1_048_576 as const

const count = z.int().min(0)

const kinds = ['structure', 'media', 'item', 'index', 'free', 'erased'] as const
export type CoverKind = (typeof kinds)[number]
/** `[offset, length, kind, digest]`; the digest is 64 hex digits. */
export type CoverEntry = [offset: number, length: number, kind: CoverKind, digest: string]

const coverKinds: ReadonlySet<unknown> = new Set(kinds)

/** By hand, as items are: an archive of 10 GB has a thousand entries, a much edited one many more. */
function isCoverEntry(value: unknown): value is CoverEntry {
  if (!Array.isArray(value) || value.length !== 4) return false
  const [offset, length, kind, digest] = value as unknown[]
  return (
    Number.isSafeInteger(offset) &&
    (offset as number) >= 0 &&
    Number.isSafeInteger(length) &&
    (length as number) >= 1 &&
    coverKinds.has(kind) &&
    typeof digest === 'string' &&
    /^[0-9a-f]{64}$/.test(digest)
  )
}

const cover: z.ZodType<CoverEntry[]> = z
  .custom<CoverEntry[]>(Array.isArray, 'no array')
  .superRefine((entries, context) => {
    const problem = coverProblem(entries)
    if (problem !== null) context.addIssue({ code: 'custom', message: problem })
  })

function coverProblem(entries: readonly unknown[]): string | null {
  if (entries.length > MOST_COVER) return `more than ${MOST_COVER} entries`
  let end = 0
  for (const entry of entries) {
    if (!isCoverEntry(entry)) return 'an entry is not [offset, length, kind, digest]'
    const [offset, length] = entry
    if (offset < end) return 'entries that overlap or are not sorted'
    end = offset + length
  }
  return null
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

const items: z.ZodType<Item[]> = z.custom<Item[]>(Array.isArray, 'no array').superRefine((all, context) => {
  if (all.length > MOST_ITEMS) {
    context.addIssue({ code: 'custom', message: `more than ${MOST_ITEMS} items` })
    return
  }
  const names = new Set<string>()
  for (const [index, item] of all.entries()) {
    const problem = itemProblem(item) ?? (names.has(item.name) ? 'two items have one name' : null)
    if (problem !== null) {
      context.addIssue({ code: 'custom', message: problem, path: [index] })
      return
    }
    names.add(item.name)
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
  const problem = itemProblem(item)
  if (problem === null) return item as Item
  throw new UmfError('invalid', `the item can't be written: ${problem}`)
}

/** @throws UmfError `invalid` */
export function checkPresentation(presentation: unknown): Presentation {
  return checked(presentationSchema, presentation, 'the presentation')
}

/** Of a new archive: its generation is still 0. @throws UmfError `invalid` */
export function checkDescription(description: Description): Description {
  checked(descriptionSchema, { ...description, generation: 1 }, 'the description')
  return description
}

function checked<Value>(schema: z.ZodType<Value>, value: unknown, what: string): Value {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  throw new UmfError('invalid', `${what} can't be written: ${path.join('.')}: ${message}`)
}

export function toJson(value: Description | RecordContent): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
