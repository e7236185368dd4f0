// Records of several kinds behind one marker, of which some fall back in time, show no growth together. Where a byte near the
// marker holds one of few values, those of each value are looked at by themselves.

import { type Anchor, columnOf, type Source } from './field.ts'
import { textAnchors } from './growth.ts'
import type { Pattern } from './pattern.ts'

const mostKinds = 8
const mostDivisions = 6
const leastRecords = 6

/** Parts of the pattern, one for each value of a byte that says of what kind a record may be. */
export function kindsApart(source: Source, pattern: Pattern, distance: number): Pattern[] {
  const anchors: { anchor: Anchor; from: number; to: number }[] = [
    { anchor: { from: 'marker' }, from: -8, to: pattern.length + 16 },
    ...textAnchors(source, pattern, distance).map((anchor) => ({ anchor, from: 0, to: 16 })),
  ]
  const divisions = new Map<string, Pattern[]>()
  for (const { anchor, from, to } of anchors) {
    for (let offset = from; offset < to && divisions.size < mostDivisions; offset++) {
      if (anchor.from === 'marker' && offset >= 0 && offset < pattern.length) continue
      const { values } = columnOf(source, pattern, {
        as: 'binary',
        anchor,
        offset,
        width: 1,
        little: false,
        float: false,
      })
      const parts = divided(pattern, values, { from: anchor.from, offset })
      if (parts !== null) divisions.set(parts.map(({ places }) => `${places.length} ${places[0]}`).join(), parts)
    }
  }
  return [...divisions.values()].flat()
}

function divided(pattern: Pattern, values: Float64Array, by: NonNullable<Pattern['divided']>): Pattern[] | null {
  const kinds = new Map<number, number[]>()
  for (let at = 0; at < values.length; at++) {
    const list = kinds.get(values[at]!)
    if (list !== undefined) list.push(pattern.places[at]!)
    else if (kinds.size >= mostKinds) return null
    else kinds.set(values[at]!, [pattern.places[at]!])
  }
  if (kinds.size < 2) return null
  const large = [...kinds.values()].filter((places) => places.length >= leastRecords)
  const told = large.reduce((sum, places) => sum + places.length, 0)
  if (told < values.length * 0.85) return null
  const among = pattern.among ?? pattern.places
  return large.map((places) => ({ ...pattern, places: Int32Array.from(places), divided: by, among }))
}
