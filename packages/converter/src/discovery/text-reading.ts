// Text that has records is read by documents: of all that may tell its records apart, what saves the most bits over all kinds
// together. Kinds that are timed by the same field support each other.

import { columnOf, recordOf, type Source } from './field.ts'
import { sizedOf } from './packing.ts'
import type { Pattern } from './pattern.ts'
import { type Reading, type ReadingLimits, readingsOf } from './reading.ts'
import { type TextDivision, textDocuments } from './text-kinds.ts'
import { type Counters, countersOf, membersOf } from './text-members.ts'

export type TextReadings = {
  readings: Reading[]
  /** Documents that are read, by the group of their records. */
  groups: ReadonlySet<number>
}

/** What the division must save before the document is held for understood. */
const leastSaved = 40
/** What it saves that a kind is timed by the same field as most others. */
const commonBits = 20

export function textReadings(source: Source, limits: ReadingLimits): TextReadings {
  const groups = new Set<number>()
  const readings: Reading[] = []
  for (const { records, all, divisions } of textDocuments(source)) {
    const counters = countersIn(source, all)
    let best: Divided | null = null
    for (const division of divisions) {
      const divided = readDivision(source, division, counters, limits)
      if (best === null || divided.saved > best.saved) best = divided
    }
    if (best === null || best.saved < leastSaved) continue
    groups.add(source.records.groups[records[0]!]!)
    readings.push(...best.readings)
  }
  return { readings, groups }
}

/** Whether a pattern belongs to documents that are read already. */
export function isOfDocuments(source: Source, pattern: Pattern, groups: ReadonlySet<number>): boolean {
  if (groups.size === 0) return false
  let inside = 0
  for (let at = 0; at < pattern.places.length; at++) {
    const record = recordOf(source, pattern, at)
    if (record >= 0 && groups.has(source.records.groups[record]!)) inside++
  }
  return inside > pattern.places.length / 2
}

type Divided = { readings: Reading[]; saved: number }

function readDivision(source: Source, { kinds }: TextDivision, counters: Counters, limits: ReadingLimits): Divided {
  const read = kinds.map((kind) =>
    readingsOf(source, [{ ...kind, counters: kinds.length > 1 ? counters.all : counters.named }], limits).map(
      (reading) => ({
        reading,
        field: fieldOf(reading),
        saved: sizedOf(
          reading,
          reading.parts.map((part) => part.saved),
        ).saved,
      }),
    ),
  )
  const common = new Map<string, number>()
  for (const each of read) {
    for (const { field, saved } of each) common.set(field, (common.get(field) ?? 0) + Math.max(0, saved))
  }
  const usual = [...common].reduce((most, each) => (each[1] > most[1] ? each : most), ['', 0])[0]
  const readings: Reading[] = []
  let total = 0
  for (const each of read) {
    const ranked = each
      .map((one) => ({ ...one, rank: one.saved + (one.field === usual && read.length > 1 ? commonBits : 0) }))
      .sort((a, b) => b.rank - a.rank)
    const first = ranked[0]
    if (first === undefined || first.saved <= 0) continue
    readings.push(first.reading)
    total += first.saved
  }
  return { readings, saved: total }
}

function fieldOf({ time: { column, unit, fromZero } }: Reading): string {
  return `${JSON.stringify(column.field)} ${column.form} ${unit} ${fromZero}`
}

/** Numbers that count the records of a document, of whatever kind they are. */
function countersIn(source: Source, all: Pattern): Counters {
  return countersOf(membersOf(source, all).map((field) => columnOf(source, all, field)))
}
