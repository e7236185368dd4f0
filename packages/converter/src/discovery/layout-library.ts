// The layouts that were learned, as values: whoever keeps them, keeps the text that `exportLayouts` gives.

import { z } from 'zod'
import { ConvertError } from '../convert-error.ts'
import type { LearnedLayout } from './learned-layout.ts'

const mostLayouts = 1_000
const mostBytes = 4 * 2 ** 20

const offset = z.int().min(-512).max(512)
const anchor = z.union([
  z.object({ from: z.literal('marker') }),
  z.object({
    from: z.literal('length'),
    at: offset,
    width: z.union([z.literal(1), z.literal(2)]),
    little: z.boolean(),
  }),
  z.object({ from: z.literal('string'), at: offset }),
])
const ordinal = z.int().min(-16).max(16)
const field = z.union([
  z
    .object({
      as: z.literal('binary'),
      anchor,
      offset,
      width: z.int().min(1).max(8),
      little: z.boolean(),
      float: z.boolean(),
    })
    .refine(({ float, width }) => !float || width === 4 || width === 8),
  z.object({ as: z.literal('token'), ordinal }),
  z.object({ as: z.literal('line'), ordinal }),
  z.object({ as: z.literal('key'), key: z.string().max(64), side: z.enum(['before', 'after']) }),
  z.object({ as: z.literal('member'), key: z.string().max(64) }),
  z.object({ as: z.literal('cell'), by: z.string().length(1), index: z.int().min(0).max(63) }),
])
const layout = z.object({
  signature: z.string().regex(/^[0-9a-f]{16}$/),
  name: z.string().min(1).max(200),
  records: z
    .array(
      z.object({
        kind: z.enum(['slide', 'speaker', 'event']),
        marker: z.string().regex(/^(?:[0-9a-f]{2}){2,64}$/),
        time: field,
        unit: z.enum(['s', 'ms', 'us', '100ns']),
        value: field,
        only: z.object({ field, value: z.number() }).nullable(),
      }),
    )
    .min(1)
    .max(64),
})
const layouts = z.object({ version: z.literal(1), layouts: z.array(layout).max(mostLayouts) })

/** With this layout; one that is known keeps its name. */
export function withLayout(known: readonly LearnedLayout[], learned: LearnedLayout): LearnedLayout[] {
  if (known.some(({ signature }) => signature === learned.signature)) return [...known]
  return [...known, learned].slice(-mostLayouts)
}

/** With another name, by which converted archives are called `learned:<name>`. */
export function namedLayout(known: readonly LearnedLayout[], signature: string, name: string): LearnedLayout[] {
  return known.map((each) => (each.signature === signature ? { ...each, name } : each))
}

export function withoutLayout(known: readonly LearnedLayout[], signature: string): LearnedLayout[] {
  return known.filter((each) => each.signature !== signature)
}

/** JSON, to be kept or shared. */
export function exportLayouts(known: readonly LearnedLayout[]): string {
  return JSON.stringify({ version: 1, layouts: known }, null, 1)
}

/** Reads what `exportLayouts` wrote, here or elsewhere; throws ConvertError `unreadable` or `too-large`. */
export function importLayouts(text: string): LearnedLayout[] {
  if (text.length > mostBytes) throw new ConvertError('too-large', 'more layouts than can be kept: import fewer')
  try {
    return layouts.parse(JSON.parse(text)).layouts
  } catch (error) {
    throw new ConvertError('unreadable', 'these are no layouts: export them again where they come from', {
      cause: error,
    })
  }
}
