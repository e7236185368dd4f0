// What is known of all records together shows what the fields of some are not: a time of others, a number of the record, a beat.

import { timePlace } from './clock-vote.ts'
import type { Column, Source } from './field.ts'
import { type Part, type Reading, readAgain } from './reading.ts'
import { likelyShapes, relationOf } from './record-shape.ts'
import { clockOf } from './time-model.ts'
import { stepsIn } from './value-column.ts'

const never = () => false

/** Readings anew, with what the others show taken into account. */
export function amongOthers(source: Source, readings: readonly Reading[]): Reading[] {
  return withoutBeats(withoutCounters(source, withoutForeignTimes(withNearTimes(readings))))
}

/** Without readings whose times belong to other records: those have a marker that is much nearer. */
function withNearTimes(readings: readonly Reading[]): Reading[] {
  const nearest = new Map<number, number>()
  const away = ({ pattern, time }: Reading, at: number) => {
    const place = pattern.places[at]!
    const start = time.column.starts[at]!
    return start < place ? place - start : Math.max(0, start - place - pattern.length)
  }
  for (const reading of readings) {
    if (reading.time.dense || reading.time.evidence < 10) continue
    for (const at of reading.time.used) {
      const place = timePlace(reading.time, at)
      nearest.set(place, Math.min(nearest.get(place) ?? Number.POSITIVE_INFINITY, away(reading, at)))
    }
  }
  return readings.filter((reading) => {
    const { used } = reading.time
    const far = used.filter((at) => {
      const least = nearest.get(timePlace(reading.time, at)) ?? Number.POSITIVE_INFINITY
      return away(reading, at) > 2 * least + farAway
    })
    return far.length <= used.length * 0.6
  })
}

const farAway = 24

function widthOf({ time }: Reading): number {
  return time.column.field.as === 'binary' ? time.column.field.width : 1
}

/** Values do not stand where other records have their times. */
function withoutForeignTimes(readings: readonly Reading[]): Reading[] {
  const owners = new Map<number, Reading>()
  for (const reading of readings.toSorted((a, b) => a.time.evidence - b.time.evidence)) {
    if (reading.time.dense || reading.time.evidence < 20) continue
    const width = widthOf(reading)
    for (const at of reading.time.used) {
      for (let byte = 0; byte < width; byte++) owners.set(reading.time.column.starts[at]! + byte, reading)
    }
  }
  return readings.map((reading) => {
    if (reading.columns === null || reading.time.column.field.as !== 'binary') return reading
    const { time } = reading
    const width = widthOf(reading)
    const clock = clockOf(time)
    const isTime = ({ starts }: Column): boolean => {
      let times = 0
      for (const at of time.used) {
        const owner = owners.get(starts[at]!)
        if (owner === undefined || owner === reading || clockOf(owner.time) !== clock) continue
        // A time that is read one byte beside this one is no other.
        const own = time.column.starts[at]!
        if (starts[at]! < own - width || starts[at]! >= own + 2 * width) times++
      }
      return times > time.used.length * 0.4
    }
    return hasValue(reading, isTime) ? readAgain(reading, isTime, never) : reading
  })
}

function hasValue(reading: Reading, where: (column: Column) => boolean): boolean {
  return reading.parts.some(({ value }) => value !== null && where(value.column))
}

/** What counts all records is no value of those of one kind, if there is another. */
function withoutCounters(source: Source, readings: readonly Reading[]): Reading[] {
  const relation = ({ time }: Reading, column: Column) => `${clockOf(time)} ${relationOf(source, time.column, column)}`
  const counters = new Set<string>()
  for (const reading of readings) {
    for (const { value, used } of reading.parts) {
      if (value?.counts && used.length >= 8) counters.add(relation(reading, value.column))
    }
  }
  for (const { clock, relations } of likelyShapes(source, readings)) {
    const away = relations[0]!
    if (countsAll(source, readings, clock, away)) counters.add(`${clock} ${away}`)
  }
  const counted = countedPlaces(readings)
  if (counters.size === 0 && counted.size === 0) return [...readings]
  return readings.map((reading) => {
    const { used } = reading.time
    const countsMore = ({ starts }: Column) => {
      let counting = 0
      for (const at of used) if ((counted.get(starts[at]!) ?? 0) > used.length) counting++
      return counting > used.length * 0.8
    }
    const isCounter = (column: Column) => counters.has(relation(reading, column)) || countsMore(column)
    if (!hasValue(reading, isCounter)) return reading
    const again = readAgain(reading, isCounter, never)
    return again.parts.some(({ value }) => value !== null) ? again : reading
  })
}

/** Where numbers stand that count records one by one, and how many records: those of one kind alone they count with gaps. */
function countedPlaces(readings: readonly Reading[]): Map<number, number> {
  const counted = new Map<number, number>()
  for (const { columns, time } of readings) {
    const { used } = time
    if (columns === null || used.length < leastCounted || time.column.field.as !== 'binary') continue
    for (const column of [...columns.columns, ...columns.shorts]) {
      if (!stepsIn(columns, column, used)?.counts) continue
      for (const at of used)
        counted.set(column.starts[at]!, Math.max(used.length, counted.get(column.starts[at]!) ?? 0))
    }
  }
  return counted
}

const leastCounted = 12

/** Whether the numbers there grow through records of different kinds, in the order in which they stand. */
function countsAll(source: Source, readings: readonly Reading[], clock: string, relation: string): boolean {
  const numbers = new Map<number, { number: number; reading: Reading }>()
  let largest = 0
  for (const reading of readings) {
    const { columns, time } = reading
    if (columns === null || time.evidence < 10 || clockOf(time) !== clock) continue
    const column = columns.columns.find((each) => relationOf(source, time.column, each) === relation)
    if (column === undefined || !rises(column, time.used)) continue
    largest = Math.max(largest, time.used.length)
    for (const at of time.used) numbers.set(timePlace(time, at), { number: column.values[at]!, reading })
  }
  if (numbers.size < 12 || numbers.size < largest * 1.15) return false
  const inOrder = [...numbers].sort((a, b) => a[0] - b[0]).map(([, each]) => each)
  let rising = 0
  let turns = 0
  for (let at = 1; at < inOrder.length; at++) {
    if (inOrder[at]!.number > inOrder[at - 1]!.number) rising++
    if (inOrder[at]!.reading !== inOrder[at - 1]!.reading) turns++
  }
  // Kinds that lie apart, as two tables do, are not counted together.
  return rising >= (inOrder.length - 1) * 0.97 && turns >= inOrder.length * 0.1
}

/** Whether numbers rise from record to record, all but one or two. */
function rises({ values }: Column, used: readonly number[]): boolean {
  const falls = used.filter((at, index) => index > 0 && !(values[at]! > values[used[index - 1]!]!))
  return falls.length <= 1 + used.length * 0.02
}

/** Some beats of a clock, chosen by what else stands there, are as uneven as people are: they are beats all the same. */
function withoutBeats(readings: readonly Reading[]): Reading[] {
  const beats = readings
    .filter(({ time }) => !time.dense && time.used.length >= 20)
    .map((reading) => ({ count: reading.time.used.length, places: beatsOf(reading) }))
    .filter(({ places }) => places.size > 0)
  const isBeat = ({ time }: Reading, { used }: Part): boolean =>
    beats.some(
      ({ count, places }) =>
        count > used.length * 1.2 && used.filter((at) => places.has(timePlace(time, at))).length > used.length * 0.6,
    )
  return readings.map((reading) => {
    if (reading.time.dense) return reading
    const beating = reading.parts.filter((part) => !part.even && isBeat(reading, part))
    return beating.length === 0 ? reading : withBeats(reading, new Set(beating.flatMap(({ used }) => used)))
  })
}

/** The reading with parts marked as even that are mostly beats. */
export function withBeats(reading: Reading, beats: ReadonlySet<number> | undefined): Reading {
  if (beats === undefined) return reading
  const isBeat = ({ used }: Part) => used.filter((at) => beats.has(at)).length > used.length * 0.6
  return { ...reading, beats, parts: reading.parts.map((part) => (isBeat(part) ? { ...part, even: true } : part)) }
}

/** Where the times of a reading stand that follow the one before by just the usual gap; none if most do not. */
function beatsOf({ time }: Reading): Set<number> {
  const { values } = time.column
  const gaps = time.used.slice(1).map((at, index) => values[at]! - values[time.used[index]!]!)
  const usual = gaps.toSorted((a, b) => a - b)[gaps.length >> 1]!
  const beats = new Set<number>()
  gaps.forEach((gap, index) => {
    if (Math.abs(gap - usual) < 0.12 * usual) beats.add(timePlace(time, time.used[index + 1]!))
  })
  return beats.size > gaps.length * 0.6 ? beats : new Set()
}
