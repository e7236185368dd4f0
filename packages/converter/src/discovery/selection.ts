// Many patterns read the same records: a marker, a part of it, the marker with the type behind it. Which of them are taken, and
// which of those give events.

import { leastBits, leastBitsOfRelative, log2Factorial } from './evidence.ts'
import type { Column, Source } from './field.ts'
import { amongOthers, withBeats } from './other-records.ts'
import { allPacked, bySaved, bytesOf, classOf, families, pack, type Sized, sizedOf, widthOf } from './packing.ts'
import { type Part, type Reading, readAgain, readAlike } from './reading.ts'
import { isAlike, isShaped, likelyShapes, type RecordShape } from './record-shape.ts'
import { clockOf } from './time-model.ts'

/** Why a reading gives events, or does not. */
export type Verdict = 'events' | 'even' | 'dense' | 'no-value' | 'chance'

export type Chosen = { reading: Reading; part: Part; used: number[]; verdict: Verdict; bits: number }

export function chosenReadings(source: Source, readings: readonly Reading[]): Chosen[] {
  const own = amongOthers(source, readings)
  const first = packedReadings(source, own)
  // What is not believed in the end takes no records from others.
  const chance = new Set(first.filter(({ reading }) => isChance(reading, first)).map(({ reading }) => keyOf(reading)))
  return chance.size === 0
    ? first
    : packedReadings(
        source,
        own.filter((reading) => !chance.has(keyOf(reading))),
      )
}

/** The same for readings whose parts were looked at in other ways. */
function keyOf({ pattern, time }: Reading): string {
  const { field, starts } = time.column
  return `${pattern.length} ${pattern.places.length} ${pattern.places[0]} ${JSON.stringify(field)} ${starts[0]} ${clockOf(time)}`
}

function isChance(reading: Reading, chosen: readonly Chosen[]): boolean {
  return chosen.every((each) => each.reading !== reading || each.verdict === 'chance')
}

function packedReadings(source: Source, own: readonly Reading[]): Chosen[] {
  const sized = own
    .filter((reading) => !reading.time.dense || !isDoubtful(reading, own))
    .map((reading) =>
      sizedOf(
        reading,
        reading.parts.map((part) => part.saved),
      ),
    )
  const groups = families(sized)
  let best = allPacked(groups)
  let shape: RecordShape | null = null
  for (const each of likelyShapes(source, own)) {
    const packed = allPacked(groups.map((family) => family.map((one) => shaped(source, one, each))))
    if (packed.saved <= best.saved) continue
    best = packed
    shape = each
  }
  const taken = withinRecords(source, best.readings, shape)
  const all = [...taken, ...besides(source, taken, own, shape)]
  const chosen = all.flatMap((reading) => reading.parts.map((part) => judged(reading, part)))
  return ofOneClock(withRelatives(source, chosen, shape))
}

/** Readings of records that are left, with values only in what is left: those of others were taken for theirs before. */
function besides(
  source: Source,
  taken: readonly Reading[],
  all: readonly Reading[],
  shape: RecordShape | null,
): Reading[] {
  const claimed = bytesOf(taken)
  const isClaimed = ({ starts }: Column, used: readonly number[]) =>
    used.filter((at) => claimed.has(starts[at]!)).length > used.length * 0.15
  const left = all.filter(
    ({ time, columns }) => !time.dense && columns !== null && !isClaimed(time.column, time.used) && time.evidence > 0,
  )
  const again = left
    .filter((reading) => reading.parts.some(({ value, used }) => value !== null && isClaimed(value.column, used)))
    .map((reading) => {
      const usual = (column: Column) => shape !== null && isAlike(source, reading, column, shape)
      const read = readAgain(reading, (column) => isClaimed(column, reading.time.used), usual)
      return shape === null
        ? sizedOf(
            read,
            read.parts.map((part) => part.saved),
          )
        : withShape(source, withBeats(read, reading.beats), shape)
    })
  return pack(bySaved(again), claimed).readings
}

/** Less than this share of what the surest clock shows is no second clock of the format, but chance. */
const leastOfClock = 0.5

/** A format has one way to write times: what a much weaker one shows is none of it. */
function ofOneClock(chosen: readonly Chosen[]): Chosen[] {
  const clockKey = ({ reading: { time } }: Chosen) => {
    const { field, form } = time.column
    return `${time.unit} ${form} ${field.as === 'binary' ? field.little : ''}`
  }
  const shown = new Map<string, number>()
  for (const each of chosen) {
    if (each.verdict === 'events') shown.set(clockKey(each), (shown.get(clockKey(each)) ?? 0) + each.bits)
  }
  const least = Math.max(0, ...shown.values()) * leastOfClock
  return chosen.map((each) =>
    each.verdict === 'events' && shown.get(clockKey(each))! < least ? { ...each, verdict: 'chance' } : each,
  )
}

/** What it saves that a kind of records is written as the others are. */
const shapeBits = 16

function shaped(source: Source, sized: Sized, shape: RecordShape): Sized {
  if (sized.reading.time.dense || clockOf(sized.reading.time) !== shape.clock) return sized
  const usual = (column: Column) => isAlike(source, sized.reading, column, shape)
  const reading = withBeats(readAlike(sized.reading, usual), sized.reading.beats)
  return withShape(source, reading, shape)
}

function withShape(source: Source, reading: Reading, shape: RecordShape): Sized {
  const isKind = (part: Part) => !part.rest && isShaped(source, reading, part, shape)
  const partly = reading.parts.map((part) => part.saved + (isKind(part) ? shapeBits : 0))
  return sizedOf(reading, partly)
}

/** Readings whose values would stand in the records of others are read again, without those. */
function withinRecords(source: Source, taken: readonly Reading[], shape: RecordShape | null): Reading[] {
  const owners = new Map<number, Reading>()
  for (const reading of taken) {
    const { pattern, time, parts } = reading
    // Short markers are a part of others' records as well; and what is understood by its times alone may begin in a value.
    const isOwner = pattern.length >= 3 && !time.dense && classOf(reading) === 0
    for (const at of parts.flatMap((part) => part.used)) {
      const start = time.column.starts[at]!
      for (let byte = 0; byte < widthOf(reading); byte++) owners.set(start + byte, reading)
      if (!isOwner) continue
      for (let byte = 0; byte < pattern.length; byte++) owners.set(pattern.places[at]! + byte, reading)
    }
  }
  return taken.map((reading) => {
    const events = reading.parts.some((part) => part.value !== null && !part.even)
    if (!events || reading.columns === null) return reading
    const records = reading.parts.flatMap((part) => part.used)
    const foreign = (column: Column) => isForeign(column, reading, records, owners)
    const astray = reading.parts.some((part) => part.value !== null && foreign(part.value.column))
    if (!astray) return reading
    const kept = new Set(records)
    const usual = (column: Column) => shape !== null && isAlike(source, reading, column, shape)
    const again = withBeats(readAgain(reading, foreign, usual), reading.beats)
    const parts = again.parts
      .map((part) => ({ ...part, used: part.used.filter((at) => kept.has(at)) }))
      .filter((part) => part.used.length >= 3)
    return { ...again, parts }
  })
}

/** Whether between a field and its marker, for more than a few records, stand records of another reading. */
function isForeign(
  { starts }: Column,
  reading: Reading,
  used: readonly number[],
  owners: ReadonlyMap<number, Reading>,
): boolean {
  const { column } = reading.time
  let foreign = 0
  for (const at of used) {
    const start = starts[at]!
    if (start < 0) continue
    const marker = reading.pattern.places[at]!
    const from = Math.min(start, marker, column.starts[at]!)
    const to = Math.max(start, marker, column.starts[at]!)
    for (let byte = from; byte <= to; byte++) {
      const owner = owners.get(byte)
      if (owner === undefined || owner === reading) continue
      foreign++
      break
    }
  }
  return foreign > used.length * 0.15
}

// What is known of the format already need not be proved again.
const leastBitsOfSibling = 6

/** Believes few records as well, if others of the same format are events: told apart by a type, or timed by the same clock. */
function withRelatives(source: Source, chosen: readonly Chosen[], shape: RecordShape | null): Chosen[] {
  // What is left over has shown nothing by itself, and vouches for nothing.
  const sure = chosen.filter(({ verdict, part }) => verdict === 'events' && !part.rest)
  return chosen.map((each) => {
    if (each.part.rest)
      return isLikeOthers(each, sure) ? { ...each, verdict: 'events' } : { ...each, verdict: 'chance' }
    if (each.verdict !== 'chance') return each
    const sibling = sure.some(
      ({ reading }) => reading.pattern === each.reading.pattern && reading.time.column === each.reading.time.column,
    )
    const relative =
      (each.reading.pattern.length >= 5 || each.reading.pattern.kind) &&
      sure.some(({ reading }) => clockOf(reading.time) === clockOf(each.reading.time))
    const alike = shape !== null && isShaped(source, each.reading, each.part, shape)
    const known = alike && sure.some(({ reading, part }) => isShaped(source, reading, part, shape))
    const least = sibling || known ? leastBitsOfSibling : relative ? leastBitsOfRelative : Number.POSITIVE_INFINITY
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

function judged(reading: Reading, part: Part): Chosen {
  const { used, value } = part
  const share = log2Factorial(used.length) / log2Factorial(reading.time.used.length)
  const steps = value === null ? 0 : value.evidence
  const timeBits = reading.time.evidence * share
  const bits = timeBits + steps
  return { reading, part, used, bits, verdict: verdictOf(reading, part, bits, timeBits) }
}

function verdictOf(reading: Reading, part: Part, bits: number, timeBits: number): Verdict {
  if (reading.time.dense) return 'dense'
  if (part.even) return 'even'
  if (part.value === null) return 'no-value'
  const least = leastBits(reading.pattern)
  // Tables of media count as well: behind a short marker it is the times that must show what these are.
  const { length, rowSize, kind } = reading.pattern
  const short = length > 0 && length < 4 && rowSize === undefined && !kind
  return bits < least || (short && timeBits < least / 2) ? 'chance' : 'events'
}
