// Which of the fields near a marker holds the value: the one that steps best.

import { type Anchor, type Column, columnOf, type Field, isElsewhere, recordOf, type Source } from './field.ts'
import { textAnchors } from './growth.ts'
import type { Pattern } from './pattern.ts'
import { followsTime, nearnessOf, type Steps, stepsOf } from './step-model.ts'

/** `evidence`: bits that its steps are worth; `placeBits`: what it costs that it stands where it does. */
export type Value = { column: Column; evidence: number; counts: boolean; placeBits: number }

/** Less than this could be any of the fields around. */
export const leastValueBits = 4
/** What it is worth that records of another kind have their value there. */
const usualBits = 32

/** Whether other records have their values there. */
export type Usual = (column: Column) => boolean

/** Columns that may be values, found once for a pattern and asked for many choices of its records. */
export type ValueColumns = {
  source: Source
  columns: Column[]
  shorts: Column[]
  /** Letters beside a marker in text: they can tell kinds apart, and are no values. */
  letters: Column[]
  crossings: Map<Column, number>
  places: Int32Array
  /** Whether these are records of one kind. */
  kind: boolean
  /** What was found of columns in records, by these: the same records are asked for many times. */
  scores: Map<string, RecordScores>
}

/** What columns are worth as values in some records. */
export type RecordScores = { steps: Map<Column, Steps | null>; values: Map<Column, Scored | null> }
/** `rank`: what it is worth among other fields, less `idle`, what the order of records says already. */
type Scored = { value: Value; rank: number; idle: number }

/** What is known already of these records. */
function scoresOf({ scores }: ValueColumns, used: readonly number[]): RecordScores {
  let low = 0
  let high = 0
  for (const at of used) {
    low = Math.imul(low ^ at, 0x01000193)
    high = Math.imul(high ^ (at + 0x9e37), 0x85ebca6b) ^ (high >>> 15)
  }
  const key = `${used.length} ${low} ${high}`
  const known = scores.get(key)
  if (known !== undefined) return known
  const empty: RecordScores = { steps: new Map(), values: new Map() }
  scores.set(key, empty)
  return empty
}

/** How the values of a column step in these records. */
export function stepsIn(columns: ValueColumns, column: Column, used: readonly number[]): Steps | null {
  return stepsKnown(scoresOf(columns, used), column, used)
}

function stepsKnown({ steps }: RecordScores, column: Column, used: readonly number[]): Steps | null {
  const known = steps.get(column)
  if (known !== undefined) return known
  const found = stepsOf(column, used)
  steps.set(column, found)
  return found
}

export function valueColumns(
  source: Source,
  pattern: Pattern,
  distance: number,
  slow: ReadonlySet<number>,
  texts: readonly Field[],
  time: Column,
): ValueColumns {
  // Who writes times as text writes values so; and what has binary times has no lines.
  const binary = time.field.as === 'binary'
  const columns: Column[] = texts
    .filter((field) => !binary || field.as !== 'line')
    .map((field) => columnOf(source, pattern, field))
    .filter((column) => column.form === 'whole' && !isElsewhere(column, pattern))
    .filter((column, index, all) => all.findIndex((other) => isSame(column, other)) === index)
    .filter((column) => !isAmong(column, pattern.counters?.values))
  const shorts: Column[] = []
  const timeBytes = bytesOf(time)
  const anchors: { anchor: Anchor; from: number; to: number }[] = !binary
    ? []
    : pattern.rowSize !== undefined
      ? [{ anchor: { from: 'marker' }, from: 0, to: pattern.rowSize }]
      : [
          { anchor: { from: 'marker' }, ...around(pattern, time.field, distance) },
          ...textAnchors(source, pattern, distance).map((anchor) => ({ anchor, from: 0, to: 16 })),
        ]
  for (const { anchor, from, to } of anchors) {
    for (let offset = from; offset < to; offset++) {
      if (anchor.from === 'marker' && slow.has(offset)) continue
      const byte = (at: number, width: number, little: boolean): Column =>
        columnOf(source, pattern, { as: 'binary', anchor, offset: at, width, little, float: false })
      const column = byte(offset, 1, false)
      if (overlaps(column, time) || isConstant(column) || isElsewhere(column, pattern)) continue
      if (isText(source, column, timeBytes) || isTimeOfOthers(column, timeBytes)) continue
      columns.push(column)
      for (const little of [false, true]) {
        const wide = byte(little ? offset - 1 : offset, 2, little)
        // An upper byte that is the same in all is a byte of its own: a type, or nothing.
        if (hasConstantUpper(wide, source)) continue
        if (!overlaps(wide, time) && !isTimeOfOthers(wide, timeBytes)) shorts.push(wide)
      }
      for (const little of [false, true]) {
        const float: Field = {
          as: 'binary',
          anchor,
          offset: little ? offset - 7 : offset,
          width: 8,
          little,
          float: true,
        }
        if (!isWholeFloat(source, pattern, float)) continue
        const wide = columnOf(source, pattern, float)
        if (!overlaps(wide, time)) shorts.push(wide)
      }
    }
  }
  const crossings = new Map(
    columns
      .filter(({ field }) => field.as !== 'binary')
      .map((column) => [column, crossingBits(source, pattern, column)]),
  )
  return {
    source,
    columns,
    shorts,
    letters: binary ? [] : lettersOf(source, pattern),
    crossings,
    places: pattern.places,
    kind: pattern.kind === true,
    scores: new Map(),
  }
}

const besideTime = 16

/** Where values may stand: near the marker, or near a time that is farther away. */
function around({ length }: Pattern, field: Field, distance: number): { from: number; to: number } {
  const near = { from: -distance, to: length + distance }
  if (field.as !== 'binary' || field.anchor.from !== 'marker') return near
  return {
    from: Math.min(near.from, field.offset - besideTime),
    to: Math.max(near.to, field.offset + field.width + besideTime),
  }
}

/** Whether these are numbers that are known to be others. */
export function isAmong({ starts }: Column, known: ReadonlySet<number> | undefined): boolean {
  if (known === undefined || known.size === 0) return false
  let among = 0
  for (const start of starts) if (known.has(start)) among++
  return among > starts.length / 2
}

/** Whether the first few are floats of eight bytes that hold whole numbers, as scripts write all numbers. */
function isWholeFloat(source: Source, { places, ...pattern }: Pattern, field: Field): boolean {
  const { values } = columnOf(source, { ...pattern, places: places.subarray(0, 6) }, field)
  let whole = 0
  for (const value of values) if (Number.isInteger(value) && value >= 0 && value < 1e6) whole++
  return whole >= values.length - 1 && values.some((value) => value > 0)
}

function lettersOf(source: Source, pattern: Pattern): Column[] {
  const columns: Column[] = []
  for (let offset = -8; offset < pattern.length + 8; offset++) {
    if (offset === 0) offset = pattern.length
    const anchor: Anchor = { from: 'marker' }
    const column = columnOf(source, pattern, { as: 'binary', anchor, offset, width: 1, little: false, float: false })
    if (!isConstant(column) && !isNumeric(column)) columns.push(column)
  }
  return columns
}

function hasConstantUpper(wide: Column, { bytes }: Source): boolean {
  const upper = wide.field.as === 'binary' && wide.field.little ? 1 : 0
  const counts = new Map<number, number>()
  for (const start of wide.starts)
    counts.set(bytes[start + upper] ?? -1, (counts.get(bytes[start + upper] ?? -1) ?? 0) + 1)
  return Math.max(...counts.values()) > wide.starts.length * 0.85
}

function isSameToken(column: Column, time: Column, used: readonly number[]): boolean {
  let same = 0
  for (const at of used) if (column.starts[at] === time.starts[at]) same++
  return same > used.length * 0.3
}

function bytesOf(time: Column): Set<number> {
  const bytes = new Set<number>()
  const width = time.field.as === 'binary' ? time.field.width : 1
  for (const start of time.starts) for (let byte = 0; byte < width; byte++) bytes.add(start + byte)
  return bytes
}

/** Whether the field lies, for most records, in the time of the next or the last. */
function isTimeOfOthers(column: Column, timeBytes: ReadonlySet<number>): boolean {
  let shared = 0
  for (const start of column.starts) if (timeBytes.has(start)) shared++
  return shared > column.starts.length * 0.4
}

/** Whether two fields are the same token, named in two ways. */
function isSame(a: Column, b: Column): boolean {
  return a.starts.every((start, at) => start === b.starts[at])
}

/** Whether numbers by their count in the record are mostly those of a name or a cell, and else something that came between. */
export function isMostly({ starts }: Column, named: Column): boolean {
  if (named.field.as !== 'member' && named.field.as !== 'cell') return false
  let same = 0
  starts.forEach((start, at) => {
    if (start >= 0 && start === named.starts[at]) same++
  })
  return same > starts.length / 2
}

/** Digits of times and values split records anyhow: by the minute, by the even second. */
function isNumeric({ values }: Column): boolean {
  let digits = 0
  for (const byte of values) if (byte >= 45 && byte <= 58) digits++
  return digits > values.length * 0.3
}

function isConstant(column: Column): boolean {
  return column.values.every((value) => value === column.values[0])
}

function overlaps(column: Column, time: Column): boolean {
  const width = (each: Column) => (each.field.as === 'binary' ? each.field.width : 1)
  for (let at = 0; at < column.starts.length; at++) {
    const [mine, other] = [column.starts[at]!, time.starts[at]!]
    if (mine >= 0 && other >= 0) return mine < other + width(time) && other < mine + width(column)
  }
  return true
}

/** Whether letters stand there: words, whose letters lie near each other by nature. */
function isText(source: Source, column: Column, timeBytes: ReadonlySet<number>): boolean {
  const share = (shift: number) => {
    let letters = 0
    const seen = new Set<number>()
    for (const start of column.starts) {
      const byte = source.bytes[start + shift] ?? 0
      if (start >= 0 && byte >= 32 && byte < 127 && !timeBytes.has(start + shift)) letters++
      seen.add(byte)
    }
    // A marker's letters beside it are always the same.
    return seen.size > 1 ? letters / column.starts.length : 0
  }
  return share(0) > 0.85 && (share(1) > 0.85 || share(-1) > 0.85)
}

/** The column that steps best in these records, if any does. `known`: where values are that need not show it. */
export function bestValue(
  columns: ValueColumns,
  time: Column,
  used: readonly number[],
  without: ReadonlySet<Column> = new Set(),
  usual: Usual = () => false,
  known: Usual = usual,
): Value | null {
  const scores = scoresOf(columns, used)
  let times: number[] | null = null
  let best: Value | null = null
  let most = Number.NEGATIVE_INFINITY
  for (const column of [...columns.columns, ...columns.shorts]) {
    if (without.has(column)) continue
    let scored = scores.values.get(column)
    if (scored === undefined) {
      times ??= used.map((at) => time.values[at]!)
      scored = scoredValue(columns, scores, column, time, times, used)
      scores.values.set(column, scored)
    }
    if (scored === null && columns.kind && usual(column)) scored = alikeValue(columns, scores, column, time, used)
    if (scored === null && !columns.kind && known(column)) scored = unprovedValue(columns, column, time, used)
    if (scored === null) continue
    const rank = scored.rank + (usual(column) ? usualBits : 0)
    if (rank + scored.idle / 2 < leastValueBits || rank <= most) continue
    best = scored.value
    most = rank
  }
  return best
}

/** Bits that nearness must save against noise, where records of other kinds have values. */
const leastNearBits = 12

/**
 * A value of few records, or of people in any order, shows nothing by its steps. Where others of the format have values, it
 * is enough that its numbers are near each other.
 */
function alikeValue(
  columns: ValueColumns,
  scores: RecordScores,
  column: Column,
  time: Column,
  used: readonly number[],
): Scored | null {
  if (stepsKnown(scores, column, used) === null || isSameToken(column, time, used)) return null
  const values = used.map((at) => column.values[at]!)
  const near = nearnessOf(values)
  if (
    near < leastNearBits ||
    followsTime(
      values,
      used.map((at) => time.values[at]!),
    )
  )
    return null
  const placeBits = besideBits(column, time, columns.places) + (columns.crossings.get(column) ?? 0)
  return { value: { column, evidence: near / 2, counts: false, placeBits }, rank: near / 2 - placeBits, idle: 0 }
}

function scoredValue(
  { source, crossings, places }: ValueColumns,
  scores: RecordScores,
  column: Column,
  time: Column,
  times: readonly number[],
  used: readonly number[],
): Scored | null {
  const steps = stepsKnown(scores, column, used)
  if (steps === null || steps.evidence < leastValueBits) return null
  if (isSameToken(column, time, used) || reachesOver(column, time, places, used)) return null
  const values = used.map((at) => column.values[at]!)
  if (column.field.as === 'binary' && column.field.width === 2 && isOfOneByte(values)) return null
  if (followsTime(values, times) || isDigit(source, column, used)) return null
  const climbs = steps.rises && !steps.counts
  if ((climbs || steps.evidence < used.length + 7) && isHighByte(source, column, time, used, climbs)) return null
  const placeBits = besideBits(column, time, places) + (crossings.get(column) ?? 0)
  // What only counts says nothing that the order of records does not say: any other value comes first.
  const idle = (steps.counts ? 5 : steps.climbs ? 1 : 0) * (used.length - 1)
  const value: Value = { column, evidence: steps.evidence, counts: steps.counts, placeBits }
  return { value, rank: steps.evidence - placeBits - idle, idle }
}

/** How far apart the numbers of people are, at most. */
const mostApart = 12

/**
 * A few who take turns prove nothing by their order. Where the other records have their values, numbers that are near each
 * other are values as well: any others would be spread over all that a byte can hold.
 */
function unprovedValue(
  { source, crossings, places }: ValueColumns,
  column: Column,
  time: Column,
  used: readonly number[],
): Scored | null {
  const values = used.map((at) => column.values[at]!)
  const changes = values.filter((value, at) => at > 0 && value !== values[at - 1]).length
  // NaN is not near anything.
  if (!(Math.max(...values) - Math.min(...values) <= mostApart) || changes < (values.length - 1) / 2) return null
  if (reachesOver(column, time, places, used) || isHighByte(source, column, time, used, false)) return null
  const placeBits = besideBits(column, time, places) + (crossings.get(column) ?? 0)
  const value: Value = { column, evidence: leastValueBits, counts: false, placeBits }
  return { value, rank: leastValueBits - placeBits, idle: 0 }
}

/** Whether what lies between marker, time and value goes over into the next record: then they are not of one. */
function reachesOver(value: Column, time: Column, places: Int32Array, used: readonly number[]): boolean {
  let over = 0
  let last = -1
  for (const at of used) {
    const start = value.starts[at]!
    if (start < 0) continue
    if (Math.min(places[at]!, time.starts[at]!, start) <= last) over++
    last = Math.max(places[at]!, time.starts[at]!, start)
  }
  return over > Math.max(1, used.length * 0.1)
}

/** Whether one of two bytes is the same in all, so that the other says as much. */
function isOfOneByte(values: readonly number[]): boolean {
  const upper = values[0]! >> 8
  const lower = values[0]! & 255
  return (
    (upper !== 0 && values.every((value) => value >> 8 === upper)) || values.every((value) => (value & 255) === lower)
  )
}

/** Whether a digit of a number in text is among these bytes: another field reads it as such. */
function isDigit({ bytes }: Source, { field, starts }: Column, used: readonly number[]): boolean {
  if (field.as !== 'binary') return false
  for (let byte = 0; byte < field.width; byte++) {
    let digits = 0
    for (const at of used) {
      const code = bytes[starts[at]! + byte]!
      if (code >= 48 && code <= 57) digits++
    }
    if (digits > used.length * 0.95) return true
  }
  return false
}

/** Whether this byte is the upper part of a number whose lower part is noise: small, but no value that steps. */
function isHighByte({ bytes }: Source, column: Column, time: Column, used: readonly number[], rises: boolean): boolean {
  if (column.field.as !== 'binary' || time.field.as !== 'binary') return false
  const last = column.field.width - 1
  const width = time.field.width
  const isNoise = (shift: number): boolean => {
    const seen = new Set<number>()
    for (const at of used) {
      const place = column.starts[at]! + shift + (shift > 0 ? last : 0)
      const start = time.starts[at]!
      if (place < 0 || (place >= start && place < start + width)) return false
      seen.add(bytes[place] ?? -1)
    }
    // Of n bytes of noise so many are different.
    return seen.size > 0.8 * 256 * (1 - (255 / 256) ** used.length)
  }
  const shift = time.field.little ? -1 : 1
  // Noise that goes on is what lies between records, or a check sum: unless the number never falls, as places in a file do.
  const isLower = (way: number) => isNoise(way) && !isNoise(2 * way)
  return (rises ? isNoise(shift) : isLower(shift)) || isLower(-shift)
}

/** What it costs that ends of lines or braces stand between: what lies behind them is of another record, mostly. */
export function crossingBits(source: Source, pattern: Pattern, column: Column): number {
  let edges = 0
  let records = 0
  for (let at = 0; at < pattern.places.length && records < 16; at++) {
    const start = column.starts[at]!
    const place = pattern.places[at]!
    if (start < 0) continue
    records++
    // What is in the record has nothing of others before it.
    if (recordOf(source, pattern, at) >= 0) continue
    const between =
      start < place
        ? source.text.slice(start, place + pattern.length)
        : source.text.slice(place + pattern.length, start)
    edges += between.match(/\n|[{}]|\/>|[;\0](?=.*[;\0])/g)?.length ?? 0
  }
  return records === 0 ? 0 : (edges / records) * 6
}

/** How usual a place is for a field: behind the marker and near it. */
export function fieldBits(field: Field): number {
  if (field.as === 'binary') {
    return (field.offset < 0 ? 1 : 0) + Math.abs(field.offset) * 0.1 + anchorBits(field) + (field.width - 1) * 0.5
  }
  if (field.as === 'token') return (field.ordinal < 0 ? 3 : 0) + Math.abs(field.ordinal)
  if (field.as === 'member' || field.as === 'cell') return 2
  if (field.as === 'line') return 5 + Math.abs(field.ordinal) * 0.5
  return 3 + (field.side === 'before' ? 3 : 0)
}

function anchorBits(field: Field): number {
  return field.as !== 'binary' || field.anchor.from === 'marker' ? 0 : 4
}

/** How usual it is that a value stands there when the time stands here: beside it, on the same side of the marker. */
function besideBits(value: Column, time: Column, places: Int32Array): number {
  const at = value.starts.findIndex((start, index) => start >= 0 && time.starts[index]! >= 0)
  if (at < 0) return 20
  const mine = value.starts[at]!
  const other = time.starts[at]!
  const place = places[at]!
  const away = value.field.as === 'binary' ? Math.min(3, Math.abs(mine - other) * 0.1) : fieldBits(value.field)
  return away + anchorBits(value.field) + (mine < place !== other < place ? 2 : 0)
}
