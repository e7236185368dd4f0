// The third pass: are these the times of something that people did? They grow, unevenly, and fit into the recording. What
// that saves in bits, against bytes of no meaning, is the evidence.

import { byteColumnBits, log2Choose, log2Factorial, longestGrowth } from './evidence.ts'
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
  /** Faster than anybody acts: frames of a medium. */
  dense: boolean
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
/** Chance markers among the true ones are few: fewer than this share, whatever is left is chance itself. */
export const leastShare = 0.7

export function timeFits(column: Column, bytes: Uint8Array, durationMs: number | null): TimeFit[] {
  const fits: TimeFit[] = []
  for (const unit of unitsOf[column.form]) {
    for (const fromZero of [true, false]) {
      const fit = timeFit(column, bytes, unit, fromZero, durationMs)
      if (fit !== null) fits.push(fit)
    }
  }
  return fits
}

function timeFit(
  column: Column,
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
  const chain = longestGrowth(inside)
  const used = fromZero ? chain : longestWithin(values, chain, limit)
  if (used.length < 4 || used.length < values.length * leastShare) return null
  if (isShared(column.starts, used)) return null
  if (growsOn(values, used, fromZero ? longestGrowth(values) : chain)) return null
  const from = values[used[0]!]!
  const to = values[used.at(-1)!]!
  const reach = fromZero ? base + to : to - from
  if (reach <= 0 || used.length < 2 || to === from) return null
  const dense = (to - from) / ticksPerMs[unit] < leastGapMs * (used.length - 1)
  const median = medianGap(values, used)
  if (!dense && median / ticksPerMs[unit] < leastGapMs / 2) return null
  if (median < leastTicks && column.form !== 'float' && column.form !== 'decimal') return null
  if (column.form === 'float' && !(Math.abs(to) > 1e-3)) return null
  if (repeats(values, used, ticksPerMs[unit]) > Math.max(1, used.length * 0.1)) return null
  if (!fromZero && unit !== 's' && Math.abs(base + from) < limit / 1e4) return null
  if (fallsBack(column, used, Math.max(fromZero ? -base : from, -Infinity), fromZero ? limit - base : to)) return null
  if (dense && column.form !== 'binary') return null
  const choice = log2Choose(values.length, used.length)
  const bits =
    nullBits(column, bytes, used, grainOf(column, used, unit)) -
    modelBits(column, used, unit, limit, reach, fromZero, durationMs) -
    choice
  const evidence = log2Factorial(used.length) - choice - 2.5 * Math.log2(limit / Math.max(reach, 1))
  return { column, unit, fromZero, used, bits, evidence: Math.min(bits, evidence), crossing: 0, dense }
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

/** How often two that follow each other are the same to the millisecond. */
function repeats(values: Float64Array, used: readonly number[], perMs: number): number {
  let same = 0
  for (let at = 1; at < used.length; at++) if (values[used[at]!]! - values[used[at - 1]!]! < perMs / 2) same++
  return same
}

function medianGap(values: Float64Array, used: readonly number[]): number {
  const gaps = used.slice(1).map((at, index) => values[at]! - values[used[index]!]!)
  return gaps.sort((a, b) => a - b)[gaps.length >> 1] ?? 0
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
  return chain.slice(bestFrom, bestFrom + best)
}

/** Whether records were left out that look like times of the same clock, only earlier than they should be. */
function fallsBack(column: Column, used: readonly number[], from: number, to: number): boolean {
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

/** What the values cost if they mean nothing. */
function nullBits(column: Column, bytes: Uint8Array, used: readonly number[], grain: number): number {
  const { field, values } = column
  if (field.as !== 'binary') {
    const least = Math.min(...used.map((at) => values[at]!))
    const most = Math.max(...used.map((at) => values[at]!))
    return used.length * Math.log2((most - least) / grain + 1) + Math.log2(Math.abs(Number(column.base) + most) + 1)
  }
  let bits = 0
  let above = true
  for (let place = 0; place < field.width; place++) {
    const byte = field.little ? field.width - 1 - place : place
    const values = used.map((at) => bytes[column.starts[at]! + byte]!)
    const cost = byteColumnBits(values)
    // The first byte that changes may be a counter: what only counts up costs little, and is no sign of a time.
    bits += above ? Math.min(cost, climbBits(values)) : cost
    if (cost > 0) above = false
  }
  return bits
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
): number {
  const { values, form, field } = column
  const count = used.length
  const grain = grainOf(column, used, unit)
  const spread = (span: number) => count * Math.log2(Math.max(2, span / grain)) - log2Factorial(count)
  // Most recordings are used until near their end; some are not, which costs what it is improbable.
  const short = limit / Math.max(reach, 1)
  const part = spread(reach * 1.02) + 2 + 2.5 * Math.log2(short)
  const rare =
    durationMs === null ? 1.5 * Math.abs(Math.log2(reach / ticksPerMs[unit] / usualMs)) + spread(reach * 1.02) : 0
  let bits = durationMs === null ? rare : Math.min(spread(limit), part)
  if (form === 'float' && grain < 1e-4) bits += count * 3
  if (!fromZero) bits += field.as === 'binary' ? absoluteBits(column, unit) : 12
  if (unit === 'us' && grain === 1e3 && used.every((at) => (values[at]! - values[used[0]!]!) % 1e4 === 0)) bits += 12
  return bits
}

/** What a start costs that is not zero: less where it is a date of our times. */
function absoluteBits(column: Column, unit: TimeUnit): number {
  const ms = (Number(column.base) + (column.values.find((value) => !Number.isNaN(value)) ?? 0)) / ticksPerMs[unit]
  const since1970 = ms > 8e11 && ms < 2.5e12
  const since1601 = unit === '100ns' && ms > 12.4e12 && ms < 14.2e12
  if (since1970 || since1601) return Math.log2(1.7e12 * ticksPerMs[unit])
  return column.field.as === 'binary' ? 8 * column.field.width + 4 : 40
}

/** Ticks between values that can be told apart: clocks of fine units often show whole milliseconds only. */
function grainOf(column: Column, used: readonly number[], unit: TimeUnit): number {
  const { values, form } = column
  const first = values[used[0]!]!
  if (form === 'float' || form === 'decimal') {
    const perMs = ticksPerMs[unit]
    const float32 = column.field.as === 'binary' && column.field.width === 4
    const slack = float32 ? 0.26 : 0.02
    const whole = used.every((at) => {
      const ms = values[at]! / perMs
      return Math.abs(ms - Math.round(ms)) < slack
    })
    return whole ? perMs : perMs / (float32 ? 16 : 2 ** 20)
  }
  if (unit === 's' || unit === 'ms') return 1
  const perMs = ticksPerMs[unit]
  return used.every((at) => (values[at]! - first) % perMs === 0) ? perMs : 1
}

/** Whether a clock did this: heartbeats and meters are even, what people do is not. */
export function isEven(timesMs: readonly number[]): boolean {
  const gaps = timesMs.slice(1).map((time, at) => time - timesMs[at]!)
  if (gaps.length < 3) return true
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  const median = [...gaps].sort((a, b) => a - b)[gaps.length >> 1]!
  // Beats that are missing make a gap of several periods.
  const onBeat = gaps.filter((gap) => {
    const beats = Math.max(1, Math.round(gap / median))
    return beats <= 6 && Math.abs(gap - beats * median) < 0.12 * median
  })
  return deviation < 0.18 * mean || onBeat.length > 0.7 * gaps.length
}
