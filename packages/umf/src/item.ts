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

const count = z.int().min(0)
/** Times on the archive's timeline, ms; {@link withRoundedTimes} before they are written. */
const time = z.number().min(0).max(1e12)
const text = z.string().max(10_000)

/** The length is looked at first: a schema complains of every entry that is wrong, however many there are. */
export function boundedList<Value>(each: z.ZodType<Value>, most: number): z.ZodType<Value[]> {
  return z.array(z.unknown()).max(most).pipe(z.array(each))
}

const MOST_EXTENTS = 1_000_000

function isExtents(value: unknown): boolean {
  const isExtent = (each: unknown) =>
    Array.isArray(each) &&
    each.length === 2 &&
    each.every((number) => Number.isSafeInteger(number)) &&
    each[0] >= 0 &&
    each[1] > 0
  return Array.isArray(value) && value.length <= MOST_EXTENTS && value.every(isExtent)
}

export const itemName: z.ZodType<string> = z.string().superRefine((name, context) => {
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

const described = {
  name: itemName,
  type: z.string().regex(/^[a-z0-9-]{1,32}$/),
  contentType: z
    .string()
    .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+( ?;[\x20-\x7e]*)?$/)
    .max(255),
  level: count.max(2 ** 31).optional(),
  limits: z.record(z.string().max(255), z.unknown()).optional(),
  title: text.optional(),
  language: z.string().max(100).optional(),
  startMs: time.optional(),
  requires: requirements.optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  extensions: extensions.optional(),
}

export const presentationSchema: z.ZodType<Presentation> = z.looseObject({
  ...described,
  type: z.enum(['video', 'audio']),
  length: count.min(8192),
  durationMs: time,
})

export const itemSchema: z.ZodType<Item> = z
  .looseObject({
    ...described,
    length: count.optional(),
    digest: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/)
      .optional(),
    extents: z.custom<[offset: number, length: number][]>(isExtents, 'no list of [offset, length]').optional(),
    inline: z.tuple([count, count.min(1)]).optional(),
    pointer: z.string().min(1).max(8000).optional(),
    endMs: time.optional(),
    encryption: z.looseObject({ module: z.string().min(1).max(2000) }).optional(),
    from: z.looseObject({ items: boundedList(itemName, 1000), by: text }).optional(),
  })
  .superRefine((item, context) => {
    const problem = itemProblem(item)
    if (problem !== null) context.addIssue({ code: 'custom', message: problem })
  })

/** What is written has at most 3 decimals. */
export function withRoundedTimes<Fields extends object>(fields: Fields): Fields {
  const times = Object.entries(fields).filter(
    ([name, value]) => ['startMs', 'endMs', 'durationMs'].includes(name) && typeof value === 'number',
  )
  return { ...fields, ...Object.fromEntries(times.map(([name, value]) => [name, Math.round(value * 1000) / 1000])) }
}

function itemProblem({
  extents,
  inline,
  pointer,
  length,
  digest,
  startMs,
  endMs,
}: Omit<Item, keyof Described> & Pick<Item, 'startMs'>): string | null {
  if ([extents, inline, pointer].filter((place) => place !== undefined).length !== 1) {
    return 'not exactly one of extents, inline and pointer'
  }
  if (pointer === undefined && (length === undefined || digest === undefined)) return 'no length or no digest'
  if (extents !== undefined && extents.reduce((sum, [, each]) => sum + each, 0) !== length) {
    return 'extents that are not as long as the item'
  }
  if (inline !== undefined && inline[1] !== length) return 'inline bytes that are not as long as the item'
  if (startMs !== undefined && endMs !== undefined && endMs < startMs) return 'it ends before it begins'
  return null
}
