import type { Draw } from './seeded-draw.ts'

export type Order = 'le' | 'be'

/** How a format writes the number of a slide or speaker. */
export type ValueForm =
  | { form: 'int'; width: number; order: Order }
  /** Text, padded with zeros to `pad` digits. */
  | { form: 'digits'; pad: number }
  | { form: 'f64'; order: Order }
  /** Base-128, as in protocol buffers; below 128 that is one byte. */
  | { form: 'varint' }

export function intBytes(value: number | bigint, width: number, order: Order): Uint8Array {
  const out = new Uint8Array(width)
  let rest = BigInt.asUintN(8 * width, BigInt(value))
  for (let i = 0; i < width; i++) {
    out[order === 'le' ? i : width - 1 - i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return out
}

export function floatBytes(value: number, width: 4 | 8, order: Order): Uint8Array {
  const view = new DataView(new ArrayBuffer(width))
  if (width === 4) view.setFloat32(0, value, order === 'le')
  else view.setFloat64(0, value, order === 'le')
  return new Uint8Array(view.buffer)
}

export function varint(value: number): Uint8Array {
  const out: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    out.push((rest % 128) + (rest >= 128 ? 128 : 0))
    if (rest < 128) return Uint8Array.from(out)
  }
}

export function sayValue(form: ValueForm, value: number): Uint8Array | string {
  if (form.form === 'int') return intBytes(value, form.width, form.order)
  if (form.form === 'f64') return floatBytes(value, 8, form.order)
  if (form.form === 'varint') return varint(value)
  return String(value).padStart(form.pad, '0')
}

/** The largest number that the form holds, as far as these formats use it. */
export function mostOf(form: ValueForm): number {
  if (form.form === 'int') return 256 ** Math.min(form.width, 4) - 1
  return form.form === 'varint' ? 127 : 999_999_999
}

export function textValue(draw: Draw): ValueForm {
  return { form: 'digits', pad: draw.pick([0, 0, 0, 2, 3, 4]) }
}

export function binaryValue(draw: Draw, orders: readonly Order[] = ['le', 'be']): ValueForm {
  return { form: 'int', width: draw.pick([1, 1, 2, 2, 2, 4, 4, 4, 3, 5, 6, 7, 8, 8]), order: draw.pick(orders) }
}

export function describeValue(form: ValueForm): string {
  if (form.form === 'int') return `u${8 * form.width}${form.order}`
  return form.form === 'digits' ? `text${form.pad > 0 ? ` of ${form.pad} digits` : ''}` : form.form
}
