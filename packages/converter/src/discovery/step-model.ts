// The second pass: values that step up or down by small amounts, as pages that are turned and speakers who take turns do.
// What shows it is the order in which they come: the evidence is what a step saves against the same values in any order.

import type { Column } from './field.ts'

/** Bits of a step: small ones are cheap, and the one forward is the cheapest. */
export function stepBits(step: number): number {
  const size = Math.abs(step)
  if (step === 1) return 1.7
  if (size === 0) return 5
  if (size === 1) return 2.7
  if (size <= 3) return 3.8
  if (size <= 8) return 5.3
  if (size <= 16) return 7
  return 4.5 + 2 * Math.log2(size)
}

export type Steps = {
  /** Bits that the order of the values saves. */
  evidence: number
  /** Whether it only counts: the next is always the same step ahead. */
  counts: boolean
  /** Whether each is larger than the one before: pages may be, and numbers of records must. */
  climbs: boolean
  /** Whether it never goes back, as the upper bytes of times do not. */
  rises: boolean
}

let present = new Float64Array(1024)

/** How well the values of these records step; null if they never change, or are missing. */
export function stepsOf({ values }: Column, used: readonly number[]): Steps | null {
  if (present.length < used.length) present = new Float64Array(2 * used.length)
  const mostMissing = used.length * 0.1
  let count = 0
  let missing = 0
  let changes = 0
  let climbing = 0
  let rises = true
  let even = 0
  let walk = 0
  for (const at of used) {
    const value = values[at]!
    if (Number.isNaN(value)) {
      if (++missing > mostMissing) return null
      continue
    }
    if (count > 0) {
      const step = value - present[count - 1]!
      if (step !== Math.trunc(step)) return null
      if (step !== 0) changes++
      if (step > 0) climbing++
      if (step < 0) rises = false
      if (count > 1 && step === present[count - 1]! - present[count - 2]!) even++
      walk += stepBits(step)
    }
    present[count++] = value
    // Most fields neither step nor stay: a few records show it.
    if (count === 24 && (changes < 5 || (walk > 190 && isMany(present, 24)))) return null
  }
  if (count < 3 || changes < (count - 1) * 0.3) return null
  // The first and the last record may have another's neighbour, and a chance one a number of its own.
  const counts = even >= count - (count > 12 ? 3 : 2) - count * 0.02
  const climbs = count >= 8 && climbing >= count - (count > 12 ? 2 : 1) - count * 0.02
  // Never back, and skipping often: a number of records, of which these are some.
  if (climbs && usualRise(count) > 1.5) return null
  const evidence = orderEvidence(present.subarray(0, count), walk) - 12 * missing
  return { evidence, counts, climbs, rises }
}

/** The rise from one to the next, without the ends. */
function usualRise(count: number): number {
  const first = Math.ceil(count * 0.05)
  const last = count - 1 - first
  return last > first ? (present[last]! - present[first]!) / (last - first) : 0
}

function isMany(values: Float64Array, count: number): boolean {
  const seen = new Set<number>()
  for (let at = 0; at < count; at++) seen.add(values[at]!)
  return seen.size > mostPeople + 4
}

/** Bits that the order of these values is worth: against noise, and against the same few values in any order. */
function orderEvidence(values: Float64Array, walk: number): number {
  // One that strays does not make the others any more improbable.
  const sorted = values.toSorted()
  const strays = Math.ceil(values.length * 0.06)
  const spread = sorted.at(-1 - strays)! - sorted[strays]!
  // Pages and people are not so many.
  if (spread > 65_535) return 0
  const range = Math.log2(spread + 1)
  const noise = Math.max(8, range + 1) * (values.length - 1)
  if (noise < walk && !isFew(sorted)) return noise - walk
  const { anyOrder, turns } = symbolBits(values, range)
  const few = anyOrder + Math.max(0, 8 - range)
  return Math.min(noise, few) - Math.min(walk, isFew(sorted) ? turns + 1 : Number.POSITIVE_INFINITY)
}

/** Bits by which these values are nearer to each other than bytes of no meaning are. */
export function nearnessOf(values: readonly number[]): number {
  let near = 0
  let last = Number.NaN
  for (const value of values) {
    if (!Number.isNaN(value) && !Number.isNaN(last)) near += 8 - stepBits(value - last)
    if (!Number.isNaN(value)) last = value
  }
  return near
}

const mostPeople = 12
const fresh = 2

function isFew(sorted: Float64Array): boolean {
  let kinds = 1
  for (let at = 1; at < sorted.length; at++) if (sorted[at] !== sorted[at - 1]) kinds++
  return kinds <= mostPeople && kinds <= sorted.length * 0.7
}

/**
 * What the values cost as symbols, adaptively: in any order, or as people who take turns, of whom hardly ever one follows
 * himself. A new one costs `range` bits.
 */
function symbolBits(values: Float64Array, range: number): { anyOrder: number; turns: number } {
  const counts = new Map<number, number>([[values[0]!, 1]])
  const again = 1 / 32
  let anyOrder = 0
  let turns = 0
  for (let at = 1; at < values.length; at++) {
    const value = values[at]!
    const last = values[at - 1]!
    const count = counts.get(value) ?? 0
    const share = (count === 0 ? fresh : count) / (at + fresh)
    const novelty = count === 0 ? range : 0
    const others = 1 - counts.get(last)! / (at + fresh)
    anyOrder += novelty - Math.log2(share)
    turns += value === last ? -Math.log2(again) : novelty - Math.log2((share / others) * (1 - again))
    counts.set(value, count + 1)
  }
  return { anyOrder, turns }
}

/** Whether values say no more than what time it is: the slow bytes of another clock, or the count of its beats. */
export function followsTime(values: readonly number[], times: readonly number[]): boolean {
  if (values.length < 8) return false
  const rise = values.at(-1)! - values[0]!
  if (Math.abs(rise) < 2 && Math.max(...values) - Math.min(...values) < 4) return false
  return [0, 0.05, 0.1, 0.2].some((margin) => {
    const first = Math.floor(margin * values.length)
    const last = values.length - 1 - first
    const span = times[last]! - times[first]!
    const rise = values[last]! - values[first]!
    if (!(span > 0) || rise < 12) return false
    let near = 0
    let worst = 0
    for (let at = first; at <= last; at++) {
      const away = Math.abs(values[at]! - values[first]! - ((times[at]! - times[first]!) / span) * rise)
      worst = Math.max(worst, away)
      if (away < 1.2) near++
    }
    // A record here and there may stand before one of another kind.
    if (rise >= 30 && near > 0.8 * (last - first + 1)) return true
    return worst < 1.01 && isRounded(values, times, first, last, rise / span)
  })
}

/** Whether these are the times in coarser ticks: one straight line is never further from them than its rounding. */
function isRounded(values: readonly number[], times: readonly number[], first: number, last: number, slope: number) {
  const width = (by: number) => {
    let least = Number.POSITIVE_INFINITY
    let most = Number.NEGATIVE_INFINITY
    for (let at = first; at <= last; at++) {
      const away = values[at]! - by * times[at]!
      least = Math.min(least, away)
      most = Math.max(most, away)
    }
    return most - least
  }
  // The width is convex in the slope, and that of the ends is at most two ticks off.
  let low = 0.5 * slope
  let high = 1.5 * slope
  for (let round = 0; round < 40; round++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3]
    if (width(a) < width(b)) high = b
    else low = a
  }
  return width((low + high) / 2) < 1.01
}
