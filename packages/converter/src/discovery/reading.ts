// One way to read the records of a pattern: which field is the time, which the value, which records belong together.

import { type ClockVote, clockVote, timePlace } from './clock-vote.ts'
import { inCompany } from './company.ts'
import { leastBits, leastBitsOfRelative } from './evidence.ts'
import { type Column, columnOf, type Field, isElsewhere, type Source } from './field.ts'
import { growingBehindText, growingFields } from './growth.ts'
import { kindsApart } from './kinds-apart.ts'
import { besideKinds } from './kinds-beside.ts'
import { tokenFrom } from './number-token.ts'
import type { Pattern } from './pattern.ts'
import { membersOf } from './text-members.ts'
import { beatBits, clockOf, type TimeFit, ticksPerMs, timeFits } from './time-model.ts'
import {
  bestValue,
  crossingBits,
  fieldBits,
  isAmong,
  isMostly,
  leastValueBits,
  stepsIn,
  type Usual,
  type Value,
  type ValueColumns,
  valueColumns,
} from './value-column.ts'

export type Reading = {
  pattern: Pattern
  time: TimeFit
  /** All records that the time explains, or kinds of them, where one field tells kinds apart. */
  parts: Part[]
  /** Fields that may be values; none where values are not looked for. */
  columns: ValueColumns | null
  /** Records that other readings show to be beats of a clock. */
  beats?: ReadonlySet<number>
}

export type Part = {
  /** Records of the pattern, ascending. */
  used: number[]
  /** The field that tells these records from others of the pattern, and what it holds. */
  only: { column: Column; value: number } | null
  value: Value | null
  /** Whether a clock made them, not people. */
  even: boolean
  /** Bits that understanding them saves. */
  saved: number
  /** Too few of a kind to show anything by themselves: believed if the others are, and if they look like them. */
  rest: boolean
}

export type ReadingLimits = { durationMs: number | null; distance: number }

const leastTimeBits = 3
/** Bits a record that a value may be worth at most. */
const mostOfSteps = 5
const mostTimes = 3

/** Patterns that read the same times; the first few say all that can be said of these records. */
const mostOfAKind = 2
const mostWithoutValue = 8
const mostDivided = 600

export function readingsOf(source: Source, patterns: readonly Pattern[], limits: ReadingLimits): Reading[] {
  const timed = timedPatterns(source, patterns, limits)
  const vote = clockVote(timed.flatMap(({ fits }) => fits))
  const valued = new Map<string, number>()
  const idle = new Map<string, number>()
  return timed.flatMap(({ pattern, texts, slow, fits }) =>
    chosenTimes(fits, vote).flatMap((time) => {
      const key = keyOf(time)
      const idleKey = `${key} ${pattern.places.length}`
      if ((valued.get(key) ?? 0) >= mostOfAKind || (idle.get(idleKey) ?? 0) >= mostWithoutValue) return []
      const { pattern: kept, time: fit } = withoutStrangers(source, pattern, time, limits)
      if (fit === null) return []
      const { dense } = time
      const readings = readingsOfTimes(source, kept, texts, [fit], slow, limits)
      if (dense || readings.some(({ parts }) => parts.some((part) => part.value !== null))) {
        valued.set(key, (valued.get(key) ?? 0) + 1)
      } else idle.set(idleKey, (idle.get(idleKey) ?? 0) + 1)
      return readings
    }),
  )
}

/** A pattern with all that may be its times, the best first. */
type TimedPattern = { pattern: Pattern; texts: readonly Field[]; slow: ReadonlySet<number>; fits: TimeFit[] }

function timedPatterns(source: Source, patterns: readonly Pattern[], limits: ReadingLimits): TimedPattern[] {
  const haystack = Buffer.from(source.bytes.buffer, source.bytes.byteOffset, source.bytes.byteLength)
  const common = new Map<string, Int32Array>()
  let divisions = 0
  const timed = (given: Pattern): TimedPattern[] => {
    const texts = textFields(source, given)
    const { fits: found, slow } = timesOf(source, given, texts, limits)
    const pattern = found.length === 0 ? given : besideKinds(haystack, common, given)
    const fits = found.filter(({ column }) => pattern.among === given.among || !isElsewhere(column, pattern))
    if (
      fits.length === 0 &&
      pattern.length >= 4 &&
      pattern.places.length >= 12 &&
      divisions < mostDivided &&
      !pattern.divided &&
      !pattern.kind
    ) {
      if (isTextual(source, pattern)) return []
      divisions++
      return kindsApart(source, pattern, limits.distance).flatMap(timed)
    }
    return fits.length === 0 ? [] : [{ pattern, texts, slow, fits }]
  }
  return patterns.flatMap(timed)
}

/** A clock by which this much less of the records around is timed is not that of the format. */
const leastVote = 0.6

/** The few best that do not overlap, by a clock that times the records around as well. */
function chosenTimes(fits: readonly TimeFit[], vote: ClockVote): TimeFit[] {
  const starts = fits.flatMap((fit) => [timePlace(fit, fit.used[0]!), timePlace(fit, fit.used.at(-1)!)])
  const [from, to] = [Math.min(...starts), Math.max(...starts)]
  const votes = fits.map((fit) => (fit.dense ? 0 : vote(clockOf(fit), from, to)))
  const most = Math.max(...votes)
  const times: TimeFit[] = []
  fits.forEach((fit, index) => {
    if (times.length > mostTimes || (!fit.dense && votes[index]! < most * leastVote)) return
    if (!times.some((time) => overlap(time.column, fit.column))) times.push(fit)
  })
  return times
}

/** Without records that are none, the times are judged anew: one that strayed may have made them look as they should. */
function withoutStrangers(
  source: Source,
  pattern: Pattern,
  time: TimeFit,
  limits: ReadingLimits,
): { pattern: Pattern; time: TimeFit | null } {
  const { column, dense, used, unit, fromZero, crossing } = time
  if (dense || column.field.as !== 'binary') return { pattern, time }
  const own = inCompany(source.bytes, pattern, used)
  if (own.length === used.length) return { pattern, time }
  const kept = { ...pattern, places: Int32Array.from(own, (at) => pattern.places[at]!) }
  const fits = timeFits(columnOf(source, kept, column.field), source.bytes, limits.durationMs)
  const fit = fits.find((each) => each.unit === unit && each.fromZero === fromZero)
  return { pattern: kept, time: fit === undefined || fit.bits < leastTimeBits ? null : { ...fit, crossing } }
}

/** The same for readings of the same times. */
function keyOf({ column, used, unit }: TimeFit): string {
  const end = (at: number) =>
    column.starts[at]! + (column.field.as === 'binary' && !column.field.little ? column.field.width : 0)
  return `${unit} ${column.form} ${used.length} ${end(used[0]!)} ${end(used.at(-1)!)}`
}

function readingsOfTimes(
  source: Source,
  pattern: Pattern,
  texts: readonly Field[],
  times: readonly TimeFit[],
  slow: ReadonlySet<number>,
  limits: ReadingLimits,
): Reading[] {
  return times.flatMap((time): Reading[] => {
    if (time.dense) {
      const part: Part = {
        used: time.used,
        only: null,
        value: null,
        even: true,
        saved: 3 * time.used.length,
        rest: false,
      }
      return time.evidence > 60 ? [{ pattern, time, parts: [part], columns: null }] : []
    }
    const columns = valueColumns(source, pattern, limits.distance, slow, texts, time.column)
    return [{ pattern, time, parts: partsOf(columns, time), columns }]
  })
}

function timesOf(source: Source, pattern: Pattern, texts: readonly Field[], limits: ReadingLimits) {
  const found: { fit: TimeFit; rank: number }[] = []
  // Few records of a long marker are believed if others are timed by the same clock.
  const least = pattern.length >= 5 || pattern.kind ? leastBitsOfRelative : leastBits(pattern)
  const consider = (field: Field) => {
    const column = columnOf(source, pattern, field)
    if (isElsewhere(column, pattern) || dividesBy(field, pattern)) return
    if (isAmong(column, pattern.counters?.times)) return
    if (field.as === 'binary' ? isDigits(source, column) : !mostlyGrows(column)) return
    const crossing = field.as === 'binary' ? 0 : crossingBits(source, pattern, column)
    const places = fieldBits(field) + crossing
    for (const fit of timeFits(column, source.bytes, limits.durationMs)) {
      const rank = fit.bits - places
      const most = fit.evidence + mostOfSteps * fit.used.length
      if (rank > leastTimeBits && most >= least) found.push({ fit: { ...fit, crossing }, rank })
    }
  }
  for (const field of texts) consider(field)
  const textual = pattern.kind === true || isTextual(source, pattern)
  const growing = textual ? { fields: [], slow: new Set<number>() } : growingFields(source, pattern, limits.distance)
  const { rowSize } = pattern
  for (const field of growing.fields) {
    if (rowSize === undefined || (field.offset >= 0 && field.offset + field.width <= rowSize)) consider(field)
  }
  if (!textual && rowSize === undefined)
    for (const field of growingBehindText(source, pattern, limits.distance)) consider(field)
  found.sort((a, b) => b.rank - a.rank)
  const clocks = new Map<string, TimeFit[]>()
  const ranked = found.map(({ fit }) => fit)
  const beyond = new Set(ranked.filter((fit) => ranked.some((other) => isBeyond(fit, other))))
  const fits = ranked.filter((fit, _, all) => {
    const same = clocks.get(clockOf(fit)) ?? []
    clocks.set(clockOf(fit), same)
    const enough = same.length >= mostTimes && beyond.has(fit)
    if (enough || same.some((other) => overlap(other.column, fit.column))) return false
    if (all.some((other) => isCut(fit, other))) return false
    same.push(fit)
    return true
  })
  return { fits, slow: growing.slow }
}

/** Whether these records were chosen by a byte of this number: so chosen, any numbers grow. */
function dividesBy(field: Field, { divided: by }: Pattern): boolean {
  if (by === undefined || field.as !== 'binary' || field.anchor.from !== by.from) return false
  return by.offset >= field.offset && by.offset < field.offset + field.width
}

/** Without numbers by their count in the record that are mostly those of a name: else something came between. */
function withoutMixed(source: Source, pattern: Pattern, texts: readonly Field[]): Field[] {
  const named = texts
    .filter(({ as }) => as === 'member' || as === 'cell')
    .map((field) => columnOf(source, pattern, field))
  return texts.filter((field) => {
    if (field.as !== 'line') return true
    const column = columnOf(source, pattern, field)
    return !named.some((other) => isMostly(column, other))
  })
}

/** What a number with all its bytes may explain less than without the lowest: they look like noise either way. */
const cutBits = 6

/** Whether a time is the upper part of a longer one that lasts as long and explains as much: numbers have all their bytes. */
function isCut(fit: TimeFit, longer: TimeFit): boolean {
  const [a, b] = [fit.column.field, longer.column.field]
  if (a.as !== 'binary' || b.as !== 'binary' || a.float || b.float || a.little !== b.little) return false
  if (b.width <= a.width || longer.short > fit.short + 1 || longer.bits < fit.bits - cutBits) return false
  if (longer.used.length < fit.used.length) return false
  const end = ({ offset, width }: typeof a) => offset + width
  const same = JSON.stringify(a.anchor) === JSON.stringify(b.anchor)
  return same && (a.little ? end(a) === end(b) && b.offset < a.offset : a.offset === b.offset && end(b) > end(a))
}

/** A nearer time that says this much of what the farther does is as good a time: it has an edge less, or a zero. */
const leastOfBeyond = 0.8

/** Whether another time of the same clock stands between the marker and this one: it is that of the next record, or the last. */
function isBeyond(fit: TimeFit, nearer: TimeFit): boolean {
  const [a, b] = [fit.column.field, nearer.column.field]
  if (a.as !== 'binary' || b.as !== 'binary' || a.anchor.from !== 'marker' || b.anchor.from !== 'marker') return false
  const between = b.offset < 0 ? a.offset + a.width <= b.offset : a.offset >= b.offset + b.width
  if (!between || clockOf(fit) !== clockOf(nearer)) return false
  return nearer.bits >= fit.bits * leastOfBeyond && nearer.used.length >= fit.used.length * leastOfBeyond
}

/** Whether the marker stands amid text: there are no binary fields. */
function isTextual({ bytes }: Source, pattern: Pattern): boolean {
  const count = Math.min(12, pattern.places.length)
  let letters = 0
  let all = 0
  for (let sample = 0; sample < count; sample++) {
    const place = pattern.places[Math.floor((sample * pattern.places.length) / count)]!
    for (let at = Math.max(0, place - 12); at < Math.min(bytes.length, place + pattern.length + 12); at++) {
      const byte = bytes[at]!
      all++
      if ((byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13) letters++
    }
  }
  return letters > all * 0.95
}

function overlap(a: Column, b: Column): boolean {
  const width = (each: Column) => (each.field.as === 'binary' ? each.field.width : 4)
  for (let at = 0; at < a.starts.length; at++) {
    const [one, other] = [a.starts[at]!, b.starts[at]!]
    if (one >= 0 && other >= 0) return one < other + width(b) && other < one + width(a)
  }
  return false
}

/** Digits sort like numbers, so text of a fixed width grows as if it were binary: it is not. */
function isDigits(source: Source, column: Column): boolean {
  const width = column.field.as === 'binary' ? column.field.width : 0
  let digits = 0
  let all = 0
  for (const start of column.starts.subarray(0, 24)) {
    for (let byte = 0; byte < width && start >= 0; byte++) {
      const code = source.bytes[start + byte]!
      all++
      if (code >= 45 && code <= 58) digits++
    }
  }
  return digits > all * 0.6 && all > 8
}

function mostlyGrows(column: Column): boolean {
  let rises = 0
  let steps = 0
  let last = Number.NaN
  for (const value of column.values) {
    if (Number.isNaN(value)) continue
    if (!Number.isNaN(last)) {
      steps++
      if (value > last) rises++
    }
    last = value
  }
  return steps >= 3 && rises >= steps * 0.7
}

/** Number tokens around the markers: by how many tokens away, by place in the line, by the name before them. */
function textFields(source: Source, pattern: Pattern): Field[] {
  if (pattern.kind) return withoutMixed(source, pattern, membersOf(source, pattern))
  const { tokens, bytes } = source
  const places = pattern.places
  const count = Math.min(24, places.length)
  const keys = new Map<string, number>()
  let near = 0
  for (let sample = 0; sample < count; sample++) {
    const place = places[Math.floor((sample * places.length) / count)]!
    // A marker that cuts a number in two is none for text.
    if (pattern.length > 0 && cutsNumber(bytes, place + pattern.length)) return []
    if (pattern.length > 0 && digit(bytes[place]) && digit(bytes[place - 1])) return []
    const index = tokenFrom(tokens, place)
    const seen = new Set<string>()
    let close = false
    for (let each = Math.max(0, index - 6); each < Math.min(tokens.starts.length, index + 7); each++) {
      const away = Math.abs(tokens.starts[each]! - place)
      if (away < 64 + pattern.length) close = true
      if (away < 300 && tokens.keys[each] !== '') seen.add(tokens.keys[each]!)
    }
    if (close) near++
    for (const key of seen) keys.set(key, (keys.get(key) ?? 0) + 1)
  }
  if (near < count * 0.7) return []
  const fields: Field[] = []
  // What is known by the shape of its line alone has nothing outside of it.
  if (pattern.length === 0) return [1, 2, 3, 4, 5, 6].map((ordinal) => ({ as: 'line', ordinal }))
  for (const ordinal of [1, 2, 3, 4, 5, -1, -2, -3, -4]) fields.push({ as: 'token', ordinal })
  for (const ordinal of [1, 2, 3, 4, -1, -2, -3]) fields.push({ as: 'line', ordinal })
  for (const [key, times] of keys) {
    if (times < count * 0.5 || fields.length > 40) continue
    fields.push({ as: 'key', key, side: 'after' }, { as: 'key', key, side: 'before' })
  }
  if (count < 12) return fields
  // A few records tell for most fields that no number stands there, or one of other things each time.
  const few = Int32Array.from({ length: 12 }, (_, sample) => places[Math.floor((sample * places.length) / 12)]!)
  const present = (field: Field) => columnOf(source, { ...pattern, places: few }, field).starts.filter((at) => at >= 0)
  return fields.filter((field) => present(field).length >= 5)
}

/** Whether a number goes on before and behind this place, with at most a colon or a point between. */
function cutsNumber(bytes: Uint8Array, place: number): boolean {
  if (!digit(bytes[place])) return false
  const last = bytes[place - 1]
  return digit(last) || ((last === 58 || last === 46 || last === 45 || last === 84) && digit(bytes[place - 2]))
}

function digit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57
}

/** The same with values only in fields of which `foreign` does not say that they are of other records. */
export function readAgain(reading: Reading, foreign: (column: Column) => boolean, usual: Usual): Reading {
  const { columns, time } = reading
  if (columns === null) return reading
  const own = (column: Column) => !foreign(column)
  const left = { ...columns, columns: columns.columns.filter(own), shorts: columns.shorts.filter(own) }
  return { ...reading, parts: partsOf(left, time, usual), columns: left }
}

/** The same with values rather in fields that are the usual ones of other records. */
export function readAlike(reading: Reading, usual: Usual): Reading {
  const { columns, time } = reading
  if (columns === null || ![...columns.columns, ...columns.shorts].some(usual)) return reading
  return { ...reading, parts: partsOf(columns, time, usual) }
}

const never: Usual = () => false
const none: Set<Column> = new Set()
const mostKinds = 10
const mostDivisions = 12
/** Bits that it costs to say that there is another kind of record, and what holds its value. */
const kindBits = 20
/** Bits that telling kinds apart must save, and a little for each record: less could be chance. */
const leastSaved = 20
const leastSavedEach = 0.15

/**
 * The records as one kind, or told apart by a field that holds one of few values, whichever saves more: where the values
 * step better for each kind, this field says of what kind a record is, and is no value itself.
 */
function partsOf(columns: ValueColumns, time: TimeFit, usual: Usual = never): Part[] {
  // The records of one kind are not told apart any more.
  if (columns.kind) return [partOf(columns, time, time.used, null, none, usual)]
  const kinds = new Set<Column>()
  // What counts all records together is irregular in a part of them, and still no value.
  const all = [...columns.columns, ...columns.shorts]
  const counters = new Set(all.filter((column) => stepsIn(columns, column, time.used)?.counts === true))
  const tried = new Set<string>()
  let best: Part[] | null = null
  let bestSaved = 0
  for (const column of [...columns.columns, ...columns.letters]) {
    const groups = groupsBy(column, time.used)
    if (groups === null) continue
    const division = groups.map(([, used]) => `${used.length} ${used[0]} ${used.at(-1)}`).join()
    if (tried.has(division) || tried.size >= mostDivisions) continue
    tried.add(division)
    const without = new Set([column, ...counters])
    const together = partOf(columns, time, time.used, null, without, usual)
    const apart = partsApart(columns, time, groups, column, without, usual)
    if (savedBy(apart) < together.saved + leastSaved + leastSavedEach * time.used.length) continue
    kinds.add(column)
    const saved = savedBy(apart) - sideBits(columns, column, apart)
    if (best !== null && saved <= bestSaved) continue
    best = apart
    bestSaved = saved
  }
  const whole = [partOf(columns, time, time.used, null, kinds, usual)]
  return best !== null && savedBy(best) > savedBy(whole) ? [...best, ...restOf(best, time.used)] : whole
}

/** What it costs that the field that tells kinds apart stands far from the marker, or where values of other records do. */
function sideBits({ places }: ValueColumns, column: Column, parts: readonly Part[]): number {
  const away = (starts: Int32Array) => {
    const at = starts.findIndex((start) => start >= 0)
    return at < 0 ? 0 : starts[at]! - places[at]!
  }
  const own = away(column.starts)
  const values = parts.filter(({ value }) => value !== null)
  const across = values.some(({ value }) => away(value!.column.starts) < 0 !== own < 0)
  return (own < 0 ? 4 : 0) + Math.abs(own) * 0.1 + (across ? 2 : 0)
}

/** The kinds that a column tells apart; where the value of one stands, that of the others mostly does too. */
function partsApart(
  columns: ValueColumns,
  time: TimeFit,
  groups: readonly [number, number[]][],
  column: Column,
  without: ReadonlySet<Column>,
  usual: Usual,
): Part[] {
  const parts = groups.map(([value, used]) => partOf(columns, time, used, { column, value }, without, usual))
  const valued = parts.filter(({ value, even }) => value !== null && !even)
  if (valued.length === 0) return parts
  const surest = valued.reduce((most, part) => (part.value!.evidence > most.value!.evidence ? part : most))
  const alike = parts.map((part) =>
    part === surest || part.value?.column === surest.value!.column
      ? part
      : partOf(columns, time, part.used, part.only, without, (other) => other === surest.value!.column, usual),
  )
  return alike.map((part) => {
    const others = foreignValues(columns, part, alike)
    return others.size === 0
      ? part
      : partOf(columns, time, part.used, part.only, new Set([...without, ...others]), usual)
  })
}

/** The column of these records' values, if it is that of others who show more: a number is the value of one record. */
function foreignValues(columns: ValueColumns, { value, used }: Part, parts: readonly Part[]): Set<Column> {
  if (value === null) return none
  // The value of beats that are numbered is their number, and what else was found to step in them that of others.
  const all = [...columns.columns, ...columns.shorts]
  const numbered = (part: Part) => part.even && all.some((column) => stepsIn(columns, column, part.used)?.counts)
  const own = parts.filter((part) => part.value !== null && part.value.evidence > value.evidence && !numbered(part))
  const places = new Set(own.flatMap((part) => part.used.map((at) => part.value!.column.starts[at]!)))
  const shared = used.filter((at) => places.has(value.column.starts[at]!)).length
  return shared > used.length * 0.4 ? new Set([value.column]) : none
}

function restOf(parts: readonly Part[], used: readonly number[]): Part[] {
  const told = new Set(parts.flatMap((part) => part.used))
  const left = used.filter((at) => !told.has(at))
  const largest = parts.reduce((most, part) => (part.used.length > most.used.length ? part : most))
  if (left.length === 0 || left.length > used.length * 0.2) return []
  return [{ used: left, only: null, value: largest.value, even: false, saved: 0, rest: true }]
}

function savedBy(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.saved, 0)
}

function partOf(
  columns: ValueColumns,
  time: TimeFit,
  used: number[],
  only: Part['only'],
  without: ReadonlySet<Column>,
  usual: Usual,
  known: Usual = usual,
): Part {
  const value = bestValue(columns, time.column, used, without, usual, known)
  // Even times say what the first two say; a counter says what the order of records says.
  const { even, bits } = beatBits(used.map((at) => time.column.values[at]! / ticksPerMs[time.unit]))
  // That a clock's beats are numbered says no more than that they are its beats.
  const idle = value?.counts || even
  const steps = value === null ? 0 : (idle ? leastValueBits : value.evidence) - value.placeBits
  return { used, only, value, even, saved: bits + steps - kindBits, rest: false }
}

function groupsBy(column: Column, used: readonly number[]): [number, number[]][] | null {
  const groups = new Map<number, number[]>()
  for (const at of used) {
    const value = column.values[at]!
    if (Number.isNaN(value)) return null
    const list = groups.get(value)
    if (list !== undefined) list.push(at)
    else if (groups.size >= mostKinds) return null
    else groups.set(value, [at])
  }
  const large = [...groups].filter(([, list]) => list.length >= 4)
  const told = large.reduce((sum, [, list]) => sum + list.length, 0)
  return groups.size < 2 || told < used.length * 0.8 ? null : large
}
