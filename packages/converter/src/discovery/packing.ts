// Readings that have to do with the same bytes exclude each other: of those that overlap, the choice is taken that saves the
// most bits together.

import { log2Factorial } from './evidence.ts'
import type { Part, Reading } from './reading.ts'
import { isZero } from './time-model.ts'
import { fieldBits } from './value-column.ts'

/** `saved`: all that a reading saves; `partly`: what of this is each part's own. */
export type Sized = { reading: Reading; saved: number; partly: number[]; count: number }

export function sizedOf(reading: Reading, partly: number[]): Sized {
  const saved = savedBy(reading) + partly.reduce((sum, each) => sum + each, 0)
  return { reading, saved, partly, count: countOf(reading) }
}

/** Records that say something: zeros are everywhere, and one of them for a time is nothing. */
function countOf({ time, parts }: Reading): number {
  const zeros = (used: readonly number[]) => used.filter((at) => isZero(time, at)).length
  return parts.reduce((sum, { used, rest }) => sum + (rest ? 0 : used.length - zeroDiscount * zeros(used)), 0)
}

/** Zeros are everywhere: that a time is zero is half as good a sign of it as any other. */
const zeroDiscount = 0.5

/** What it costs that there is one more kind of records. */
const readingBits = 12

/** What the times save, whatever the parts' values do. */
function savedBy(reading: Reading): number {
  const { pattern, time } = reading
  // What is left beside the kinds is read no more than what has no time: an edge of records that are read one beside the other.
  const left = reading.parts.reduce((sum, { used, rest }) => sum + (rest ? used.length : 0), 0)
  const unread = pattern.places.length - time.used.length + left
  // That a record is a record of a time at all is worth the same, whoever reads it.
  // What its bytes save beyond being sorted tells the right field from others of the record that grow as well.
  const count = time.used.length
  const fit = Math.min(6, Math.max(-2, (time.bits - log2Factorial(count)) / count))
  const times = (5 + fit) * countOf(reading) + Math.min(0, time.evidence - 10)
  const marker = Math.min(pattern.length, 8) / 2
  return times + marker - fieldBits(time.column.field) - time.crossing - time.short - 3 * unread - readingBits
}

/** Takes one after the other, each if its records are still free. */
export function pack(order: readonly Sized[], taken: ReadonlySet<number> = new Set()): Packed {
  const claimed = new Set(taken)
  const readings: Reading[] = []
  let total = 0
  for (const { reading, saved, partly } of order) {
    if (saved <= 0) continue
    const kept: Part[] = []
    let left = 0
    let own = 0
    reading.parts.forEach((part, index) => {
      const used = part.used.filter((at) => !isClaimed(claimed, reading, part, at))
      if ((used.length < 4 && !part.rest) || used.length < part.used.length * 0.7) return
      kept.push({ ...part, used })
      left += used.length
      own += (partly[index]! * used.length) / part.used.length
    })
    const all = reading.parts.reduce((sum, part) => sum + part.used.length, 0)
    const worth = savedBy(reading) * (left / all) + own
    if (left < all * 0.5 || worth <= 0) continue
    for (const part of kept) for (const at of part.used) claim(claimed, reading, part, at)
    readings.push({ ...reading, parts: kept })
    // Times without a value show only what is no part of the others.
    total += classOf(reading) === 0 ? worth : worth / 4
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

/** All bytes of the records that these readings understand. */
export function bytesOf(readings: readonly Reading[]): Set<number> {
  const claimed = new Set<number>()
  for (const reading of readings) {
    for (const part of reading.parts) for (const at of part.used) claim(claimed, reading, part, at)
  }
  return claimed
}

/** The readings that would save the most first. */
export function bySaved(family: readonly Sized[]): Sized[] {
  return byWorth(family, 1)
}

/** @param exponent 1: by all that a reading saves; 0: by what it saves a record */
function byWorth(family: readonly Sized[], exponent: number): Sized[] {
  const worth = ({ saved, count }: Sized) => saved / count ** (1 - exponent)
  return [...family].sort((a, b) => classOf(a.reading) - classOf(b.reading) || worth(b) - worth(a))
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
export function families(sized: readonly Sized[]): Sized[][] {
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

/** From many records with little understanding to few with much: which way of choosing is best differs. */
const exponents = [1, 0.6, 0.3, 0]

type Packed = { readings: Reading[]; saved: number }

export function allPacked(groups: readonly (readonly Sized[])[]): Packed {
  const packed = groups.map(bestPacked)
  return {
    readings: packed.flatMap(({ readings }) => readings),
    saved: packed.reduce((sum, { saved }) => sum + saved, 0),
  }
}

/** Those of a family that save the most together: what is taken first decides what else can be. */
function bestPacked(family: readonly Sized[]): Packed {
  const orders = exponents.map((exponent) => byWorth(family, exponent))
  let best = orders.map((order) => pack(order)).reduce((most, packed) => (packed.saved > most.saved ? packed : most))
  for (const first of orders[0]!.slice(0, mostFirst)) {
    for (const order of orders.slice(0, 2)) {
      const packed = pack([first, ...order.filter((each) => each !== first)])
      if (packed.saved > best.saved) best = packed
    }
  }
  return best
}

const mostFirst = 4

/** Times without a value are what is left when all others have taken theirs. */
export function classOf({ time, parts }: Reading): number {
  return !time.dense && parts.some(({ value, even }) => value !== null || even) ? 0 : 1
}

export function widthOf({ time }: Pick<Reading, 'time'>): number {
  return time.column.field.as === 'binary' ? time.column.field.width : 1
}
