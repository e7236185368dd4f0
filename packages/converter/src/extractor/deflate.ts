import type { ByteWindow } from './byte-window.ts'
import type { Walk } from './walk.ts'

const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]
const distanceExtra = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13]
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
]
const codeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
const REFILL = 64 * 1024

/** Bit-reversed code → symbol × 16 + length, by the first bits; longer codes by a second look. 0: no such code. */
type Code = { table: Uint16Array; bits: number }

function makeCode(lengths: Uint8Array, count: number): Code | null {
  const counts = new Uint16Array(16)
  for (let index = 0; index < count; index++) counts[lengths[index]!]!++
  const used = count - counts[0]!
  counts[0] = 0
  let bits = 1
  let left = 1
  for (let length = 1; length < 16; length++) {
    left = left * 2 - counts[length]!
    if (left < 0) return null
    if (counts[length]! > 0) bits = length
  }
  // RFC 1951 §3.2.7: a single code may be incomplete, others may not.
  if (left > 0 && used > 1) return null
  const next = new Uint16Array(16)
  for (let length = 1, code = 0; length < 16; length++) {
    code = (code + counts[length - 1]!) << 1
    next[length] = code
  }
  const table = new Uint16Array(1 << bits)
  for (let symbol = 0; symbol < count; symbol++) {
    const length = lengths[symbol]!
    if (length === 0) continue
    let reversed = 0
    for (let bit = 0, code = next[length]!++; bit < length; bit++) reversed |= ((code >> bit) & 1) << (length - 1 - bit)
    for (let index = reversed; index < table.length; index += 1 << length) table[index] = symbol * 16 + length
  }
  return { table, bits }
}

const fixedLengths = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280)
const fixedCode = makeCode(fixedLengths, 288)!
const fixedDistances = makeCode(new Uint8Array(32).fill(5), 32)!

/**
 * Where a deflate stream (RFC 1951) ends, and how long it would be inflated. Nothing is inflated: symbols are read for
 * their lengths, so that a bomb costs no more than its own bytes.
 */
export function* walkDeflate(window: ByteWindow, from: number): Walk<{ end: number; inflated: number } | null> {
  const lengths = new Uint8Array(320)
  let at = from
  let hold = 0
  let held = 0
  let inflated = 0
  let final = false
  let ended = false

  while (!final) {
    // A header of a block is at most 320 × 14 bits and some: seen at once.
    if (!window.has(at, 1024)) yield* window.most(at, REFILL)
    while (held < 3) {
      if (at >= window.end) return null
      hold |= window.u8(at++) << held
      held += 8
    }
    final = (hold & 1) === 1
    const kind = (hold >> 1) & 3
    hold >>>= 3
    held -= 3
    if (kind === 3) return null
    if (kind === 0) {
      at -= held >> 3
      hold = 0
      held = 0
      if (!(yield* window.need(at, 4)) || (window.le16(at) ^ window.le16(at + 2)) !== 0xffff) return null
      const stored = window.le16(at)
      if (!(yield* window.reaches(at + 4 + stored))) return null
      inflated += stored
      at += 4 + stored
      continue
    }
    let literals = fixedCode
    let distances: Code = fixedDistances
    if (kind === 2) {
      const need = (bits: number): boolean => {
        while (held < bits) {
          if (at >= window.end) return false
          hold |= window.u8(at++) << held
          held += 8
        }
        return true
      }
      const take = (bits: number): number => {
        const value = hold & ((1 << bits) - 1)
        hold >>>= bits
        held -= bits
        return value
      }
      if (!need(14)) return null
      const literalCount = take(5) + 257
      const distanceCount = take(5) + 1
      const codeCount = take(4) + 4
      if (literalCount > 286 || distanceCount > 30) return null
      lengths.fill(0, 0, 19)
      for (let index = 0; index < codeCount; index++) {
        if (!need(3)) return null
        lengths[codeOrder[index]!] = take(3)
      }
      const codeCode = makeCode(lengths, 19)
      if (codeCode === null) return null
      const total = literalCount + distanceCount
      for (let index = 0; index < total; ) {
        if (!need(codeCode.bits) && held === 0) return null
        const entry = codeCode.table[hold & (codeCode.table.length - 1)]!
        if (entry === 0 || (entry & 15) > held) return null
        take(entry & 15)
        const symbol = entry >> 4
        if (symbol < 16) {
          lengths[index++] = symbol
          continue
        }
        const extra = symbol === 16 ? 2 : symbol === 17 ? 3 : 7
        if (!need(extra)) return null
        const repeat = take(extra) + (symbol === 18 ? 11 : 3)
        if ((symbol === 16 && index === 0) || index + repeat > total) return null
        lengths.fill(symbol === 16 ? lengths[index - 1]! : 0, index, index + repeat)
        index += repeat
      }
      if (lengths[256] === 0) return null
      const distanceLengths = lengths.slice(literalCount, total)
      const made = makeCode(lengths, literalCount)
      const madeDistances = makeCode(distanceLengths, distanceCount)
      if (made === null || madeDistances === null) return null
      literals = made
      distances = madeDistances
    }
    // The hot loop: codes of at most 15 bits, with at most 13 more.
    const literalTable = literals.table
    const literalMask = literalTable.length - 1
    const distanceTable = distances.table
    const distanceMask = distanceTable.length - 1
    for (;;) {
      if (at + 16 > window.end && !ended) ended = (yield* window.most(at, REFILL)) < 16
      const bytes = window.bytes
      const base = window.start
      const behind = window.end
      while (held < 15 && at < behind) {
        hold |= bytes[at++ - base]! << held
        held += 8
      }
      const entry = literalTable[hold & literalMask]!
      const used = entry & 15
      if (entry === 0 || used > held) return null
      hold >>>= used
      held -= used
      const symbol = entry >> 4
      if (symbol < 256) {
        inflated++
        continue
      }
      if (symbol === 256) break
      const lengthIndex = symbol - 257
      if (lengthIndex > 28) return null
      while (held < 20 && at < behind) {
        hold |= bytes[at++ - base]! << held
        held += 8
      }
      const extra = lengthExtra[lengthIndex]!
      const length = lengthBase[lengthIndex]! + (hold & ((1 << extra) - 1))
      hold >>>= extra
      held -= extra
      const distanceEntry = distanceTable[hold & distanceMask]!
      const distanceUsed = distanceEntry & 15
      if (distanceEntry === 0 || distanceUsed > held) return null
      hold >>>= distanceUsed
      held -= distanceUsed
      const distanceSymbol = distanceEntry >> 4
      if (distanceSymbol > 29) return null
      const more = distanceExtra[distanceSymbol]!
      while (held < more && at < behind) {
        hold |= bytes[at++ - base]! << held
        held += 8
      }
      if (held < more) return null
      // RFC 1951 §2: nothing is copied from before the beginning.
      if (distanceBase[distanceSymbol]! + (hold & ((1 << more) - 1)) > inflated) return null
      hold >>>= more
      held -= more
      inflated += length
    }
  }
  return { end: at - (held >> 3), inflated }
}
