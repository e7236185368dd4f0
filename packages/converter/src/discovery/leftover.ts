// What is left of an archive when everything known is taken out, as one piece, so that patterns are found across the gaps.

export type ByteRange = { offset: number; length: number }

export type Leftover = {
  bytes: Uint8Array
  /** Where in the archive a byte of the piece stands. */
  offsetOf(place: number): number
}

/** Longest piece that is looked at: what comes behind is not read. */
const mostBytes = 64 * 2 ** 20
const gap = 64

/** The ranges behind each other, with bytes between them that repeat nothing and mean nothing. */
export function leftoverOf(bytes: Uint8Array, ranges: readonly ByteRange[] | undefined): Leftover {
  if (ranges === undefined) return { bytes: bytes.subarray(0, mostBytes), offsetOf: (place) => place }
  const inside = ranges
    .map(({ offset, length }) => ({ offset: Math.max(0, offset), end: Math.min(bytes.length, offset + length) }))
    .filter(({ offset, end }) => end > offset)
    .sort((a, b) => a.offset - b.offset)
  const size = inside.reduce((sum, { offset, end }) => sum + end - offset + gap, 0)
  const piece = new Uint8Array(Math.min(mostBytes, size))
  const starts: { place: number; offset: number }[] = []
  let place = 0
  let noise = 0x2545f491
  for (const { offset, end } of inside) {
    if (place >= piece.length) break
    starts.push({ place, offset })
    piece.set(bytes.subarray(offset, Math.min(end, offset + piece.length - place)), place)
    place += end - offset
    for (let filled = 0; filled < gap && place < piece.length; filled++, place++) {
      noise ^= noise << 13
      noise ^= noise >>> 17
      noise ^= noise << 5
      piece[place] = (noise & 127) | 128
    }
  }
  return { bytes: piece, offsetOf: (at) => offsetIn(starts, at) }
}

function offsetIn(starts: readonly { place: number; offset: number }[], place: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]!.place <= place) low = middle
    else high = middle - 1
  }
  const start = starts[low]
  return start === undefined ? place : start.offset + place - start.place
}
