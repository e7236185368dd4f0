export type Point = { x: number; y: number }

export type Line = {
  /** y at x = 0. */
  offset: number
  slope: number
  /** Points on it, within the tolerance. */
  agreeing: Point[]
}

const mostRefinements = 3

/**
 * The line on which most points lie, whatever the others do: the best through any two of them, refined by Theil and Sen's median of
 * slopes over those on it. Null: there are fewer than 2 points.
 */
export function agreeingLine(points: readonly Point[], tolerance: number, mostSlope: number): Line | null {
  let best: Line | null = null
  for (const [index, first] of points.entries()) {
    for (const second of points.slice(index + 1)) {
      if (first.x === second.x) continue
      const slope = (second.y - first.y) / (second.x - first.x)
      if (Math.abs(slope) > mostSlope) continue
      const line = withAgreeing(first.y - slope * first.x, slope, points, tolerance)
      if (line.agreeing.length > (best?.agreeing.length ?? 0)) best = line
    }
  }
  for (let round = 0; best !== null && round < mostRefinements; round++) {
    const refined = theilSen(best.agreeing, points, tolerance)
    if (refined === null || refined.agreeing.length < best.agreeing.length || Math.abs(refined.slope) > mostSlope) break
    best = refined
  }
  return best
}

function theilSen(agreeing: readonly Point[], points: readonly Point[], tolerance: number): Line | null {
  const slopes = agreeing.flatMap((first, index) =>
    agreeing
      .slice(index + 1)
      .flatMap((second) => (second.x === first.x ? [] : [(second.y - first.y) / (second.x - first.x)])),
  )
  if (slopes.length === 0) return null
  const slope = median(slopes)
  return withAgreeing(median(agreeing.map(({ x, y }) => y - slope * x)), slope, points, tolerance)
}

function withAgreeing(offset: number, slope: number, points: readonly Point[], tolerance: number): Line {
  return { offset, slope, agreeing: points.filter(({ x, y }) => Math.abs(y - offset - slope * x) <= tolerance) }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
