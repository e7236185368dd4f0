import type { Random } from './random.ts'

export type Unit = 'ms' | 'us' | '100ns' | 's' | 'float-s'
export type Origin = 'zero' | 'first' | 'head'

/** Ticks in a millisecond. */
export const ticksPerMs: Record<Unit, number> = { ms: 1, us: 1_000, '100ns': 10_000, s: 1e-3, 'float-s': 1e-3 }

/** How an archive writes down when something happened. */
export type Clock = {
  unit: Unit
  origin: Origin
  /** What the counter shows at the beginning of the recording, in ticks; a bigint, for 100 ns since 1601. */
  base: bigint
  baseMs: number
}

export function clockOf(random: Random, unit: Unit, origin: Origin, widest: boolean): Clock {
  if (origin === 'zero') return { unit, origin, base: 0n, baseMs: 0 }
  const epochMs = random.between(1_100_000_000, 1_900_000_000) * 1_000 + random.between(0, 999)
  // A counter since power-on where an epoch has no room, or for the fun of it.
  const uptimeMs = random.between(4_000_000, 600_000_000)
  const baseMs = widest && random.chance(0.7) ? epochMs : uptimeMs
  const since1601 = unit === '100ns' && widest && random.chance(0.6) ? 11_644_473_600_000 : 0
  const wholeMs = unit === 's' ? Math.floor(baseMs / 1_000) * 1_000 : baseMs
  const base =
    unit === 's' || unit === 'float-s'
      ? BigInt(Math.floor(wholeMs / 1_000))
      : BigInt(wholeMs + since1601) * BigInt(ticksPerMs[unit])
  return { unit, origin, base, baseMs: wholeMs }
}

/** What is written for time `t` (ms). A number only for `float-s`. */
export function stamp(clock: Clock, t: number): bigint | number {
  if (clock.unit === 'float-s') return (clock.baseMs + t) / 1_000
  if (clock.unit === 's') return clock.base + BigInt(Math.floor(t / 1_000))
  return clock.base + BigInt(Math.round(t * ticksPerMs[clock.unit]))
}

export function stampedMs(clock: Clock, t: number): number {
  return clock.unit === 's' ? Math.floor(t / 1_000) * 1_000 : t
}

export type TextForm = 'number' | 'decimal' | 'hms' | 'h:ms' | 'iso'

/** The same as text: `number` in ticks, `decimal` seconds, `hms` with thousandths, `iso` a date and time. */
export function stampText(clock: Clock, t: number, form: TextForm): string {
  const whole = clock.baseMs + (clock.unit === 's' ? Math.floor(t / 1_000) * 1_000 : t)
  if (form === 'iso') return new Date(whole).toISOString().replace('T', ' ').replace('Z', '')
  if (form === 'decimal') return (whole / 1_000).toFixed(3)
  if (form === 'number') return String(stamp(clock, t))
  const ms = whole % 86_400_000
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const hours = form === 'hms' ? two(ms / 3_600_000) : String(Math.floor(ms / 3_600_000))
  return `${hours}:${two((ms / 60_000) % 60)}:${two((ms / 1_000) % 60)}.${String(ms % 1_000).padStart(3, '0')}`
}
