// What was discovered once is read at once the next time: markers and fields of a format, as a value that can be kept.

import { createHash } from 'node:crypto'
import type { EventKind } from './discovered-events.ts'
import { columnOf, type Field, type Source } from './field.ts'
import { allPlaces, type Pattern } from './pattern.ts'
import type { Part, Reading } from './reading.ts'
import type { Chosen } from './selection.ts'
import { stepsOf } from './step-model.ts'
import { type TimeUnit, timeFits } from './time-model.ts'

export type LearnedRecord = {
  kind: EventKind
  /** The bytes that begin or end a record, in hex. */
  marker: string
  time: Field
  unit: TimeUnit
  value: Field
  /** The field that tells these records from others with the same marker. */
  only: { field: Field; value: number } | null
}

export type LearnedLayout = {
  /** The same for archives of the same kind: a digest of markers and fields. */
  signature: string
  name: string
  records: LearnedRecord[]
}

const leastRecords = 3

/** The layout of the readings that gave events; null where a record is known by its shape alone. */
export function layoutOf(source: Source, sure: readonly { chosen: Chosen; kind: EventKind }[]): LearnedLayout | null {
  const records = sure
    .filter(({ chosen }) => !chosen.part.rest)
    .map(({ chosen, kind }) => recordOf(source, chosen, kind))
  if (records.length === 0 || records.some((record) => record === null)) return null
  const known = records.filter((record) => record !== null)
  const signature = createHash('sha256').update(JSON.stringify(known)).digest('hex').slice(0, 16)
  return { signature, name: signature, records: known }
}

function recordOf(source: Source, { reading, part }: Chosen, kind: EventKind): LearnedRecord | null {
  const { pattern, time } = reading
  const place = pattern.places[part.used[0]!]!
  const bytes = source.bytes.subarray(place, place + pattern.length)
  // Zeros at the ends may be a part of numbers that are larger in the next archive.
  const left = Math.max(
    0,
    bytes.findIndex((byte) => byte !== 0),
  )
  const right = bytes.findLastIndex((byte) => byte !== 0) + 1
  if (right - left < 2 || part.value === null || pattern.divided) return null
  return {
    kind,
    marker: Buffer.from(bytes.subarray(left, right)).toString('hex'),
    time: moved(time.column.field, left),
    unit: time.unit,
    value: moved(part.value.column.field, left),
    only: part.only === null ? null : { field: moved(part.only.column.field, left), value: part.only.value },
  }
}

/** The field, seen from a marker that begins `by` bytes later. */
function moved(field: Field, by: number): Field {
  if (field.as !== 'binary') return field
  if (field.anchor.from === 'marker') return { ...field, offset: field.offset - by }
  return { ...field, anchor: { ...field.anchor, at: field.anchor.at - by } }
}

/** Reads an archive by a layout; null if it is not of this kind: then everything must be looked for. */
export function readByLayout(source: Source, layout: LearnedLayout, durationMs: number | null): Chosen[] | null {
  const chosen: Chosen[] = []
  for (const record of layout.records) {
    const read = readRecords(source, record, durationMs)
    if (read === 'other') return null
    if (read !== 'none') chosen.push(read)
  }
  return chosen.length === 0 ? null : chosen
}

/** `none`: the recording has no such records; `other`: the marker means something else here. */
function readRecords(source: Source, record: LearnedRecord, durationMs: number | null): Chosen | 'none' | 'other' {
  const marker = Buffer.from(record.marker, 'hex')
  const pattern: Pattern = { start: 0, length: marker.length, places: placesOf(source, marker) }
  if (pattern.places.length < leastRecords) return 'none'
  const only = record.only === null ? null : columnOf(source, pattern, record.only.field)
  const places =
    only === null ? pattern.places : pattern.places.filter((_, at) => only.values[at] === record.only!.value)
  const kept = { ...pattern, places }
  if (places.length < leastRecords) return 'none'
  const column = columnOf(source, kept, record.time)
  const fits = timeFits(column, source.bytes, durationMs).filter((fit) => fit.unit === record.unit && !fit.dense)
  const time = fits.sort((a, b) => b.used.length - a.used.length)[0]
  if (time === undefined || time.used.length < places.length * 0.7) return 'other'
  const value = columnOf(source, kept, record.value)
  const steps = stepsOf(value, time.used)
  if (steps === null) return 'other'
  const part: Part = {
    used: time.used,
    only: null,
    value: { column: value, evidence: steps.evidence, counts: steps.counts, placeBits: 0 },
    even: false,
    saved: 0,
    rest: false,
  }
  const reading: Reading = { pattern: kept, time, parts: [part], columns: null }
  return { reading, part, used: time.used, verdict: 'events', bits: Math.max(64, time.evidence) }
}

function placesOf({ bytes }: Source, marker: Buffer): Int32Array {
  return Int32Array.from(allPlaces(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), marker))
}
