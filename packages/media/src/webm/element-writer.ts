/** Elements as bytes. Sizes take the fewest bytes (RFC 8794 §6), where nothing else is said. */

export function masterElement(id: number, content: readonly Uint8Array[]): Uint8Array {
  return binaryElement(id, concat(content))
}

export function binaryElement(id: number, payload: Uint8Array): Uint8Array {
  return concat([idBytes(id), sizeBytes(payload.length), payload])
}

export function textElement(id: number, text: string): Uint8Array {
  return binaryElement(id, new TextEncoder().encode(text))
}

/** `length` fixes the bytes of the payload, for values that are known only when sizes have to be. */
export function unsignedElement(id: number, value: number, length: number = bytesOf(value)): Uint8Array {
  return binaryElement(id, bigEndian(value, length))
}

export function floatElement(id: number, value: number): Uint8Array {
  const payload = new Uint8Array(8)
  new DataView(payload.buffer).setFloat64(0, value)
  return binaryElement(id, payload)
}

export function idBytes(id: number): Uint8Array {
  return bigEndian(id, bytesOf(id))
}

/** A size in 8 bytes: 0x01 and 56 bits. */
export function longSizeBytes(size: number): Uint8Array {
  const bytes = bigEndian(size, 8)
  bytes[0] = 1
  return bytes
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function sizeBytes(size: number): Uint8Array {
  let length = 1
  // All ones is the unknown size, hence the - 1.
  while (size >= 2 ** (7 * length) - 1) length++
  const bytes = bigEndian(size, length)
  bytes[0]! |= 0x100 >> length
  return bytes
}

function bytesOf(value: number): number {
  let length = 1
  while (value >= 2 ** (8 * length)) length++
  return length
}

function bigEndian(value: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let rest = value
  for (let index = length - 1; index >= 0; index--) {
    bytes[index] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return bytes
}
