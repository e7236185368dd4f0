// Text that has records is read by documents: of all that may tell its records apart, what saves the most bits over all kinds
// together. Kinds that are timed by the same field support each other.

import { columnOf, type Source } from './field.ts'
import { sizedOf } from './packing.ts'
import type { Pattern } from './pattern.ts'
import { type Reading, type ReadingLimits, readAlike, readingsOf } from './reading.ts'
import { type TextDivision, textDocuments } from './text-kinds.ts'
import { type Counters, countersOf, membersOf } from './text-members.ts'
import { recordAt } from './text-records.ts'
import { beatBits, ticksPerMs } from './time-model.ts'
import { isAmong } from './value-column.ts'

export type TextReadings = {
  readings: Reading[]
  /** Documents that are read, by the group of their records. */
  groups: ReadonlySet<number>
}

/** What the division must save before the document is held for understood. */
const leastSaved = 40
/** What it saves that a kind is timed by the same field as most others. */
const commonBits = 20
/** What it is worth that a time counts from the beginning of the recording, where a date is beside it. */
const fromZeroBits = 30
/** What kinds must show to be sure, so that the values of others need not prove themselves. */
const sureBits = 30

export function textReadings(source: Source, limits: ReadingLimits): TextReadings {
  const groups = new Set<number>()
  const readings: Reading[] = []
  for (const { records, all, divisions } of textDocuments(source)) {
    const counters = countersIn(source, all)
    let best: Divided | null = null
    for (const division of divisions) {
      const divided = readDivision(source, division, counters, limits)
      if (best === null || divided.understood > best.understood) best = divided
    }
    if (best === null || best.saved < leastSaved) continue
    groups.add(source.records.groups[records[0]!]!)
    readings.push(...best.readings)
  }
  return { readings, groups }
}

/** Whether a pattern belongs to documents that are read already. */
export function isOfDocuments(source: Source, pattern: Pattern, groups: ReadonlySet<number>): boolean {
  if (pattern.rowSize !== undefined) return false
  const { records } = source
  const isInside = (place: number) => {
    const record = recordAt(records, place)
    // What is alike in the shape of a line, with all that not every record has, is no kind of records that are known.
    return record >= 0 && (pattern.length === 0 || groups.has(records.groups[record]!))
  }
  let inside = 0
  // A marker may reach from the end of one record to the beginning of the next.
  for (const place of pattern.places) if (isInside(place) || isInside(place + pattern.length - 1)) inside++
  return inside > pattern.places.length / 2
}

/** `understood`: what is saved beside that times are sorted, to compare divisions. */
type Divided = { readings: Reading[]; saved: number; understood: number }

/** What it costs that there is one more kind of record. */
const kindBits = 4
/** What it is worth that a record is timed: it is that in any division, but for those whose times fall back. */
const timedBits = 0.3

function readDivision(source: Source, { kinds }: TextDivision, counters: Counters, limits: ReadingLimits): Divided {
  const read = kinds.map((kind) =>
    readingsOfKind(source, kind, kinds.length > 1, counters, limits).map((reading) => {
      const partly = reading.parts.map((part) => part.saved)
      return { reading, field: fieldOf(reading), saved: sizedOf(reading, partly).saved }
    }),
  )
  const common = new Map<string, number>()
  for (const each of read) {
    for (const { field, saved } of each) common.set(field, (common.get(field) ?? 0) + Math.max(0, saved))
  }
  const usual = [...common].reduce((most, each) => (each[1] > most[1] ? each : most), ['', 0])[0]
  const readings: Reading[] = []
  let total = 0
  let understood = -kindBits * kinds.length
  for (const each of read) {
    const ranked = each
      .map((one) => ({
        ...one,
        rank:
          one.saved +
          (one.field === usual && read.length > 1 ? commonBits : 0) +
          (one.reading.time.fromZero ? fromZeroBits : 0),
      }))
      .sort((a, b) => b.rank - a.rank)
    const first = ranked[0]
    if (first === undefined || first.saved <= 0) continue
    readings.push(first.reading)
    total += first.saved
    understood += understoodOf(first.reading, counters)
  }
  return { readings: withAlike(readings), saved: total, understood }
}

/** Kinds without a value, read again if others are sure to have one. */
function withAlike(readings: readonly Reading[]): Reading[] {
  const sure = (field: string) =>
    readings.some(
      (reading) =>
        fieldOf(reading) === field &&
        reading.parts.some(({ value, even }) => !even && value !== null && value.evidence > sureBits),
    )
  return readings.map((reading) => {
    if (reading.parts.some(({ value, even }) => even || value !== null) || !sure(fieldOf(reading))) return reading
    return readAlike(reading, () => true)
  })
}

/**
 * What a kind says beside that its times are sorted: they are that for all kinds together, however these are told apart. What
 * counts all records steps in any division.
 */
function understoodOf({ time, parts }: Reading, counters: Counters): number {
  let sum = Math.min(0, time.evidence)
  for (const { value, even, used } of parts) {
    sum += timedBits * used.length
    if (even) sum += beatBits(used.map((at) => time.column.values[at]! / ticksPerMs[time.unit])).bits
    else if (value !== null && !isAmong(value.column, counters.all)) sum += value.evidence - value.placeBits
  }
  return sum
}

/** What counts all records is a value only where nothing else steps: then it may be pages that are turned one by one. */
function readingsOfKind(
  source: Source,
  kind: Pattern,
  several: boolean,
  counters: Counters,
  limits: ReadingLimits,
): Reading[] {
  const read = (values: ReadonlySet<number>) =>
    readingsOf(source, [{ ...kind, counters: { times: counters.all, values } }], limits)
  const without = read(counters.all)
  const steps = without.some(({ parts }) =>
    parts.some(({ value, used }) => value !== null && value.evidence > leastStep * used.length),
  )
  return several || steps || counters.all.size === 0 ? without : read(counters.named)
}

/** Bits a record that pages save which are turned, and chance does not. */
const leastStep = 2

function fieldOf({ time: { column, unit, fromZero } }: Reading): string {
  return `${JSON.stringify(column.field)} ${column.form} ${unit} ${fromZero}`
}

/** Numbers that count the records of a document, of whatever kind they are. */
function countersIn(source: Source, all: Pattern): Counters {
  return countersOf(membersOf(source, all).map((field) => columnOf(source, all, field)))
}
