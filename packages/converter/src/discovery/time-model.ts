// The third pass: are these the times of something that people did? They grow, unevenly, and fit into the recording. What
// that saves in bits, against bytes of no meaning, is the evidence.

import { byteColumnBits, log2Choose, log2Factorial, log2Sorted, longestGrowth } from './evidence.ts'
import type { Column } from './field.ts'
import { stepBits } from './step-model.ts'

export type TimeUnit = 's' | 'ms' | 'us' | '100ns'

export const ticksPerMs: Record<TimeUnit, number> = { s: 1e-3, ms: 1, us: 1e3, '100ns': 1e4 }

export type TimeFit = {
  column: Column
  unit: TimeUnit
  /** Whether the values are times as they stand; else they count from something that is not known yet. */
  fromZero: boolean
  /** Records that are explained, ascending. */
  used: number[]
  /** What this saves, of all that these bytes cost: the way to choose between units and widths. */
  bits: number
  /** What of this cannot be chance even in data that is even, like sound: that they are sorted, and fill the recording. */
  evidence: number
  /** What it costs that other records stand between the marker and this. */
  crossing: number
  /** What it costs that they end long before the recording does. */
  short: number
  /** Faster than anybody acts: frames of a medium. */
  dense: boolean
}

/** The way in which times are written. */
export function clockOf({ unit, fromZero, column: { field, form } }: TimeFit): string {
  return `${unit} ${form} ${fromZero} ${field.as === 'binary' ? `${field.little} ${field.float}` : ''}`
}

const unitsOf: Record<Column['form'], TimeUnit[]> = {
  binary: ['ms', 's', 'us', '100ns'],
  whole: ['ms', 's', 'us', '100ns'],
  float: ['s', 'ms'],
  decimal: ['s', 'ms'],
  clock: ['ms'],
  date: ['ms'],
}

/** Without the length of the recording: what an event may last, and what is usual. */
const longestMs = 12 * 3_600_000
const usualMs = 40 * 60_000
const leastGapMs = 500
/** Slower than this between records, in ticks, is a counter of records. */
const leastTicks = 2.5
/** What it costs that two are at the same time: nobody does two things at once. */
const repeatBits = 8
/** Chance markers among the true ones are few: fewer than this share, whatever is left is chance itself. */
export const leastShare = 0.7

export function timeFits(column: Column, bytes: Uint8Array, durationMs: number | null): TimeFit[] {
  const fits: TimeFit[] = []
  const whole = longestGrowth(column.values)
  if (whole.length < 4 || whole.length < column.values.length * leastShare) return fits
  // In most units all that grows is used: what is asked of it is the same in each.
  const grown: Grown = {
    whole,
    isShared: onceForWhole(whole, (used) => isShared(column.starts, used)),
    medianGap: onceForWhole(whole, (used) => medianGap(column.values, used)),
  }
  for (const unit of unitsOf[column.form]) {
    for (const fromZero of [true, false]) {
      const fit = timeFit(column, grown, bytes, unit, fromZero, durationMs)
      if (fit !== null) fits.push(fit)
    }
  }
  return fits
}

/** All records that grow, and what is asked of those that are used. */
type Grown = {
  whole: number[]
  isShared(used: number[]): boolean
  medianGap(used: number[]): number
}

function onceForWhole<T>(whole: readonly number[], of: (used: number[]) => T): (used: number[]) => T {
  let known: T | undefined
  return (used) => {
    if (used !== whole) return of(used)
    known ??= of(used)
    return known
  }
}

function timeFit(
  column: Column,
  { whole, ...grown }: Grown,
  bytes: Uint8Array,
  unit: TimeUnit,
  fromZero: boolean,
  durationMs: number | null,
): TimeFit | null {
  const { values } = column
  const limit = ((durationMs ?? longestMs) + 1_000) * ticksPerMs[unit]
  const base = Number(column.base)
  const inside = fromZero ? insideOf(values, base, limit) : values
  if (inside === null) return null
  const chain = inside === values ? whole : longestGrowth(inside)
  const used = fromZero ? chain : longestWithin(values, chain, limit)
  if (used.length < 4 || used.length < values.length * leastShare) return null
  if (grown.isShared(used) || isShifted(column, bytes, used, ticksPerMs[unit])) return null
  if (growsOn(values, used, whole)) return null
  const from = values[used[0]!]!
  const to = values[used.at(-1)!]!
  const reach = fromZero ? base + to : to - from
  if (reach <= 0 || used.length < 2 || to === from) return null
  const dense = (to - from) / ticksPerMs[unit] < leastGapMs * (used.length - 1)
  const median = grown.medianGap(used)
  if (!dense && median / ticksPerMs[unit] < leastGapMs / 2) return null
  if (median < leastTicks && column.form !== 'float' && column.form !== 'decimal') return null
  if (column.form === 'float' && !(Math.abs(to) > 1e-3)) return null
  const repeated = repeats(values, used, ticksPerMs[unit])
  if (repeated > Math.max(1, used.length * 0.1)) return null
  if (!fromZero && unit !== 's' && Math.abs(base + from) < limit / 1e4) return null
  if (fallsBack(column, used, Math.max(fromZero ? -base : from, -Infinity), fromZero ? limit - base : to)) return null
  if (dense && column.form !== 'binary') return null
  const choice = log2Choose(values.length, used.length)
  const grain = grainOf(column, used, unit)
  const nulls = nullBits(column, bytes, used, grain)
  const gross =
    mostSaved(nulls, (coarser) =>
      modelBits(column, used, unit, limit, reach, fromZero, durationMs, Math.max(grain, coarser)),
    ) -
    choice -
    repeatBits * repeated
  // Zeros are everywhere: that one stands there explains nothing.
  const zeros = used.filter((at) => isZero({ column, unit }, at)).length
  const bits = gross - (zeros * Math.max(0, gross)) / used.length
  const short = shortBits(limit, reach)
  const evidence = log2Factorial(used.length) - choice - short
  return { column, unit, fromZero, used, bits, evidence: Math.min(bits, evidence), crossing: 0, short, dense }
}

/** Whether the time of this record is none but zero, or less than can be told from it. */
export function isZero({ column, unit }: Pick<TimeFit, 'column' | 'unit'>, at: number): boolean {
  return Number(column.base) + column.values[at]! < Math.max(1, ticksPerMs[unit])
}

/** Without what lies outside the recording; null if that is most. */
function insideOf(values: Float64Array, base: number, limit: number): Float64Array | null {
  let outside = 0
  for (const value of values) if (!(base + value >= 0 && base + value <= limit)) outside++
  if (outside > values.length * 0.7) return null
  return outside === 0
    ? values
    : values.map((value) => (base + value >= 0 && base + value <= limit ? value : Number.NaN))
}

/** Whether what was left out goes on growing beyond the end: then the unit is another. */
function growsOn(values: Float64Array, used: readonly number[], whole: readonly number[]): boolean {
  const out = values.length - used.length
  return out >= 4 && whole.length - used.length > 0.6 * out
}

/** Whether several markers of one record lead to the same time. */
function isShared(starts: Int32Array, used: readonly number[]): boolean {
  let shared = 0
  for (let at = 1; at < used.length; at++) if (starts[used[at]!] === starts[used[at - 1]!]) shared++
  return shared > used.length * 0.05
}

/** Whether the lowest byte is the same in all: the number ends before it, and this is a finer unit by chance. */
function isShifted(
  { field, starts, values }: Column,
  bytes: Uint8Array,
  used: readonly number[],
  perMs: number,
): boolean {
  if (field.as !== 'binary' || field.float || field.width < 2 || used.length < 6) return false
  const lowest = field.little ? 0 : field.width - 1
  const first = bytes[starts[used[0]!]! + lowest]
  if (used.some((at) => bytes[starts[at]! + lowest] !== first)) return false
  // Of whole ms, as beats are, it may be the same in finer units as well.
  return perMs <= 1 || used.some((at) => (values[at]! - values[used[0]!]!) % perMs !== 0)
}

/** How often two that follow each other are the same to the millisecond. */
function repeats(values: Float64Array, used: readonly number[], perMs: number): number {
  let same = 0
  for (let at = 1; at < used.length; at++) if (values[used[at]!]! - values[used[at - 1]!]! < perMs / 2) same++
  return same
}

function medianGap(values: Float64Array, used: readonly number[]): number {
  const gaps = new Float64Array(used.length - 1)
  for (let at = 1; at < used.length; at++) gaps[at - 1] = values[used[at]!]! - values[used[at - 1]!]!
  return gaps.sort()[gaps.length >> 1] ?? 0
}

/** The longest part of a growing chain that spans no more than `limit`. */
function longestWithin(values: Float64Array, chain: number[], limit: number): number[] {
  let best = 0
  let bestFrom = 0
  for (let from = 0, to = 0; from < chain.length; from++) {
    while (to < chain.length && values[chain[to]!]! - values[chain[from]!]! <= limit) to++
    if (to - from <= best) continue
    best = to - from
    bestFrom = from
  }
  return best === chain.length ? chain : chain.slice(bestFrom, bestFrom + best)
}

/** Whether records were left out that look like times of the same clock, only earlier than they should be. */
function fallsBack(column: Column, used: readonly number[], from: number, to: number): boolean {
  if (used.length === column.values.length) return false
  const chosen = new Set(used)
  let within = 0
  let without = 0
  column.values.forEach((value, at) => {
    // Zero is what stands where no time was written.
    if (chosen.has(at) || Number.isNaN(value) || Number(column.base) + value === 0) return
    if (value >= from && value <= to) within++
    else without++
  })
  if (within === 0) return false
  // How often chance bytes after a chance marker would lie there; numbers in text are no chance.
  const { field } = column
  const binary = field.as === 'binary'
  const chance = binary ? Math.min(0.9, Math.max((to - from) / 2 ** (8 * Math.min(6, field.width)), 0.001)) : 0.02
  return within * Math.log2(0.9 / chance) + without * Math.log2(0.1 / (1 - chance)) > 6
}

/**
 * What times save against values of no meaning. Their lowest bytes may be taken as they are: a clock that beats shows few
 * different ones, and is a clock all the same.
 */
function mostSaved(nulls: readonly number[], model: (coarser: number) => number): number {
  let most = Number.NEGATIVE_INFINITY
  let upper = nulls.reduce((sum, bits) => sum + bits, 0)
  for (let lowest = 0; lowest < Math.max(1, nulls.length - 1); lowest++) {
    most = Math.max(most, upper - model(256 ** lowest))
    upper -= nulls[nulls.length - 1 - lowest]!
  }
  return most
}

/** What the values cost if they mean nothing: each byte, the most significant first, or all at once where they are text. */
function nullBits(column: Column, bytes: Uint8Array, used: readonly number[], grain: number): number[] {
  const { field, values } = column
  if (field.as !== 'binary') {
    let least = Number.POSITIVE_INFINITY
    let most = Number.NEGATIVE_INFINITY
    for (const at of used) {
      least = Math.min(least, values[at]!)
      most = Math.max(most, values[at]!)
    }
    return [used.length * Math.log2((most - least) / grain + 1) + Math.log2(Math.abs(Number(column.base) + most) + 1)]
  }
  const costs: number[] = []
  for (let place = 0; place < field.width; place++) {
    const byte = field.little ? field.width - 1 - place : place
    const values = used.map((at) => bytes[column.starts[at]! + byte]!)
    const cost = byteColumnBits(values)
    // It may be a counter: what only counts up costs little, and is no sign of a time.
    costs.push(Math.min(cost, climbBits(values)))
  }
  // The bytes of a float are no digits of it.
  return field.float ? [costs.reduce((sum, bits) => sum + bits, 0)] : costs
}

function climbBits(values: readonly number[]): number {
  return values.reduce((sum, value, at) => sum + (at === 0 ? 8 : stepBits(value - values[at - 1]!)), 0)
}

/** What they cost as times, spread anyhow over the recording: sorted, so that only which times counts, not their order. */
function modelBits(
  column: Column,
  used: readonly number[],
  unit: TimeUnit,
  limit: number,
  reach: number,
  fromZero: boolean,
  durationMs: number | null,
  grain: number,
): number {
  const { form, field } = column
  const count = used.length
  const spread = (span: number) => log2Sorted(count, Math.max(1, span / grain))
  // Most recordings are used until near their end; some are not, which costs what it is improbable.
  const part = spread(reach * 1.02) + 2 + shortBits(limit, reach)
  const rare =
    durationMs === null ? 1.5 * Math.abs(Math.log2(reach / ticksPerMs[unit] / usualMs)) + spread(reach * 1.02) : 0
  let bits = durationMs === null ? rare : Math.min(spread(limit), part)
  if (form === 'float' && grain < 1e-4) bits += count * 3
  if (!fromZero) bits += field.as === 'binary' ? absoluteBits(column, field.width, unit, reach) : 12
  // A clock that shows less than it could is less usual, but for whole milliseconds.
  if (form === 'whole') bits += Math.max(0, 3 * Math.log10(grain / ticksPerMs[unit]))
  return bits
}

/** What it costs that the last record is far from the end of the recording. */
function shortBits(limit: number, reach: number): number {
  return 4 * Math.log2(limit / Math.max(reach, 1))
}

/** What a start costs that is not zero: less where it is a date of our times. */
function absoluteBits(column: Column, width: number, unit: TimeUnit, reach: number): number {
  const ms = (Number(column.base) + (column.values.find((value) => !Number.isNaN(value)) ?? 0)) / ticksPerMs[unit]
  const since1970 = ms > 8e11 && ms < 2.5e12
  const since1601 = unit === '100ns' && ms > 12.4e12 && ms < 14.2e12
  const since1 = unit === '100ns' && ms > 62.9e12 && ms < 64.7e12
  // That it is one is as good as a marker.
  if (since1970 || since1601 || since1) return datedBits
  // A start anywhere that the field has room for, less what it says already of where the first record is.
  return Math.max(datedBits, 8 * width - Math.log2(Math.max(2, reach))) + undatedBits
}

const datedBits = 6
const undatedBits = 14

/** Ticks between values that can be told apart: clocks of fine units often show whole milliseconds only, or seconds. */
function grainOf(column: Column, used: readonly number[], unit: TimeUnit): number {
  const { values, form } = column
  const first = values[used[0]!]!
  const perMs = ticksPerMs[unit]
  if (form === 'float' || form === 'decimal') {
    const float32 = column.field.as === 'binary' && column.field.width === 4
    const slack = float32 ? 0.26 : 0.02
    const whole = used.every((at) => {
      const ms = values[at]! / perMs
      return Math.abs(ms - Math.round(ms)) < slack
    })
    return whole ? perMs : perMs / (float32 ? 16 : 2 ** 20)
  }
  const coarse = [1e3, 100, 10, 1, 1e-3].map((ms) => ms * perMs).filter((ticks) => ticks > 1 && used.length > 5)
  return coarse.find((ticks) => used.every((at) => (values[at]! - first) % ticks === 0)) ?? 1
}

/** Whether times are even, and what that saves: records off the beat are of another kind, and should not be among them. */
export function beatBits(timesMs: readonly number[]): { even: boolean; bits: number } {
  if (!isEven(timesMs)) return { even: false, bits: 0 }
  const gaps = timesMs.slice(1).map((time, at) => time - timesMs[at]!)
  const usual = gaps.toSorted((a, b) => a - b)[gaps.length >> 1]!
  const off = gaps.map((gap) => Math.abs(gap - usual)).sort((a, b) => a - b)[gaps.length >> 1]!
  const each = Math.min(6, Math.max(3, -Math.log2((off + 1) / Math.max(1, usual)) - 1))
  const onBeat = gaps.map((gap) => Math.abs(gap - usual * (gap > 1.5 * usual ? 2 : 1)) < 0.12 * usual)
  let on = 0
  for (let at = 0; at < timesMs.length; at++) if (onBeat[at - 1] || onBeat[at]) on++
  return { even: true, bits: each * on - offBeatBits * (timesMs.length - on) }
}

const offBeatBits = 10

/** Whether a clock did this: heartbeats and meters are even, what people do is not. */
function isEven(timesMs: readonly number[]): boolean {
  const gaps = timesMs.slice(1).map((time, at) => time - timesMs[at]!)
  if (gaps.length < 3) return true
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  const median = [...gaps].sort((a, b) => a - b)[gaps.length >> 1]!
  // Beats that are missing make a gap of several periods; most gaps are of one, else it is a coarse clock that people went by.
  const beatsOf = (gap: number) => Math.max(1, Math.round(gap / median))
  const onBeat = gaps.filter((gap) => beatsOf(gap) <= 6 && Math.abs(gap - beatsOf(gap) * median) < 0.12 * median)
  const single = onBeat.filter((gap) => beatsOf(gap) === 1)
  return deviation < 0.18 * mean || (onBeat.length > 0.7 * gaps.length && single.length > 0.55 * gaps.length)
}
