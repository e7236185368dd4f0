import { absolute, difference, type Origin, originOf } from './origin.ts'
import type { Source } from './field.ts'
import { lineShapes } from './line-shape.ts'
import { numberTokens } from './number-token.ts'
import { repeatingPatterns, withoutCutNumbers } from './pattern.ts'
import { type Reading, readingsOf } from './reading.ts'
import { type Chosen, chosenReadings } from './selection.ts'
import { ticksPerMs } from './time-model.ts'

export type DiscoveryInput = { bytes: Uint8Array; durationMs?: number; pages?: readonly number[]; distance?: number }

export type DiscoveredEvent = { t: number; value: number | null }

export function discover(input: DiscoveryInput): { events: DiscoveredEvent[]; chosen: Chosen[]; readings: Reading[] } {
  const text = Buffer.from(input.bytes.buffer, input.bytes.byteOffset, input.bytes.byteLength).toString('latin1')
  const source: Source = { bytes: input.bytes, text, tokens: numberTokens(text) }
  const limits = { durationMs: input.durationMs ?? null, distance: input.distance ?? 32 }
  const repeating = repeatingPatterns(input.bytes)
  const whole = repeating.map((pattern) => withoutCutNumbers(input.bytes, pattern)).filter((pattern) => pattern !== null)
  const patterns = [...repeating, ...whole, ...lineShapes(text)]
  const readings = readingsOf(source, patterns, limits)
  const chosen = chosenReadings(readings)
  const events: DiscoveredEvent[] = []
  for (const clock of clocksOf(chosen.filter((each) => each.verdict === 'events'))) {
    const uses = clock.map(({ reading, used }) => ({ column: reading.time.column, unit: reading.time.unit, used }))
    const origin = originOf(source, uses, limits.durationMs)
    for (const { reading, part, used } of clock) {
      for (const at of used) if (!Number.isNaN(part.value!.column.values[at]!)) events.push({ t: timeMs(reading, at, origin), value: part.value!.column.values[at]! + Number(part.value!.column.base) })
    }
  }
  events.sort((a, b) => a.t - b.t)
  return { events, chosen, readings, patterns: patterns.length } as never
}

function timeMs(reading: Reading, at: number, origin: Origin): number {
  const { column, unit } = reading.time
  const ticks = absolute(column, at)
  const from = origin.from === 'zero' ? (typeof ticks === 'bigint' ? 0n : 0) : origin.ticks
  const ms = difference(ticks, from) / ticksPerMs[unit]
  const float32 = column.field.as === 'binary' && column.form === 'float' && column.field.width === 4
  return float32 ? Math.round(ms) : Math.round(ms * 1e3) / 1e3
}

/** Readings that share a clock: unit and way of writing. */
function clocksOf(chosen: readonly Chosen[]): Chosen[][] {
  const clocks = new Map<string, Chosen[]>()
  for (const each of chosen) {
    const { column, unit } = each.reading.time
    const key = `${unit} ${column.form}`
    clocks.set(key, [...(clocks.get(key) ?? []), each])
  }
  return [...clocks.values()]
}
