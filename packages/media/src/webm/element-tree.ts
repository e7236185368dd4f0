import { MediaError } from '../media-error.ts'

/** One element of a master element that was collected whole. */
export type Element = {
  id: number
  /** Header and payload. */
  whole: Uint8Array
  payload: Uint8Array
}

/**
 * The children of a master element's payload, in order.
 *
 * @param bodyOffset place of `payload` in the body, for errors
 * @throws MediaError `malformed` where a child has no valid header or is longer than its parent
 */
export function* children(payload: Uint8Array, bodyOffset: number): Generator<Element> {
  let at = 0
  while (at < payload.length) {
    const id = readId(payload, at)
    const sizeAt = at + id.length
    const size = readSize(payload, sizeAt)
    const dataAt = sizeAt + size.length
    // RFC 8794 §6.2: an unknown size is for masters that say so, which none of the collected ones does.
    if (id.length === 0 || size.length === 0 || size.value < 0 || size.value > payload.length - dataAt) {
      throw new MediaError('malformed', 'element does not fit its parent', bodyOffset + at)
    }
    const end = dataAt + size.value
    yield { id: id.value, whole: payload.subarray(at, end), payload: payload.subarray(dataAt, end) }
    at = end
  }
}

/** RFC 8794 §7.2: big-endian, 0 to 8 bytes, empty means 0. */
export function readUnsigned(payload: Uint8Array, bodyOffset: number): number {
  if (payload.length > 8) throw new MediaError('malformed', 'integer of more than 8 bytes', bodyOffset)
  let value = 0
  for (const byte of payload) value = value * 256 + byte
  if (!Number.isSafeInteger(value)) throw new MediaError('too-large', 'integer over 2^53', bodyOffset)
  return value
}

/** RFC 8794 §7.1: two's complement. */
export function readSigned(payload: Uint8Array, bodyOffset: number): number {
  if (payload.length > 8) throw new MediaError('malformed', 'integer of more than 8 bytes', bodyOffset)
  if (payload.length === 0) return 0
  let value = payload[0]! > 127 ? -1 : 0
  for (const byte of payload) value = value * 256 + byte
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value))
}

/** RFC 8794 §7.3: 0, 4 or 8 bytes. */
export function readFloat(payload: Uint8Array, bodyOffset: number): number {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  if (payload.length === 0) return 0
  if (payload.length === 4) return view.getFloat32(0)
  if (payload.length === 8) return view.getFloat64(0)
  throw new MediaError('malformed', 'float of neither 4 nor 8 bytes', bodyOffset)
}

/** RFC 8794 §7.4, §7.5: ends at the first NUL. */
export function readText(payload: Uint8Array): string {
  const nul = payload.indexOf(0)
  return new TextDecoder().decode(nul < 0 ? payload : payload.subarray(0, nul))
}

function readId(bytes: Uint8Array, at: number): { value: number; length: number } {
  const first = bytes[at] ?? 0
  const length = first === 0 ? 0 : Math.clz32(first) - 23
  if (length > 4 || at + length > bytes.length) return { value: 0, length: 0 }
  let value = 0
  for (let index = 0; index < length; index++) value = value * 256 + bytes[at + index]!
  return { value, length }
}

/** `value` is -1 for the reserved unknown size; `length` is 0 where there is no valid size. */
function readSize(bytes: Uint8Array, at: number): { value: number; length: number } {
  const first = bytes[at] ?? 0
  const length = first === 0 ? 0 : Math.clz32(first) - 23
  if (at + length > bytes.length) return { value: 0, length: 0 }
  let value = first & (0xff >> length)
  let ones = value === 0xff >> length
  for (let index = 1; index < length; index++) {
    const byte = bytes[at + index]!
    value = value * 256 + byte
    ones &&= byte === 0xff
  }
  return { value: ones ? -1 : value, length }
}
