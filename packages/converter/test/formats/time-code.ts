import { floatBytes, intBytes, type Order } from './number-form.ts'
import type { Draw } from './seeded-draw.ts'
import { TICKS_PER_MS } from './tracks.ts'

export type Unit = 's' | 'ms' | 'us' | '100ns'
/** What a written time counts from: the start, or a clock of its own whose start stands in the head, or nowhere. */
export type Origin = 'zero' | 'head' | 'first'
export type ClockStyle = 'hh:mm:ss.mmm' | 'hh:mm:ss,mmm' | 'h:mm:ss.mmm' | 'mm:ss.mmm' | 'hh:mm:ss'
export type DateStyle = 'T.Z' | ' .' | '/.'

/** How a format writes times. `start` is what it would write at 0, in its unit (dates and clocks: in ms). */
export type TimeCode = { origin: Origin; start: bigint } & (
  | { form: 'int'; unit: Unit; width: number; order: Order }
  | { form: 'float'; unit: 's' | 'ms'; width: 4 | 8; order: Order }
  | { form: 'digits'; unit: 'ms' | 'us' | '100ns'; pad: number }
  | { form: 'seconds'; decimals: 3 | 6 }
  | { form: 'clock'; style: ClockStyle }
  | { form: 'date'; style: DateStyle }
)

const TICKS: Record<Unit, number> = { s: 1000 * TICKS_PER_MS, ms: TICKS_PER_MS, us: TICKS_PER_MS / 1000, '100ns': 1 }

export interface Said {
  /** What is written. */
  text: string | Uint8Array
  /** The time that this says, in ms from the start to three decimals: what is finer was lost in writing. */
  ms: number
}

export function sayTime(code: TimeCode, tick: number): Said {
  if (code.form === 'int' || code.form === 'digits') {
    const units = Math.floor(tick / TICKS[code.unit])
    const stored = code.start + BigInt(units)
    const text =
      code.form === 'int' ? intBytes(stored, code.width, code.order) : stored.toString().padStart(code.pad, '0')
    return { text, ms: thousandths((units * TICKS[code.unit]) / TICKS_PER_MS) }
  }
  if (code.form === 'float') {
    const unitMs = code.unit === 's' ? 1000 : 1
    const rounded = (value: number): number => (code.width === 4 ? Math.fround(value) : value)
    const start = rounded(Number(code.start) / unitMs)
    const stored = rounded(start + tick / TICKS_PER_MS / unitMs)
    return { text: floatBytes(stored, code.width, code.order), ms: thousandths((stored - start) * unitMs) }
  }
  if (code.form === 'seconds') {
    const units = Math.floor(tick / (code.decimals === 3 ? TICKS.ms : TICKS.us))
    const stored = (code.start * (code.decimals === 3 ? 1n : 1000n) + BigInt(units)).toString()
    const digits = stored.padStart(code.decimals + 1, '0')
    const text = `${digits.slice(0, -code.decimals)}.${digits.slice(-code.decimals)}`
    return { text, ms: code.decimals === 3 ? units : thousandths(units / 1000) }
  }
  const ms = Math.floor(tick / TICKS_PER_MS)
  if (code.form === 'date') return { text: date(Number(code.start) + ms, code.style), ms }
  // A clock without a fraction shows whole seconds; its start is one, too.
  const shown = code.style === 'hh:mm:ss' ? ms - (ms % 1000) : ms
  return { text: clock(Number(code.start) + shown, code.style), ms: shown }
}

/** The start as the head has it: written like every other time. */
export function sayStart(code: TimeCode): string | Uint8Array {
  return sayTime(code, 0).text
}

function thousandths(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

function clock(ms: number, style: ClockStyle): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const minutes = Math.floor(ms / 60_000)
  const seconds = two(Math.floor(ms / 1000) % 60)
  const fraction = String(ms % 1000).padStart(3, '0')
  const hours = Math.floor(minutes / 60)
  if (style === 'mm:ss.mmm') return `${two(minutes)}:${seconds}.${fraction}`
  if (style === 'h:mm:ss.mmm') return `${hours}:${two(minutes % 60)}:${seconds}.${fraction}`
  const whole = `${two(hours)}:${two(minutes % 60)}:${seconds}`
  return style === 'hh:mm:ss' ? whole : `${whole}${style[8]}${fraction}`
}

function date(ms: number, style: DateStyle): string {
  const iso = new Date(ms).toISOString()
  if (style === 'T.Z') return iso
  const plain = iso.replace('T', ' ').replace('Z', '')
  return style === ' .' ? plain : plain.replaceAll('-', '/')
}

/** A moment of a working day between 1998 and 2025, in ms of Unix time. */
export function drawEpoch(draw: Draw): number {
  const day = draw.whole(Date.UTC(1998, 0, 1) / 86_400_000, Date.UTC(2025, 5, 1) / 86_400_000)
  return day * 86_400_000 + draw.whole(8 * 3_600_000, 18 * 3_600_000)
}

export function describeTime(code: TimeCode): string {
  const from =
    code.origin === 'zero' ? 'from 0' : code.origin === 'head' ? 'from a start in the head' : 'from the first'
  if (code.form === 'int') return `${code.unit} in u${8 * code.width}${code.order} ${from}`
  if (code.form === 'float') return `${code.unit} in f${8 * code.width}${code.order} ${from}`
  if (code.form === 'digits') return `${code.unit} in text${code.pad > 0 ? ` of ${code.pad} digits` : ''} ${from}`
  if (code.form === 'seconds') return `s in text with ${code.decimals} decimals ${from}`
  return `${code.form} ${code.style} ${from}`
}
