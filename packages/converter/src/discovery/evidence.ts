// How improbable a fit is by chance, in bits: the difference between what the bytes cost to write down without and with the
// explanation (minimum description length). Nothing is believed below a threshold that pays for the number of guesses.

const factorials: number[] = [0]

/** log2(n!) */
export function log2Factorial(n: number): number {
  for (let each = factorials.length; each <= n; each++) factorials.push(factorials[each - 1]! + Math.log2(each))
  return factorials[n]!
}

/** log2 of the number of ways to choose k of n. */
export function log2Choose(n: number, k: number): number {
  return log2Factorial(n) - log2Factorial(k) - log2Factorial(n - k)
}

const counts = new Float64Array(256)

/** log2 of the number of ways to put n into so many cells, in no order: what sorted numbers cost. */
export function log2Sorted(n: number, cells: number): number {
  // Nothing but the order is saved where there is room for all.
  if (cells > 1e4 * n) return n * Math.log2(cells) - log2Factorial(n)
  return log2Gamma(n + cells) - log2Gamma(cells) - log2Factorial(n)
}

/** log2 of the gamma function, for numbers of at least 1 (Stirling's series). */
function log2Gamma(x: number): number {
  let shift = 0
  let at = x
  for (; at < 8; at++) shift += Math.log2(at)
  const series = 1 / (12 * at) - 1 / (360 * at ** 3)
  return ((at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series) / Math.LN2 - shift
}

/** What a column of bytes costs by an adaptive order-0 code: nothing where it is constant, 8 bits where it is noise. */
export function byteColumnBits(column: ArrayLike<number>): number {
  const weight = 0.01
  let at = 1
  while (at < column.length && column[at] === column[0]) at++
  if (at >= column.length) return 0
  counts.fill(0)
  let bits = 0
  for (at = 0; at < column.length; at++) {
    const byte = column[at]!
    bits -= Math.log2((counts[byte]! + weight) / (at + 256 * weight))
    counts[byte]!++
  }
  return Math.min(bits, 8 * column.length)
}

/** Places in `values` of a longest run-through that never falls; NaN is left out. */
export function longestGrowth(values: ArrayLike<number>): number[] {
  if (grows(values)) return Array.from(values, (_, at) => at)
  const tails: number[] = []
  const before = new Int32Array(values.length).fill(-1)
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!
    if (Number.isNaN(value)) continue
    let low = 0
    let high = tails.length
    while (low < high) {
      const middle = (low + high) >> 1
      const tail = values[tails[middle]!]!
      if (tail <= value) low = middle + 1
      else high = middle
    }
    before[at] = low > 0 ? tails[low - 1]! : -1
    tails[low] = at
  }
  const chain: number[] = []
  for (let at = tails.at(-1) ?? -1; at >= 0; at = before[at]!) chain.push(at)
  return chain.reverse()
}

function grows(values: ArrayLike<number>): boolean {
  for (let at = 0; at < values.length; at++) {
    if (Number.isNaN(values[at]!)) return false
    if (at > 0 && values[at]! < values[at - 1]!) return false
  }
  return true
}

/** Bits above chance below which nothing is believed: the shorter a marker, the more of its kind have been tried. */
export function leastBits({ length, rowSize, kind }: { length: number; rowSize?: number; kind?: true }): number {
  if (rowSize !== undefined) return 48
  if (kind) return 24
  return length >= 6 || length === 0 ? 24 : length === 5 ? 26 : length === 4 ? 32 : length === 3 ? 46 : 70
}

/** The same where other records of the format are known already. */
export const leastBitsOfRelative = 11
