// Many patterns read the same records: a marker, a part of it, the marker with the type behind it. Of those that overlap, the
// choice is taken that saves the most bits together.

import { leastBits, leastBitsOfRelative, log2Factorial, stepEvidence } from './evidence.ts'
import type { Part, Reading } from './reading.ts'
import { fieldBits } from './value-column.ts'

/** Why a reading gives events, or does not. */
export type Verdict = 'events' | 'even' | 'dense' | 'no-value' | 'chance'

export type Chosen = { reading: Reading; part: Part; used: number[]; verdict: Verdict; bits: number }

/** From many records with little understanding to few with much: which way of choosing is best differs. */
const exponents = [1, 0.6, 0.3, 0]

export function chosenReadings(readings: readonly Reading[]): Chosen[] {
  const sized = readings
    .filter((reading) => !reading.time.dense || !isDoubtful(reading, readings))
    .map((reading) => ({ reading, saved: savedBy(reading), count: countOf(reading) }))
  const chosen: Chosen[] = []
  for (const family of families(sized)) {
    let best: { readings: Reading[]; saved: number } | null = null
    for (const exponent of exponents) {
      const order = [...family].sort(
        (a, b) => b.saved / b.count ** (1 - exponent) - a.saved / a.count ** (1 - exponent),
      )
      const packed = pack(order)
      if (best === null || packed.saved > best.saved) best = packed
    }
    for (const reading of best!.readings) chosen.push(...reading.parts.map((part) => judged(reading, part)))
  }
  return withRelatives(withoutBeats(chosen, readings))
}

/** Some beats of a clock, chosen by what else stands there, are as uneven as people are: they are beats all the same. */
function withoutBeats(chosen: readonly Chosen[], readings: readonly Reading[]): Chosen[] {
  const beats = readings.filter(({ time }) => !time.dense && time.used.length >= 20).map(beatsOf)
  return chosen.map((each) => {
    if (each.verdict !== 'events') return each
    const { starts } = each.reading.time.column
    const isBeat = beats.some(
      (places) => each.used.filter((at) => places.has(starts[at]!)).length > each.used.length * 0.6,
    )
    return isBeat ? { ...each, verdict: 'even' as const } : each
  })
}

/** Where the times of a reading stand that follow the one before by just the usual gap; none if most do not. */
function beatsOf({ time }: Reading): Set<number> {
  const { values, starts } = time.column
  const gaps = time.used.slice(1).map((at, index) => values[at]! - values[time.used[index]!]!)
  const usual = gaps.toSorted((a, b) => a - b)[gaps.length >> 1]!
  const beats = new Set<number>()
  gaps.forEach((gap, index) => {
    if (Math.abs(gap - usual) < 0.12 * usual) beats.add(starts[time.used[index + 1]!]!)
  })
  return beats.size > gaps.length * 0.6 ? beats : new Set()
}

// What is known of the format already need not be proved again.
const leastBitsOfSibling = 6

/** Believes few records as well, if others of the same format are events: told apart by a type, or timed by the same clock. */
function withRelatives(chosen: readonly Chosen[]): Chosen[] {
  const sure = chosen.filter(({ verdict }) => verdict === 'events')
  return chosen.map((each) => {
    if (each.part.rest)
      return isLikeOthers(each, sure) ? { ...each, verdict: 'events' } : { ...each, verdict: 'chance' }
    if (each.verdict !== 'chance') return each
    const sibling = sure.some(
      ({ reading }) => reading.pattern === each.reading.pattern && reading.time.column === each.reading.time.column,
    )
    const relative =
      each.reading.pattern.length >= 5 && sure.some(({ reading }) => clockOf(reading) === clockOf(each.reading))
    const least = sibling ? leastBitsOfSibling : relative ? leastBitsOfRelative : Number.POSITIVE_INFINITY
    return each.bits >= least ? { ...each, verdict: 'events' } : each
  })
}

/** Whether the values of a few are those that siblings have, or near them. */
function isLikeOthers({ reading, part, used }: Chosen, sure: readonly Chosen[]): boolean {
  const column = part.value?.column
  const siblings = sure.filter((other) => other.reading.time === reading.time && other.part.value?.column === column)
  if (column === undefined || siblings.length === 0) return false
  const values = siblings
    .flatMap((other) => other.used.map((at) => column.values[at]!))
    .filter((value) => !Number.isNaN(value))
  const [least, most] = [Math.min(...values) - 8, Math.max(...values) + 8]
  return used.every((at) => column.values[at]! >= least && column.values[at]! <= most)
}

/** The way in which times are written. */
function clockOf({ time }: Reading): string {
  const { field, form } = time.column
  return `${time.unit} ${form} ${time.fromZero} ${field.as === 'binary' ? `${field.little} ${field.float}` : ''}`
}

type Sized = { reading: Reading; saved: number; count: number }

function countOf(reading: Reading): number {
  return reading.parts.reduce((sum, part) => sum + part.used.length, 0)
}

function savedBy(reading: Reading): number {
  const { pattern, time, parts } = reading
  const unread = pattern.places.length - time.used.length
  // That a record is a record of a time at all is worth the same, whoever reads it.
  // What its bytes save beyond being sorted tells the right field from others of the record that grow as well.
  const count = time.used.length
  const fit = Math.min(6, Math.max(-2, (time.bits - log2Factorial(count)) / count))
  const times = (3 + fit) * countOf(reading) + Math.min(0, time.evidence - 10)
  const marker = Math.min(pattern.length, 8) / 4
  return (
    times +
    parts.reduce((sum, part) => sum + part.saved, 0) -
    fieldBits(time.column.field) -
    time.crossing -
    3 * unread +
    marker
  )
}

/** Takes one after the other, each if its records are still free. */
function pack(order: readonly Sized[]): { readings: Reading[]; saved: number } {
  const claimed = new Set<number>()
  const readings: Reading[] = []
  let total = 0
  for (const { reading, saved } of order) {
    if (saved <= 0) continue
    const free = reading.parts.map((part) => ({
      ...part,
      used: part.used.filter((at) => !isClaimed(claimed, reading, part, at)),
    }))
    const kept = free.filter(
      (part, index) =>
        (part.used.length >= 4 || part.rest) && part.used.length >= reading.parts[index]!.used.length * 0.7,
    )
    const share = kept.reduce((sum, part) => sum + part.used.length, 0) / countOf(reading)
    if (share < 0.5) continue
    for (const part of kept) for (const at of part.used) claim(claimed, reading, part, at)
    readings.push({ ...reading, parts: kept })
    total += saved * share
  }
  return { readings, saved: total }
}

function isClaimed(claimed: ReadonlySet<number>, reading: Reading, part: Part, at: number): boolean {
  const start = reading.time.column.starts[at]!
  const value = part.value?.column.starts[at] ?? start
  return claimed.has(start) || claimed.has(start + widthOf(reading) - 1) || claimed.has(value)
}

function claim(claimed: Set<number>, reading: Reading, part: Part, at: number): void {
  const [from, to] = extent(reading, part, at)
  for (let byte = from; byte < to; byte++) claimed.add(byte)
}

/** From the first to the last byte of a record that is understood: marker, time and value. */
function extent(reading: Reading, part: Part, at: number): [number, number] {
  const place = reading.pattern.places[at]!
  const time = reading.time.column.starts[at]!
  if (reading.time.dense) return [time, time + widthOf(reading)]
  const value = part.value?.column.starts[at] ?? -1
  const from = Math.min(place, time, value < 0 ? place : value)
  const to = Math.max(place + reading.pattern.length, time + widthOf(reading), value + 1)
  return [from, Math.min(to, from + 400)]
}

/** Readings that have to do with the same bytes, in groups. */
function families(sized: readonly Sized[]): Sized[][] {
  const owner = new Map<number, number>()
  const parent = sized.map((_, index) => index)
  const root = (index: number): number => {
    let at = index
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!
    return at
  }
  sized.forEach(({ reading }, index) => {
    for (const part of reading.parts) {
      for (const at of part.used) {
        const [from, to] = extent(reading, part, at)
        for (let byte = from; byte < to; byte++) {
          const other = owner.get(byte)
          if (other === undefined) owner.set(byte, index)
          else parent[root(index)] = root(other)
        }
      }
    }
  })
  const groups = new Map<number, Sized[]>()
  sized.forEach((each, index) => {
    const key = root(index)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [each])
    else group.push(each)
  })
  return [...groups.values()]
}

/** Whether what looks like frames is as well read as the times of something slower. */
function isDoubtful(dense: Reading, readings: readonly Reading[]): boolean {
  const bytes = new Set<number>()
  for (const at of dense.time.used) {
    for (let byte = 0; byte < widthOf(dense); byte++) bytes.add(dense.time.column.starts[at]! + byte)
  }
  return readings.some(({ time }) => {
    if (time.dense || time.used.length < dense.time.used.length * 0.6) return false
    const shared = time.used.filter((at) => bytes.has(time.column.starts[at]!)).length
    return shared > dense.time.used.length * 0.4
  })
}

function widthOf({ time }: Pick<Reading, 'time'>): number {
  return time.column.field.as === 'binary' ? time.column.field.width : 1
}

function judged(reading: Reading, part: Part): Chosen {
  const { used, value } = part
  const share = log2Factorial(used.length) / log2Factorial(reading.time.used.length)
  const steps = value === null ? 0 : stepEvidence(value.cost, used.length)
  const bits = reading.time.evidence * share + steps
  return { reading, part, used, bits, verdict: verdictOf(reading, part, bits) }
}

function verdictOf(reading: Reading, part: Part, bits: number): Verdict {
  if (reading.time.dense) return 'dense'
  if (part.even) return 'even'
  if (part.value === null) return 'no-value'
  return bits < leastBits(reading.pattern) ? 'chance' : 'events'
}
