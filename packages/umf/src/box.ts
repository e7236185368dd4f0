// Boxes at the top of the file and in the index (ISO/IEC 14496-12 §4.2), of which this format needs few.
import type { Source } from './source.ts'
import { UmfError } from './umf-error.ts'

export type BoxHeader = { type: string; offset: number; headerSize: 8 | 16; size: number }

export const HEAD_BYTES = 8192
/** Bounds of SPEC.md: of an index box, a record. */
export const MOST_INDEX_BYTES = 67_108_864
export const MOST_BOXES = 1_048_576

/**
 * The box at `offset`, whose first bytes are given; null where fewer than its header came, or it ends past `limit`.
 *
 * @param first up to 16 bytes from `offset` on
 */
export function readBoxHeader(first: Uint8Array, offset: number, limit: number): BoxHeader | null {
  if (first.length < 8) return null
  const view = new DataView(first.buffer, first.byteOffset, first.byteLength)
  const short = view.getUint32(0)
  const type = fourcc(first, 4)
  if (short === 1) {
    if (first.length < 16) return null
    const size = Number(view.getBigUint64(8))
    return size < 16 || offset + size > limit ? null : { type, offset, headerSize: 16, size }
  }
  return short < 8 || offset + short > limit ? null : { type, offset, headerSize: 8, size: short }
}

/** Whole boxes from `from` on, until one is not whole or `to` is reached; reads 4 KiB at a time. */
export async function* walkBoxes(source: Source, from: number, to: number): AsyncGenerator<BoxHeader> {
  let window: Uint8Array = new Uint8Array(0)
  let start = from
  let at = from
  for (let count = 0; at + 8 <= to; count++) {
    if (count === MOST_BOXES) throw new UmfError('too-large', `more than ${MOST_BOXES} boxes`, at)
    if (at + Math.min(16, to - at) > start + window.length) {
      start = at
      window = await source.read(at, Math.min(4096, to - at))
    }
    const header = readBoxHeader(window.subarray(at - start, at - start + 16), at, to)
    if (header === null) return
    yield header
    at += header.size
  }
}

export function fourcc(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!)
}

/** The header of a box whose payload has `length` bytes. */
export function boxHeader(type: string, length: number): Uint8Array {
  const long = length + 8 >= 2 ** 32
  const bytes = new Uint8Array(long ? 16 : 8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, long ? 1 : length + 8)
  for (let index = 0; index < 4; index++) bytes[4 + index] = type.charCodeAt(index)
  if (long) view.setBigUint64(8, BigInt(length + 16))
  return bytes
}

/** A small box, in one piece. */
export function box(type: string, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, piece) => sum + piece.length, 0)
  return joined([boxHeader(type, length), ...content])
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
