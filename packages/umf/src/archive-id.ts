import { fromHex, toHex } from './sha256.ts'

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** A new archive's id: a UUIDv7 (RFC 9562 §5.7), lower-case. */
export function newArchiveId(now: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  new DataView(bytes.buffer).setBigUint64(0, (BigInt(now) << 16n) | BigInt((bytes[6]! << 8) | bytes[7]!))
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return idText(bytes)
}

export function isArchiveId(text: string): boolean {
  return form.test(text)
}

/** @param bytes 16 */
export function idText(bytes: Uint8Array): string {
  const hex = toHex(bytes)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** @param text a lower-case UUID */
export function idBytes(text: string): Uint8Array {
  return fromHex(text.replaceAll('-', ''))
}
