// Where a field of a record stands, seen from the marker, and how it is written: data, so that a layout can be kept and used
// again.

import { type NumberTokens, nameIn, tokenFrom, tokenValue } from './number-token.ts'
import type { Pattern } from './pattern.ts'
import { recordAt, type TextRecords } from './text-records.ts'

/** From where offsets count: the marker, what follows a text of given length, or a text that a zero ends. */
export type Anchor = { from: 'marker' } | TextAnchor
/** The end of a text behind the marker. */
export type TextAnchor = { from: 'length'; at: number; width: 1 | 2; little: boolean } | { from: 'string'; at: number }

export type Field =
  | { as: 'binary'; anchor: Anchor; offset: number; width: number; little: boolean; float: boolean }
  | { as: 'token'; ordinal: number }
  | { as: 'line'; ordinal: number }
  | { as: 'key'; key: string; side: 'before' | 'after' }
  | { as: 'member'; key: string }
  | { as: 'cell'; by: string; index: number }

/** What one field holds in every record of a pattern. */
export type Column = {
  field: Field
  /** A value is `base` and what stands here; NaN where the field is missing. */
  values: Float64Array
  base: bigint | number
  form: 'binary' | 'float' | 'whole' | 'decimal' | 'clock' | 'date'
  /** Where it begins in the bytes, -1 where it is missing. */
  starts: Int32Array
}

export type Source = { bytes: Uint8Array; text: string; tokens: NumberTokens; records: TextRecords }

const longestText = 120

/** Offset from which fields count, for each place; -1 where there is none. */
export function anchorPlaces({ bytes }: Source, places: Int32Array, anchor: Anchor): Int32Array {
  return anchor.from === 'marker' ? places : places.map((place) => anchorPlace(bytes, place, anchor))
}

/** Where the text behind one marker ends; -1 if there is none. */
export function anchorPlace(bytes: Uint8Array, place: number, anchor: TextAnchor): number {
  const at = place + anchor.at
  if (at < 0 || at + 2 > bytes.length) return -1
  if (anchor.from === 'string') {
    const end = bytes.subarray(at, at + longestText).indexOf(0)
    return end < 0 ? -1 : at + end + 1
  }
  const [first, second] = [bytes[at]!, bytes[at + 1]!]
  const length = anchor.width === 1 ? first : anchor.little ? first | (second << 8) : (first << 8) | second
  return length > longestText ? -1 : at + anchor.width + length
}

export function columnOf(source: Source, pattern: Pattern, field: Field): Column {
  return field.as === 'binary' ? binaryColumn(source, pattern.places, field) : tokenColumn(source, pattern, field)
}

function binaryColumn(source: Source, places: Int32Array, field: Extract<Field, { as: 'binary' }>): Column {
  const { bytes } = source
  const { width, offset, little, float } = field
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const values = new Float64Array(places.length).fill(Number.NaN)
  const starts = anchorPlaces(source, places, field.anchor).map((place) => {
    const start = place + offset
    return place < 0 || start < 0 || start + width > bytes.length ? -1 : start
  })
  let reference: number | null = null
  for (let at = 0; at < places.length; at++) {
    const start = starts[at]!
    if (start < 0) continue
    if (float) {
      values[at] = width === 4 ? view.getFloat32(start, little) : view.getFloat64(start, little)
      continue
    }
    let high = 0
    let low = 0
    for (let byte = 0; byte < width; byte++) {
      // From the most significant on; the last four make the low half.
      const next = bytes[little ? start + width - 1 - byte : start + byte]!
      if (byte < width - 4) high = high * 256 + next
      else low = low * 256 + next
    }
    reference ??= high
    values[at] = (high - reference) * 2 ** 32 + low
  }
  return { field, values, base: float ? 0 : BigInt(reference ?? 0) << 32n, form: float ? 'float' : 'binary', starts }
}

/** The token that a field names, for the marker at `at` of the pattern; -1 if there is none. */
function tokenOf(source: Source, pattern: Pattern, at: number, field: Exclude<Field, { as: 'binary' }>): number {
  const { tokens, bytes } = source
  const place = pattern.places[at]!
  const end = place + pattern.length
  const record = recordOf(source, pattern, at)
  const within = (index: number): number => {
    const start = tokens.starts[index]
    if (record < 0 || start === undefined) return index
    return start >= source.records.starts[record]! && start < source.records.ends[record]! ? index : -1
  }
  if (field.as === 'line') {
    const [from, to] =
      record < 0
        ? [lineStart(bytes, place), lineEnd(bytes, end)]
        : [source.records.starts[record]!, source.records.ends[record]!]
    const index = tokenFrom(tokens, field.ordinal > 0 ? from : to) + field.ordinal - (field.ordinal > 0 ? 1 : 0)
    const start = tokens.starts[index]
    return start !== undefined && start >= from && start < to ? index : -1
  }
  if (field.as === 'member' || field.as === 'cell') return record < 0 ? -1 : partOfRecord(source, record, field)
  if (field.as === 'token') {
    const index = tokenFrom(tokens, field.ordinal > 0 ? end : place) + field.ordinal - (field.ordinal > 0 ? 1 : 0)
    return near(tokens, index, field.ordinal > 0 ? end : place, 200) ? within(index) : -1
  }
  const step = field.side === 'after' ? 1 : -1
  const from = tokenFrom(tokens, field.side === 'after' ? end : place) - (step < 0 ? 1 : 0)
  for (let tries = 0, index = from; tries < 12; tries++, index += step) {
    if (!near(tokens, index, step > 0 ? end : place, 400)) return -1
    if (tokens.keys[index] === field.key) return within(index)
  }
  return -1
}

/** The number behind a name, or in a cell, of a record of text. */
function partOfRecord(
  { tokens, records, text }: Source,
  record: number,
  field: Extract<Field, { as: 'member' | 'cell' }>,
): number {
  const [from, to] = [records.starts[record]!, records.ends[record]!]
  let place = from
  if (field.as === 'cell') {
    for (let cell = 0; cell < field.index; cell++) {
      place = text.indexOf(field.by, place) + 1
      if (place <= 0 || place > to) return -1
    }
    const end = text.indexOf(field.by, place)
    const index = tokenFrom(tokens, place)
    const start = tokens.starts[index]
    const last = Math.min(to, end < 0 ? to : end)
    return start !== undefined && start < last && isBare(text, place, start) ? index : -1
  }
  for (let index = tokenFrom(tokens, from); index < tokens.starts.length && tokens.starts[index]! < to; index++) {
    if (nameIn(tokens, index, from) === field.key) return index
  }
  return -1
}

/** Whether nothing but signs stands before the number of a cell. */
function isBare(text: string, from: number, to: number): boolean {
  return to - from < 4 && !/[A-Za-z0-9]/.test(text.slice(from, to))
}

/** The record of text in which the marker at `at` stands; -1 if none is known. */
export function recordOf({ records }: Source, pattern: Pattern, at: number): number {
  return recordAt(records, pattern.places[at]! + (pattern.length >> 1))
}

/** A marker may begin with the line feed before its line. */
function lineStart(bytes: Uint8Array, place: number): number {
  if (bytes[place] === 10) return place + 1
  let start = place
  while (start > 0 && place - start < 400 && isTextByte(bytes[start - 1]!)) start--
  return start
}

function isTextByte(byte: number): boolean {
  return byte >= 32 || byte === 9 || byte === 13
}

function lineEnd(bytes: Uint8Array, from: number): number {
  let end = from
  while (end < bytes.length && end - from < 400 && isTextByte(bytes[end]!)) end++
  return end
}

function near(tokens: NumberTokens, index: number, place: number, distance: number): boolean {
  const start = tokens.starts[index]
  return start !== undefined && index >= 0 && Math.abs(start - place) <= distance
}

function tokenColumn(source: Source, pattern: Pattern, field: Exclude<Field, { as: 'binary' }>): Column {
  const { tokens } = source
  const count = pattern.places.length
  const found = Int32Array.from({ length: count }, (_, at) => tokenOf(source, pattern, at, field))
  if (!sameBefore(source, found)) found.fill(-1)
  const form = usualForm(tokens, found)
  const values = new Float64Array(count).fill(Number.NaN)
  const starts = new Int32Array(count).fill(-1)
  let base: bigint | number | null = null
  for (let at = 0; at < count; at++) {
    const token = found[at]!
    if (token < 0 || (tokens.forms[token] !== form && !(form === 'decimal' && tokens.forms[token] === 'whole')))
      continue
    const exact = tokenValue(tokens.texts[token]!, tokens.forms[token]!)
    const value = form === 'whole' ? exact : Number(exact)
    base ??= typeof value === 'bigint' ? value : 0
    // Whole numbers beyond 2^53 are exact only as differences; a column is either of such or not.
    values[at] = typeof base === 'bigint' ? Number(BigInt(value) - base) : Number(value)
    starts[at] = tokens.starts[token]!
  }
  return { field, values, base: base ?? 0, form, starts }
}

/** Digits are in all noise; those of one field have the same before them, a quote, a comma, an equals sign, or their length. */
function sameBefore(source: Source, found: Int32Array): boolean {
  const counts = new Map<number, number>()
  let lengths = 0
  let all = 0
  for (const token of found) {
    if (token < 0) continue
    const before = source.bytes[source.tokens.starts[token]! - 1] ?? 0
    counts.set(before, (counts.get(before) ?? 0) + 1)
    // A line feed is as well the length of a number of ten digits.
    if (before === source.tokens.texts[token]!.length) lengths++
    all++
  }
  return Math.max(...counts.values(), lengths) >= all * 0.85
}

function usualForm(tokens: NumberTokens, found: Int32Array): NumberTokens['forms'][number] {
  const counts = { whole: 0, decimal: 0, clock: 0, date: 0 }
  for (const token of found) if (token >= 0) counts[tokens.forms[token]!]++
  if (counts.decimal > 0 && counts.decimal + counts.whole > counts.clock + counts.date) return 'decimal'
  const forms = ['whole', 'clock', 'date'] as const
  return forms.reduce((best, form) => (counts[form] > counts[best] ? form : best), 'whole')
}

/** Whether a field lies beyond the marker before or behind, and so in another record. */
export function isElsewhere(column: Column, { places, among = places }: Pattern): boolean {
  let beyond = 0
  let present = 0
  let next = 0
  column.starts.forEach((start, at) => {
    if (start < 0) return
    present++
    while (next < among.length && among[next]! <= places[at]!) next++
    const last = among[next - 1] === places[at] ? among[next - 2] : among[next - 1]
    if ((next < among.length && start >= among[next]!) || (last !== undefined && start < last)) beyond++
  })
  return beyond > present * 0.5
}
