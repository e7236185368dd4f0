// Rows of a table have no marker of their own: what repeats is their size, and how many there are is written before them.
// Where a number grows from row to row over as many of them, they are records.

import type { Pattern } from './pattern.ts'

const leastRows = 10
const mostRows = 20_000
const mostTables = 20
const mostBytes = 8 * 2 ** 20
const leastSize = 4
const mostSize = 40

/** Tables as patterns of length 0, at the beginnings of rows. */
export function tableRows(bytes: Uint8Array): Pattern[] {
  if (bytes.length > mostBytes) return []
  const tables: Pattern[] = []
  for (let at = 0; at + 4 + leastRows * leastSize <= bytes.length; at++) {
    for (const little of [true, false]) {
      const count = countAt(bytes, at, little)
      if (count < leastRows || count > mostRows || at + 4 + count * leastSize > bytes.length) continue
      const most = Math.min(mostSize, Math.floor((bytes.length - at - 4) / count))
      for (let size = leastSize; size <= most && tables.length < mostTables; size++) {
        if (!hasGrowth(bytes, at + 4, size, count)) continue
        const places = Int32Array.from({ length: count }, (_, row) => at + 4 + row * size)
        tables.push({ start: at + 4, length: 0, places, rowSize: size })
      }
    }
  }
  return tables
}

/** A count of four bytes: no table has so many rows that the upper two are used. */
function countAt(bytes: Uint8Array, at: number, little: boolean): number {
  const [first, second, third, fourth] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!]
  if (little) return third === 0 && fourth === 0 ? first | (second << 8) : 0
  return first === 0 && second === 0 ? (third << 8) | fourth : 0
}

/** Whether a number of three bytes grows along all rows, one after the other. */
function hasGrowth(bytes: Uint8Array, start: number, size: number, count: number): boolean {
  for (let field = 0; field <= size - 3; field++) {
    if (grows(bytes, start + field, size, count, 1) || grows(bytes, start + field + 2, size, count, -1)) return true
  }
  return false
}

/** The most significant byte stands at `place`, the others follow in the direction of `step`. */
function grows(bytes: Uint8Array, place: number, size: number, count: number, step: 1 | -1): boolean {
  let last = -1
  for (let row = 0; row < count; row++) {
    const at = place + row * size
    const value = (bytes[at]! << 16) | (bytes[at + step]! << 8) | bytes[at + 2 * step]!
    if (value <= last) return false
    last = value
  }
  return true
}
