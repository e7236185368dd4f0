// The second pass: values that step up or down by small amounts, as pages that are turned and speakers who take turns do.

import type { Column } from './field.ts'

/** Bits of a step: small ones are cheap, and the one forward is the cheapest. */
export function stepBits(step: number): number {
  const size = Math.abs(step)
  if (step === 1) return 1.7
  if (size === 0) return 4
  if (size === 1) return 2.7
  if (size <= 3) return 3.8
  if (size <= 8) return 5
  if (size <= 16) return 6.5
  return 4 + 2 * Math.log2(size)
}

/** Above this many bits a step, values do not step: about a sixteenth of a byte's range, again and again. */
export const mostBitsAStep = 5.2

export type Steps = {
  /** Bits a record. */
  cost: number
  /** Whether it only counts: the next is always the same step ahead. */
  counts: boolean
  /** Whether it never goes back: pages may, and numbers of records must. */
  climbs: boolean
}

/** How well the values of these records step; null if they never change, or are missing. */
export function stepsOf(column: Column, used: readonly number[]): Steps | null {
  const { values } = column
  const most = mostBitsAStep * (used.length - 1) + 4
  let bits = 0
  let changes = 0
  let present = 0
  let last = Number.NaN
  let first = Number.NaN
  let firstStep = Number.NaN
  let counts = true
  let climbs = used.length >= 8
  for (const at of used) {
    const value = values[at]!
    if (Number.isNaN(value)) continue
    if (present === 0) first = value
    present++
    const step = value - last
    last = value
    if (Number.isNaN(step)) continue
    if (!Number.isInteger(step)) return null
    if (Number.isNaN(firstStep)) firstStep = step
    if (step !== firstStep) counts = false
    if (step !== 0) changes++
    if (step <= 0) climbs = false
    bits += stepBits(step)
    if (bits > most) return null
  }
  if (present < used.length * 0.9 || present < 3 || changes < (present - 1) * 0.3) return null
  // Never back, and skipping often: a number of records, of which these are some.
  if (climbs && last - first > 1.3 * (present - 1)) return null
  return { cost: bits / (present - 1), counts, climbs }
}

/** Whether values say no more than what time it is: the slow bytes of another clock, or the count of its beats. */
export function followsTime(values: readonly number[], times: readonly number[]): boolean {
  if (values.length < 8) return false
  return [0, 0.05, 0.1, 0.2].some((margin) => {
    const first = Math.floor(margin * values.length)
    const last = values.length - 1 - first
    const span = times[last]! - times[first]!
    const rise = values[last]! - values[first]!
    if (!(span > 0) || rise < 4) return false
    const away = values.map((value, at) =>
      Math.abs(value - values[first]! - ((times[at]! - times[first]!) / span) * rise),
    )
    const worst = Math.max(...away)
    // A record here and there may stand before one of another kind.
    const near = away.filter((each) => each < 1.2).length
    return worst < 1.01 || (rise >= 30 && worst < 2.5) || (rise >= 20 && near > 0.85 * values.length)
  })
}
