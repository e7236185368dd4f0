// Finds where a body's head ends: what comes before the first media, which every player needs first.

type Piece = { bytes: Uint8Array; sync: boolean }

/** More than this without media: no head that we know. */
const maxHeadBytes = 64 * 1024

/** Passes bytes on, cut where the head ends; the piece after that is marked `sync`. */
export interface BodyHead {
  push(bytes: Uint8Array): Piece[]
  finish(): Piece[]
}

export function bodyHead(): BodyHead {
  let held: Uint8Array | null = new Uint8Array(0)
  return {
    push(bytes) {
      if (held === null) return [{ bytes, sync: false }]
      const joined = new Uint8Array(held.length + bytes.length)
      joined.set(held)
      joined.set(bytes, held.length)
      const end = mediaStart(joined, 0)
      if (end === null && joined.length <= maxHeadBytes) {
        held = joined
        return []
      }
      held = null
      if (end === null || end === 0) return [{ bytes: joined, sync: false }]
      return [
        { bytes: joined.subarray(0, end), sync: false },
        { bytes: joined.subarray(end), sync: true },
      ]
    },
    finish() {
      const rest = held
      held = null
      return rest === null || rest.length === 0 ? [] : [{ bytes: rest, sync: false }]
    },
  }
}

/**
 * The first place at or after `from` where media begins: a Matroska Cluster of unknown or 8-byte size (RFC 9559 §5.1.3)
 * followed by its Timestamp, or a `moof` followed by its `mfhd` (ISO 14496-12 §8.8.4). Null where there is none.
 */
export function mediaStart(bytes: Uint8Array, from: number): number | null {
  for (let at = from; at + 16 <= bytes.length; at++) {
    if (isCluster(bytes, at) || isMoof(bytes, at)) return at
  }
  return null
}

function isCluster(bytes: Uint8Array, at: number): boolean {
  const [a, b, c, d] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]
  if (a !== 0x1f || b !== 0x43 || c !== 0xb6 || d !== 0x75) return false
  const sizeLength = Math.clz32(bytes[at + 4]!) - 23 // EBML VINT: leading zero bits + 1 (RFC 8794 §4)
  return sizeLength >= 1 && sizeLength <= 8 && bytes[at + 4 + sizeLength] === 0xe7
}

function isMoof(bytes: Uint8Array, at: number): boolean {
  return fourcc(bytes, at + 4) === 'moof' && fourcc(bytes, at + 12) === 'mfhd'
}

function fourcc(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!)
}
