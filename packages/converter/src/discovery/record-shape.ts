// A format writes all its kinds of records in one way: the same clock, and the value as far from the time in each. What one
// kind shows of this helps to read the others.

import type { Column, Source } from './field.ts'
import { tokenFrom } from './number-token.ts'
import type { Part, Reading } from './reading.ts'
import { clockOf } from './time-model.ts'

/** How times are written, and where values stand, seen from them: in any of the ways in which this can be said. */
export type RecordShape = { clock: string; relations: readonly string[] }

const mostShapes = 4

/** How far a value stands from the time of its record: in bytes between the lowest of both, or in numbers of the text. */
export function relationOf({ tokens }: Source, time: Column, value: Column): string {
  const [a, b] = [time.field, value.field]
  if (a.as === 'binary' && b.as === 'binary') {
    if (JSON.stringify(a.anchor) !== JSON.stringify(b.anchor)) return 'apart'
    const low = (field: typeof a) => (field.little ? field.offset : field.offset + field.width - 1)
    return `bytes ${low(b) - low(a)}`
  }
  const counts = new Map<number, number>()
  for (let at = 0, read = 0; at < time.starts.length && read < 9; at++) {
    if (time.starts[at]! < 0 || value.starts[at]! < 0) continue
    const away = tokenFrom(tokens, value.starts[at]!) - tokenFrom(tokens, time.starts[at]!)
    counts.set(away, (counts.get(away) ?? 0) + 1)
    read++
  }
  const usual = [...counts].reduce((most, each) => (each[1] > most[1] ? each : most), [0, 0])
  return usual[1] === 0 ? 'apart' : `numbers ${usual[0]}`
}

/**
 * The same in every way in which it can be said. Where the marker stands between time and value, and is a word that is longer in
 * some kinds, they are as far from its ends, not from each other.
 */
function relationsOf(source: Source, { pattern, time }: Reading, value: Column): string[] {
  const relation = relationOf(source, time.column, value)
  const [a, b] = [time.column.field, value.field]
  if (a.as !== 'binary' || b.as !== 'binary' || a.anchor.from !== 'marker' || b.anchor.from !== 'marker')
    return [relation]
  if (a.offset < 0 === b.offset < 0) return [relation]
  const away = ({ offset, width, little }: typeof a) =>
    (little ? offset : offset + width - 1) - (offset < 0 ? 0 : pattern.length)
  return [relation, `around ${away(a)} ${away(b)}`]
}

/** Whether a value would stand there as far from the time as in other records. */
export function isAlike(source: Source, reading: Reading, value: Column, { relations }: RecordShape): boolean {
  return relationsOf(source, reading, value).some((relation) => relations.includes(relation))
}

export function isShaped(source: Source, reading: Reading, { value, even }: Part, shape: RecordShape): boolean {
  return (
    value !== null &&
    !value.counts &&
    !even &&
    clockOf(reading.time) === shape.clock &&
    isAlike(source, reading, value.column, shape)
  )
}

/** The shapes of the readings that show the most. */
export function likelyShapes(source: Source, readings: readonly Reading[]): RecordShape[] {
  const shown = new Map<string, { shape: RecordShape; bits: number }>()
  for (const reading of readings) {
    if (reading.time.dense) continue
    for (const { value, even, used } of reading.parts) {
      if (value === null || value.counts || even) continue
      const relations = relationsOf(source, reading, value.column)
      if (relations[0] === 'apart') continue
      const clock = clockOf(reading.time)
      const key = `${clock} ${relations[0]}`
      const known = shown.get(key)
      const bits = value.evidence - value.placeBits + (reading.time.evidence * used.length) / reading.time.used.length
      const shape = { clock, relations: [...new Set([...(known?.shape.relations ?? []), ...relations])] }
      shown.set(key, { shape, bits: Math.max(bits, known?.bits ?? Number.NEGATIVE_INFINITY) })
    }
  }
  return [...shown.values()]
    .sort((a, b) => b.bits - a.bits)
    .slice(0, mostShapes)
    .map(({ shape }) => shape)
}
