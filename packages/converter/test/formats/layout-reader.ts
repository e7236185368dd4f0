import type { ValueForm } from './number-form.ts'
import type { Place } from './tape.ts'
import type { TimeCode } from './time-code.ts'

/**
 * Reads what a layout says where it says it. Written apart from what writes, so that a mistake of one is no rule of
 * both: numbers are put together byte by byte, text must stand alone (no digit before it or behind it).
 */
export function readTime(bytes: Uint8Array, place: Place, code: TimeCode): number {
  if (code.form === 'int') {
    const units = wholeAt(bytes, place.timeAt!, code.width, code.order) - code.start
    return inMs(units, code.unit)
  }
  if (code.form === 'float') {
    const scale = code.unit === 's' ? 1000 : 1
    return (floatAt(bytes, place.timeAt!, code.width, code.order) - Number(code.start) / scale) * scale
  }
  if (code.form === 'digits')
    return inMs(BigInt(textAt(bytes, place.timeAt!, place.wide, /^\d+/)) - code.start, code.unit)
  if (code.form === 'seconds') {
    const [whole, fraction] = textAt(bytes, place.timeAt!, place.wide, /^\d+\.\d+/).split('.')
    return (
      (Number(whole) - Math.floor(Number(code.start) / 1000)) * 1000 -
      Number(code.start % 1000n) +
      Number(`0.${fraction}`) * 1000
    )
  }
  if (code.form === 'date') {
    const text = textAt(bytes, place.timeAt!, place.wide, /^\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d\.\d{3}Z?/)
    return Date.parse(`${text.replace('Z', '').replaceAll('/', '-').replace(' ', 'T')}Z`) - Number(code.start)
  }
  const text = textAt(bytes, place.timeAt!, place.wide, /^\d+(:\d\d){1,2}([.,]\d{3})?/).replace(',', '.')
  const ms = text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) * 1000
  return ms - Number(code.start)
}

export function readValue(bytes: Uint8Array, place: Place, form: ValueForm): number {
  const at = place.valueAt!
  if (form.form === 'int') return Number(wholeAt(bytes, at, form.width, form.order))
  if (form.form === 'f64') return floatAt(bytes, at, 8, form.order)
  if (form.form === 'varint') return bytes[at]! < 128 ? bytes[at]! : Number.NaN
  return Number(textAt(bytes, at, place.wide, /^\d+/))
}

function inMs(units: bigint, unit: 's' | 'ms' | 'us' | '100ns'): number {
  const perMs = { s: 0.001, ms: 1, us: 1000, '100ns': 10_000 }[unit]
  return Number(units) / perMs
}

function wholeAt(bytes: Uint8Array, at: number, width: number, order: 'le' | 'be'): bigint {
  let value = 0n
  for (let i = 0; i < width; i++) {
    value = value * 256n + BigInt(bytes[order === 'be' ? at + i : at + width - 1 - i]!)
  }
  return value
}

function floatAt(bytes: Uint8Array, at: number, width: 4 | 8, order: 'le' | 'be'): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return width === 4 ? view.getFloat32(at, order === 'le') : view.getFloat64(at, order === 'le')
}

function textAt(bytes: Uint8Array, at: number, wide: boolean, pattern: RegExp): string {
  const step = wide ? 2 : 1
  const letters: string[] = []
  for (let i = 0; i < 40 && at + i * step < bytes.length; i++) letters.push(String.fromCharCode(bytes[at + i * step]!))
  const found = pattern.exec(letters.join(''))?.[0] ?? ''
  const before = at >= step ? String.fromCharCode(bytes[at - step]!) : ''
  const behind = letters[found.length] ?? ''
  if (found === '' || /\d/.test(before) || /\d/.test(behind)) throw new Error(`no text number of its own at ${at}`)
  return found
}
