// A short marker occurs by chance as well. The true records agree in more than the marker: flags, zeros, what else a format
// writes each time. Who disagrees there with all others is none of them.

import type { Pattern } from './pattern.ts'

const leastRecords = 12
const around = 16
/** This share of records agrees where all that are true agree. */
const agreed = 0.9

/** Those of the records that agree with the others in the bytes around their markers. */
export function inCompany(bytes: Uint8Array, pattern: Pattern, used: number[]): number[] {
  if (used.length < leastRecords) return used
  const strange = { left: new Int32Array(used.length), right: new Int32Array(used.length) }
  const columns = { left: 0, right: 0 }
  for (let offset = -around; offset < pattern.length + around; offset++) {
    if (offset === 0) offset = pattern.length
    const usual = usualByte(bytes, pattern, used, offset)
    if (usual < 0) continue
    const side = offset < 0 ? 'left' : 'right'
    columns[side]++
    used.forEach((at, index) => {
      if (bytes[pattern.places[at]! + offset] !== usual) strange[side][index]!++
    })
  }
  // The first and the last of a row have no neighbour on one side: a stranger is one on both.
  if (columns.left < 2 || columns.right < 2) return used
  return used.filter(
    (_, index) => strange.left[index]! < columns.left * 0.6 || strange.right[index]! < columns.right * 0.6,
  )
}

/** The byte that nearly all have there; -1 if there is none, or all have it. */
function usualByte(bytes: Uint8Array, pattern: Pattern, used: readonly number[], offset: number): number {
  const counts = new Map<number, number>()
  for (const at of used) {
    const byte = bytes[pattern.places[at]! + offset] ?? -1
    counts.set(byte, (counts.get(byte) ?? 0) + 1)
    if (counts.size > used.length * 0.2 + 1) return -1
  }
  for (const [byte, count] of counts) if (count >= used.length * agreed && count < used.length) return byte
  return -1
}
