// What a conversion found in files of no known kind, as its archive keeps it: the matrix of discovery.
import { z } from 'zod/mini'

/** Bytes of a file in which something was recognised. */
type CutResource = {
  start: number
  end: number
  format: string
  type: string
  whole: boolean
  name?: string | undefined
}
/** A row of the matrix. `confidence` from 0 to 1; 0 where no events come of it. */
export type Pattern = {
  id: string
  kind: string
  /** Hex. */
  marker: string
  count: number
  confidence: number
  places: number[]
  values: number[]
}
export type Extracted = { file: string; size: number; count: number; resources: CutResource[] }
export type Searched = {
  file: string
  size: number
  /** Bytes of no known kind, and how many of these were read. */
  left: number
  read: number
  /** By which it was read, if by any. */
  layout?: { name: string } | null | undefined
  patterns: Pattern[]
}
export type Finding = { version: 1; extracted: Extracted[]; searched: Searched[] }

const count = z.number()
const schema: z.ZodMiniType<Finding> = z.object({
  version: z.literal(1),
  extracted: z.array(
    z.object({
      ...{ file: z.string(), size: count, count },
      resources: z.array(
        z.object({
          ...{ start: count, end: count, format: z.string(), type: z.string(), whole: z.boolean() },
          name: z.optional(z.string()),
        }),
      ),
    }),
  ),
  searched: z.array(
    z.object({
      ...{ file: z.string(), size: count, left: count, read: count },
      layout: z.nullish(z.object({ name: z.string() })),
      patterns: z.array(
        z.object({
          ...{ id: z.string(), kind: z.string(), marker: z.string(), count, confidence: count },
          ...{ places: z.array(count), values: z.array(count) },
        }),
      ),
    }),
  ),
})

/** Name of its item. */
export const findingName = 'discovery.json' as const
export const mostFindingBytes: number = 4 * 1024 * 1024

/** Null where it is none that we know: an archive may have a file of its own with this name. */
export function parseFinding(bytes: Uint8Array): Finding | null {
  try {
    return schema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data ?? null
  } catch {
    return null
  }
}

/** Hex; text where it is text. Empty: its records are known by the shape of their lines. */
export function markerWords(hex: string): string {
  const bytes = hex.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? []
  if (bytes.length === 0) return 'lines of one shape'
  const isText = bytes.length >= 3 && bytes.every((byte) => byte >= 0x20 && byte < 0x7f)
  return shortened(
    isText ? `“${String.fromCharCode(...bytes.slice(0, mostLetters))}”` : hex.replaceAll(/(..)(?=.)/g, '$1 '),
  )
}

const mostLetters = 40

function shortened(words: string): string {
  return words.length <= mostLetters ? words : `${words.slice(0, mostLetters - 1)}…`
}

/** One place of a pattern in its row of the picture, both from 0 to 1. */
export type PlaceMark = { at: number; height: number }

/** Of a mark without a value. */
const plain = 1
/** What is least is seen, too. */
const leastHeight = 0.25

/**
 * Where it lies in the file, and how high its value is among its values; at most one mark for each of `columns`.
 *
 * @param size of the file
 */
export function placeMarks({ places, values }: Pattern, size: number, columns: number): PlaceMark[] {
  const least = values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY)
  const most = values.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY)
  const heightOf = (value: number | undefined): number => {
    if (value === undefined || !(most > least)) return plain
    return leastHeight + (1 - leastHeight) * ((value - least) / (most - least))
  }
  const marks = new Map<number, PlaceMark>()
  for (const [index, place] of places.entries()) {
    const column = Math.min(columns - 1, Math.max(0, Math.floor((place / Math.max(1, size)) * columns)))
    const height = heightOf(values[index])
    const known = marks.get(column)
    if (known === undefined || known.height < height) marks.set(column, { at: column / columns, height })
  }
  return [...marks.values()]
}
