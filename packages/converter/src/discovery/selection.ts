// Many patterns read the same records: a marker, a part of it, the marker with the type behind it. Whoever reads its records
// with the fewest bits a value has understood them best and takes them; the others keep what is left.

import type { Reading } from './reading.ts'
import { log2Factorial } from './evidence.ts'
import { fieldBits } from './value-column.ts'
import { isEven, ticksPerMs } from './time-model.ts'

/** Why a reading gives events, or does not. */
export type Verdict = 'events' | 'even' | 'dense' | 'no-value' | 'chance'

export type Chosen = { reading: Reading; used: number[]; verdict: Verdict; bits: number }

// What it costs to say that there is another kind of record.
const kindBits = 25
/** Bits above chance below which nothing is believed: the shorter a marker, the more of its kind have been tried. */
function leastBits(reading: Reading): number {
  const { length } = reading.pattern
  return length >= 6 || length === 0 ? 24 : length === 5 ? 26 : length === 4 ? 30 : length === 3 ? 38 : 46
}

export function chosenReadings(readings: readonly Reading[]): Chosen[] {
  const ranked = readings
    .filter((reading) => !reading.time.dense || !isDoubtful(reading, readings))
    .map((reading) => ({ reading, rank: rankOf(reading) }))
    .sort((a, b) => b.rank - a.rank)
  const claimed = new Set<number>()
  const claim = (reading: Reading, used: readonly number[]) => {
    for (const at of used) {
      const [from, to] = extent(reading, at)
      for (let byte = from; byte < to; byte++) claimed.add(byte)
    }
  }
  const isClaimed = (reading: Reading, at: number) => {
    const start = reading.time.column.starts[at]!
    const value = reading.value?.column.starts[at] ?? start
    return claimed.has(start) || claimed.has(start + widthOf(reading) - 1) || claimed.has(value)
  }
  const chosen: Chosen[] = []
  for (const { reading } of ranked) {
    const used = reading.used.filter((at) => !isClaimed(reading, at))
    if (used.length < 4 || used.length < reading.used.length * 0.7) continue
    const bits = bitsOf(reading, used)
    const verdict = verdictOf(reading, used, bits)
    if (verdict === 'no-value' || verdict === 'chance') {
      chosen.push({ reading, used, verdict, bits })
      continue
    }
    claim(reading, used)
    chosen.push({ reading, used, verdict, bits })
  }
  return chosen
}

/** From the first to the last byte of a record that is understood: marker, time and value. */
function extent(reading: Reading, at: number): [number, number] {
  const place = reading.pattern.places[at]!
  const time = reading.time.column.starts[at]!
  const value = reading.value?.column.starts[at] ?? -1
  const from = Math.min(place, time, value < 0 ? place : value)
  const to = Math.max(place + reading.pattern.length, time + widthOf(reading), value + 1)
  return reading.time.dense ? [time, time + widthOf(reading)] : [from, Math.min(to, from + 400)]
}

/** Whether what looks like frames is as well read as the times of something slower. */
function isDoubtful(dense: Reading, readings: readonly Reading[]): boolean {
  const bytes = new Set<number>()
  for (const at of dense.used) {
    for (let byte = 0; byte < widthOf(dense); byte++) bytes.add(dense.time.column.starts[at]! + byte)
  }
  return readings.some(({ time }) => {
    if (time.dense || time.used.length < dense.used.length * 0.6) return false
    const shared = time.used.filter((at) => bytes.has(time.column.starts[at]!)).length
    return shared > dense.used.length * 0.4
  })
}

function widthOf({ time }: Pick<Reading, 'time'>): number {
  return time.column.field.as === 'binary' ? time.column.field.width : 1
}

function costOf(reading: Reading): number {
  if (reading.value === null) return 8
  return Math.max(reading.value.cost, 2.5) + (reading.value.counts ? 1.5 : 0)
}

function rankOf(reading: Reading): number {
  if (reading.time.dense) return 8
  const places = fieldBits(reading.time.column.field) + (reading.value === null ? 0 : fieldBits(reading.value.column.field))
  const unread = reading.pattern.places.length - reading.time.used.length
  const marker = Math.min(reading.pattern.length, 8)
  return 8 - costOf(reading) - (kindBits + places + 4 * unread - marker) / reading.time.used.length
}

function bitsOf(reading: Reading, used: readonly number[]): number {
  const share = log2Factorial(used.length) / log2Factorial(reading.time.used.length)
  return reading.time.evidence * share + Math.max(0, 6 - costOf(reading)) * 0.6 * (used.length - 1)
}

function verdictOf(reading: Reading, used: readonly number[], bits: number): Verdict {
  const { column, unit, dense } = reading.time
  if (dense) return 'dense'
  if (isEven(used.map((at) => column.values[at]! / ticksPerMs[unit]))) return 'even'
  if (reading.value === null) return 'no-value'
  return bits < leastBits(reading) ? 'chance' : 'events'
}
