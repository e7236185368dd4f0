// SPEC.md, Items. Members that are not known here are kept as they are.
import { z } from 'zod'
import { nameProblem } from './item-name.ts'

/** What a module is needed for (SPEC.md, Modules); `module` is an `https:` URL, a `urn:`, or `item:NAME`. */
export type Requirement = { for: 'decrypt' | 'show' | 'track' | 'rights'; module: string }
/** Somebody's own; `data` in base64. */
export type Extension = { name: string; data: string }

/** What an item and the main presentation have in common. */
type Described = {
  name: string
  type: string
  contentType: string
  level?: number | undefined
  limits?: Record<string, unknown> | undefined
  title?: string | undefined
  language?: string | undefined
  /** On the archive's timeline, ms. */
  startMs?: number | undefined
  requires?: Requirement[] | undefined
  metadata?: Record<string, unknown> | undefined
  extensions?: Extension[] | undefined
}

/** What a writer says of an item; where its bytes lie is the writer's. */
export type ItemFields = Described & {
  endMs?: number | undefined
  encryption?: { module: string; [parameter: string]: unknown } | undefined
  from?: { items: string[]; by: string } | undefined
}

/** One named resource of an archive. */
export type Item = ItemFields & {
  /** Bytes. */
  length?: number | undefined
  /** `sha256:` and hex, of the content as it is stored. */
  digest?: string | undefined
  /** Ranges of the file. */
  extents?: [offset: number, length: number][] | undefined
  /** A range of the payload of `idat`. */
  inline?: [offset: number, length: number] | undefined
  pointer?: string | undefined
}

/** The video or sound that any player plays (E4). */
export type Presentation = Described & { type: 'video' | 'audio'; length: number; durationMs: number }

export const DEFAULT_LEVEL = 1000

const MOST_TIME = 1e12
const MOST_TEXT = 10_000
const MOST_LEVEL: number = 2 ** 31
const MOST_EXTENTS = 1_000_000
const contentTypeForm = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+( ?;[\x20-\x7e]*)?$/

const count = z.int().min(0)
/** Times on the archive's timeline, ms; {@link withRoundedTimes} before they are written. */
const time = z.number().min(0).max(MOST_TIME)
const text = z.string().max(MOST_TEXT)

/** The length is looked at first: a schema complains of every entry that is wrong, however many there are. */
export function boundedList<Value>(each: z.ZodType<Value>, most: number): z.ZodType<Value[]> {
  return z.array(z.unknown()).max(most).pipe(z.array(each))
}

const itemName: z.ZodType<string> = z.string().superRefine((name, context) => {
  const problem = nameProblem(name)
  if (problem !== null) context.addIssue({ code: 'custom', message: `no name of an item: ${problem}` })
})

export const extensions: z.ZodType<Extension[]> = boundedList(
  z.looseObject({ name: z.string().min(1).max(1000), data: z.base64() }),
  10_000,
)

export const requirements: z.ZodType<Requirement[]> = boundedList(
  z.looseObject({ for: z.enum(['decrypt', 'show', 'track', 'rights']), module: z.string().min(1).max(2000) }),
  100,
)

const limits = z.record(z.string().max(255), z.unknown())
const metadata = z.record(z.string(), z.unknown())
const encryption = z.looseObject({ module: z.string().min(1).max(2000) })
const from = z.looseObject({ items: boundedList(itemName, 1000), by: text })

export const presentationSchema: z.ZodType<Presentation> = z.looseObject({
  name: itemName,
  type: z.enum(['video', 'audio']),
  contentType: z.string().regex(contentTypeForm).max(255),
  length: count.min(8192),
  durationMs: time,
  level: count.max(MOST_LEVEL).optional(),
  limits: limits.optional(),
  title: text.optional(),
  language: z.string().max(100).optional(),
  startMs: time.optional(),
  requires: requirements.optional(),
  metadata: metadata.optional(),
  extensions: extensions.optional(),
})

/** What is wrong with a member's value, in words; null where nothing is. */
type MemberCheck = (value: unknown) => string | null

/** For members that few items have. */
function bySchema(schema: z.ZodType): MemberCheck {
  return (value) => {
    const parsed = schema.safeParse(value)
    if (parsed.success) return null
    const { path, message } = parsed.error.issues[0]!
    return path.length === 0 ? message : `${path.join('.')}: ${message}`
  }
}

function byTest(words: string, test: (value: unknown) => boolean): MemberCheck {
  return (value) => (test(value) ? null : words)
}

/** Characters are code points, as zod's `max` counts them; the array is made of short texts alone. */
const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && (value.length <= most || (value.length <= 2 * most && [...value].length <= most))
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isTime = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= MOST_TIME
const isPair = (value: unknown): value is [number, number] =>
  Array.isArray(value) && value.length === 2 && isCount(value[0]) && isCount(value[1])
const isExtents = (value: unknown): boolean =>
  Array.isArray(value) && value.length <= MOST_EXTENTS && value.every((pair) => isPair(pair) && pair[1] >= 1)

const memberChecks: ReadonlyMap<string, MemberCheck> = new Map([
  ['name', (value) => (typeof value === 'string' ? nameProblem(value) : 'no text')],
  ['type', byTest('no word of a-z0-9-', (value) => isText(value, 32) && /^[a-z0-9-]+$/.test(value))],
  ['contentType', byTest('no media type', (value) => isText(value, 255) && contentTypeForm.test(value))],
  ['length', byTest('no number of bytes', isCount)],
  ['digest', byTest('no digest', (value) => isText(value, 71) && /^sha256:[0-9a-f]{64}$/.test(value))],
  ['extents', byTest('no ranges of at least one byte', isExtents)],
  ['inline', byTest('no range of at least one byte', (value) => isPair(value) && value[1] >= 1)],
  ['pointer', byTest('no text of 1 to 8000', (value) => isText(value, 8000) && value !== '')],
  ['level', byTest('no level', (value) => isCount(value) && value <= MOST_LEVEL)],
  ['title', byTest('no text', (value) => isText(value, MOST_TEXT))],
  ['language', byTest('no text', (value) => isText(value, 100))],
  ['startMs', byTest('no time', isTime)],
  ['endMs', byTest('no time', isTime)],
  ['limits', bySchema(limits)],
  ['requires', bySchema(requirements)],
  ['encryption', bySchema(encryption)],
  ['from', bySchema(from)],
  ['metadata', bySchema(metadata)],
  ['extensions', bySchema(extensions)],
])

/**
 * What breaks SPEC.md's rules for an item, in words; null for an item. By hand rather than by a schema: 10,000 items are
 * read whenever an archive of so many slides is opened, and a schema took 150 ms for that.
 */
export function itemProblem(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'no object'
  const item = value as Readonly<Record<string, unknown>>
  for (const member of Object.keys(item)) {
    const given = item[member]
    const problem = given === undefined ? null : (memberChecks.get(member)?.(given) ?? null)
    if (problem !== null) return `${member}: ${problem}`
  }
  return wholeProblem(value as Partial<Item>)
}

/** What is written has at most 3 decimals. */
export function withRoundedTimes<Fields extends object>(fields: Fields): Fields {
  const times = Object.entries(fields).filter(
    ([name, value]) => ['startMs', 'endMs', 'durationMs'].includes(name) && typeof value === 'number',
  )
  return { ...fields, ...Object.fromEntries(times.map(([name, value]) => [name, Math.round(value * 1000) / 1000])) }
}

/** What members that are sound each for itself say together. */
function wholeProblem(item: Partial<Item>): string | null {
  const { name, type, contentType, extents, inline, pointer, length, digest, startMs, endMs } = item
  if (name === undefined || type === undefined || contentType === undefined) return 'no name, type or contentType'
  const places = Number(extents !== undefined) + Number(inline !== undefined) + Number(pointer !== undefined)
  if (places !== 1) return 'not exactly one of extents, inline and pointer'
  if (pointer === undefined && (length === undefined || digest === undefined)) return 'no length or no digest'
  if (extents !== undefined) {
    let sum = 0
    for (let index = 0; index < extents.length; index++) sum += extents[index]![1]
    if (sum !== length) return 'extents that are not as long as the item'
  }
  if (inline !== undefined && inline[1] !== length) return 'inline bytes that are not as long as the item'
  if (startMs !== undefined && endMs !== undefined && endMs < startMs) return 'it ends before it begins'
  return null
}
