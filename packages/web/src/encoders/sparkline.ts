import { html, svg, type TemplateResult } from 'lit'

const width = 120
const height = 28
/** What has only begun to report is drawn on the right. */
const leastSteps = 24

/** A line over the last minutes, with gaps where nothing is known; `label` says the same in words. */
export function sparkline(values: readonly (number | null)[], label: string): TemplateResult {
  return html`<svg class="sparkline" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label=${label}>
    ${sparklinePaths(values).map((points) => svg`<polyline points=${points} vector-effect="non-scaling-stroke"></polyline>`)}
  </svg>`
}

/** One list of points for each stretch without a gap, newest at the right edge, the greatest value at the top. */
export function sparklinePaths(shown: readonly (number | null)[]): string[] {
  const greatest = Math.max(0, ...shown.filter((value) => value !== null))
  const step = width / Math.max(leastSteps, shown.length - 1)
  const stretches: string[][] = []
  let open = false
  for (const [index, value] of shown.entries()) {
    if (value === null) {
      open = false
      continue
    }
    if (!open) stretches.push([])
    open = true
    const x = width - (shown.length - 1 - index) * step
    const y = height - 1 - (greatest === 0 ? 0 : (value / greatest) * (height - 2))
    stretches.at(-1)!.push(`${x.toFixed(1)},${y.toFixed(1)}`)
  }
  // A single point has no length: it is drawn as wide as a step.
  return stretches.map((points) => {
    if (points.length > 1) return points.join(' ')
    const [x, y] = points[0]!.split(',').map(Number)
    return `${Math.max(0, x! - step).toFixed(1)},${y} ${x},${y}`
  })
}
