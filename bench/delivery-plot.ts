import { parse, View } from 'vega'
import { compile } from 'vega-lite'

export type ProgressLine = { name: string; points: { seconds: number; files: number }[] }

/** Files complete over time, as an SVG; the outage is shaded. */
export function plotProgress(
  lines: readonly ProgressLine[],
  files: number,
  outage: { fromSeconds: number; seconds: number },
): Promise<string> {
  const values = lines.flatMap(({ name, points }) => points.map((point) => ({ ...point, name })))
  const { spec } = compile({
    width: 640,
    height: 300,
    background: 'white',
    layer: [
      {
        data: { values: [{ from: outage.fromSeconds, to: outage.fromSeconds + outage.seconds }] },
        mark: { type: 'rect', color: '#eee' },
        encoding: { x: { field: 'from', type: 'quantitative' }, x2: { field: 'to' } },
      },
      {
        data: { values },
        mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2 },
        encoding: {
          x: { field: 'seconds', type: 'quantitative', title: 'seconds; the link is cut in the grey part' },
          y: {
            ...{ field: 'files', type: 'quantitative', title: 'files complete' },
            scale: { domain: [0, files] },
          },
          color: { field: 'name', type: 'nominal', title: null, legend: { orient: 'top', labelLimit: 300 } },
        },
      },
    ],
  })
  return new View(parse(spec), { renderer: 'none' }).toSVG()
}
