// From chosen readings to events on the recording's timeline.

import { leastBits } from './evidence.ts'
import type { Source } from './field.ts'
import { absolute, difference, type Origin, originOf } from './origin.ts'
import { widthOf } from './packing.ts'
import type { Chosen } from './selection.ts'
import { type TimeUnit, ticksPerMs } from './time-model.ts'

export type EventKind = 'slide' | 'speaker' | 'event'

export type DiscoveredEvent = {
  /** ms since the beginning of the recording, up to 3 decimals. */
  t: number
  kind: EventKind
  /** The number as found. */
  value: number
  /** Of the matrix. */
  pattern: string
  confidence: number
  /** Whether the record has no time of its own, and this one lies between those of its neighbours. */
  interpolated: boolean
}

/** A reading that gives events, with where its times count from. */
export type Timed = { chosen: Chosen; origin: Origin; pattern: string }

/** Readings that are timed by the same clock have the same origin. */
export function timedReadings(source: Source, chosen: readonly Chosen[], durationMs: number | null): Timed[] {
  const sure = chosen.filter(({ verdict }) => verdict === 'events')
  const clockOf = ({ reading: { time } }: Chosen) => `${time.unit} ${time.column.form}`
  const known = new Set(sure.map(clockOf))
  const records = chosen.filter(
    (each) => each.verdict === 'events' || (each.reading.pattern.length >= 4 && known.has(clockOf(each))),
  )
  const firstRecord = Math.min(...records.map(({ reading, used }) => startOf(reading, used[0]!)))
  const clocks = new Map<string, Chosen[]>()
  for (const each of sure) {
    clocks.set(clockOf(each), [...(clocks.get(clockOf(each)) ?? []), each])
  }
  return [...clocks.values()].flatMap((clock) => {
    const uses = clock.map(({ reading, used }) => ({ column: reading.time.column, unit: reading.time.unit, used }))
    const origin = originOf(source, uses, durationMs, firstRecord)
    return clock.map((each) => ({ chosen: each, origin, pattern: '' }))
  })
}

function startOf({ pattern, time }: Chosen['reading'], at: number): number {
  return Math.min(pattern.places[at]!, time.column.starts[at]!)
}

export function eventsOf({ chosen, origin, pattern }: Timed, kind: EventKind): DiscoveredEvent[] {
  const { reading, part, used } = chosen
  const confidence = confidenceOf(chosen)
  const numberAt = (at: number) => part.value!.column.values[at]! + Number(part.value!.column.base)
  // The start in the head may look like a record: it is none.
  const isStart = (at: number) =>
    origin.from === 'head' && Math.abs(reading.time.column.starts[at]! - origin.place) < widthOf(reading)
  const timed = used
    .filter((at) => !Number.isNaN(part.value!.column.values[at]!) && !isStart(at))
    .map((at) => ({ at, t: timeMs(reading.time, at, origin) }))
  const known = timed.map(({ at, t }) => ({ t, kind, value: numberAt(at), pattern, confidence, interpolated: false }))
  const missing = untimed(chosen).flatMap((at) => {
    const next = timed.findIndex((each) => each.at > at)
    if (next < 1) return []
    const [before, after] = [timed[next - 1]!, timed[next]!]
    const { places } = reading.pattern
    const share = (places[at]! - places[before.at]!) / (places[after.at]! - places[before.at]!)
    const t = Math.round(before.t + share * (after.t - before.t))
    return [{ t, kind, value: numberAt(at), pattern, confidence: confidence / 2, interpolated: true }]
  })
  return [...known, ...missing]
}

/** How sure: half where the evidence is just enough, near one where there is much more. */
export function confidenceOf({ reading, bits }: Chosen): number {
  const over = Math.max(0, bits - leastBits(reading.pattern))
  return Math.round((1 - 0.5 ** (1 + over / 8)) * 1000) / 1000
}

/** Records of the kind whose value is like the others', but whose time was never written. */
function untimed({ reading, part, used }: Chosen): number[] {
  const { values, base, form } = reading.time.column
  const column = part.value!.column
  const taken = new Set(reading.time.used)
  const known = used.map((at) => column.values[at]!).filter((value) => !Number.isNaN(value))
  const [least, most] = [Math.min(...known) - 2, Math.max(...known) + 2]
  const missing: number[] = []
  for (let at = 0; at < values.length; at++) {
    if (taken.has(at)) continue
    if (part.only !== null && part.only.column.values[at] !== part.only.value) continue
    const value = column.values[at]!
    const unset = Number.isNaN(values[at]!) ? form !== 'float' : Number(base) + values[at]! === 0
    if (unset && value >= least && value <= most) missing.push(at)
  }
  return missing.length > used.length * 0.25 ? [] : missing
}

function timeMs(
  time: { column: Chosen['reading']['time']['column']; unit: TimeUnit },
  at: number,
  origin: Origin,
): number {
  const { column, unit } = time
  const ticks = absolute(column, at)
  const from = origin.from === 'zero' ? (typeof ticks === 'bigint' ? 0n : 0) : origin.ticks
  const ms = difference(ticks, from) / ticksPerMs[unit]
  // A float of four bytes has less than a millisecond in the second hour of a recording.
  const coarse = column.form === 'float' && column.field.as === 'binary' && column.field.width === 4
  return coarse ? Math.round(ms) : Math.round(ms * 1e3) / 1e3
}

const slideWords = /slide|page|flip|deck|folie|goto/i
const speakerWords = /speak|talk|floor|voice|active/i

/** What the values are of: the marker may name it; else pages go forward one by one, and speakers are few. */
export function kindOf(source: Source, { reading, part, used }: Chosen, pages: readonly number[]): EventKind {
  const place = reading.pattern.places[used[0]!]!
  const words = source.text.slice(Math.max(0, place - 16), place + reading.pattern.length + 24)
  const values = used.map((at) => part.value!.column.values[at]!)
  const most = Math.max(...values)
  const fits = pages.length === 0 || pages.some((count) => most <= count)
  if (slideWords.test(words) && !speakerWords.test(words)) return 'slide'
  if (speakerWords.test(words) && !slideWords.test(words)) return 'speaker'
  const forward = values.filter((value, at) => at > 0 && value - values[at - 1]! === 1).length
  if (forward > values.length * 0.45 && fits) return 'slide'
  return new Set(values).size <= 12 ? 'speaker' : 'event'
}
