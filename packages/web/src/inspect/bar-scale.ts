/** How a file of bytes is drawn along a line: as it is, or so that a footer of 136 bytes is seen beside a film. */
export type BarScale = 'even' | 'true'

export type Place = (offset: number) => number

/** A part narrower than this share of the others' average could not be hit. */
const leastShare = 0.35

/**
 * Places on a bar, 0 to 1, of offsets in a file that is cut at `edges`; never decreasing, 0 at the first edge and 1 at the last.
 *
 * @param edges sorted, at least two
 */
export function barPlaces(edges: readonly number[], scale: BarScale): Place {
  const lengths = edges.slice(1).map((edge, index) => edge - edges[index]!)
  // Cube roots: 8 KB and 8 GB differ by 100, and still look different.
  const weights = scale === 'true' ? lengths : evened(lengths.map((length) => Math.cbrt(length)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const starts = [0]
  for (const weight of weights) starts.push(starts.at(-1)! + weight / (total || 1))
  return (offset) => {
    if (offset <= edges[0]!) return 0
    if (offset >= edges.at(-1)!) return 1
    const index = lastAtMost(edges, offset)
    const share = (offset - edges[index]!) / lengths[index]!
    return Math.min(1, starts[index]! + share * (starts[index + 1]! - starts[index]!))
  }
}

function evened(weights: readonly number[]): number[] {
  const least = (leastShare * weights.reduce((sum, weight) => sum + weight, 0)) / weights.length
  return weights.map((weight) => Math.max(weight, least))
}

/** Index of the last of sorted values that is not above `value`. */
function lastAtMost(values: readonly number[], value: number): number {
  let [low, high] = [0, values.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (values[middle]! <= value) low = middle
    else high = middle - 1
  }
  return low
}
