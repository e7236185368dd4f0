// The numbers in the records of a kind of text, by the names before them or by the cells in which they stand.

import { type Column, type Field, recordOf, type Source } from './field.ts'
import { nameIn, tokenFrom } from './number-token.ts'
import type { Pattern } from './pattern.ts'

const sampled = 48
const mostFields = 32
const mostOrdinals = 6
/** Of one record. */
const mostNumbers = 40
const delimiters = [',', ';', '\t', '|', ' '] as const

/** Names and cells that hold a number in most of the records. */
export function membersOf(source: Source, pattern: Pattern): Field[] {
  const { tokens, records, text } = source
  const count = Math.min(sampled, pattern.places.length)
  const keys = new Map<string, number>()
  const cells = new Map<string, number>()
  for (let sample = 0; sample < count; sample++) {
    const record = recordOf(source, pattern, Math.floor((sample * pattern.places.length) / count))
    if (record < 0) continue
    const [from, to] = [records.starts[record]!, records.ends[record]!]
    const seen = new Set<string>()
    const first = tokenFrom(tokens, from)
    for (let index = first; index < tokens.starts.length && tokens.starts[index]! < to; index++) {
      if (index - first > mostNumbers) break
      seen.add(nameIn(tokens, index, from))
    }
    seen.delete('')
    for (const key of seen) keys.set(key, (keys.get(key) ?? 0) + 1)
    const body = text.slice(from, Math.min(to, from + 1_000))
    for (const by of delimiters) {
      const parts = body.split(by)
      if (parts.length < 2 || parts.length > 40) continue
      parts.forEach((part, index) => {
        if (/^["' ]?\d/.test(part)) cells.set(`${by}${index}`, (cells.get(`${by}${index}`) ?? 0) + 1)
      })
    }
  }
  const fields: Field[] = []
  const usual = (times: number) => times >= count * 0.6
  for (const [key, times] of keys) if (usual(times)) fields.push({ as: 'member', key })
  for (const [cell, times] of cells)
    if (usual(times)) fields.push({ as: 'cell', by: cell[0]!, index: Number(cell.slice(1)) })
  for (let ordinal = 1; ordinal <= mostOrdinals; ordinal++)
    fields.push({ as: 'line', ordinal }, { as: 'line', ordinal: -ordinal })
  return fields.slice(0, mostFields)
}

/** Where numbers begin that count records: `all`, and those of them that are named so while another counts as well. */
export type Counters = { all: ReadonlySet<number>; named: ReadonlySet<number> }

const counterWords = /seq|count|serial|ordinal|row|line/i

/** Numbers that count all records of a document, of whatever kind. */
export function countersOf(columns: readonly Column[]): Counters {
  const counting = columns.filter(isCounting)
  const named = counting.filter(({ field }) => field.as === 'member' && counterWords.test(field.key))
  const others = counting.some((one) => named.every(({ starts }) => starts[0] !== one.starts[0]))
  return { all: startsOf(counting), named: others ? startsOf(named) : new Set() }
}

function isCounting({ values, form }: Column): boolean {
  if (form !== 'whole' || values.length < 6) return false
  let ahead = 0
  for (let at = 1; at < values.length; at++) if (values[at]! - values[at - 1]! === 1) ahead++
  return ahead >= (values.length - 1) * 0.98
}

function startsOf(columns: readonly Column[]): Set<number> {
  return new Set(columns.flatMap(({ starts }) => [...starts]))
}
