// A format writes all its times in one way. What looks like a time in one kind of records may be read in several: too wide, from a
// count beside it, as a float. Of these the one is right in which the records around it are timed as well.

import { clockOf, type TimeFit } from './time-model.ts'

/** How well the records between two places are timed by each clock. */
export type ClockVote = (clock: string, from: number, to: number) => number

/** Less than this cannot tell a clock from chance. */
const leastEvidence = 20

/** Of every place that some fit takes for a time, what a record there shows at most, by clock. */
export function clockVote(fits: readonly TimeFit[]): ClockVote {
  const clocks = new Map<string, Map<number, number>>()
  for (const fit of fits) {
    if (fit.dense || fit.evidence < leastEvidence) continue
    const clock = clockOf(fit)
    const shown = clocks.get(clock) ?? new Map<number, number>()
    clocks.set(clock, shown)
    const each = fit.evidence / fit.used.length
    for (const at of fit.used) {
      const place = timePlace(fit, at)
      if ((shown.get(place) ?? 0) < each) shown.set(place, each)
    }
  }
  const sums = new Map([...clocks].map(([clock, shown]) => [clock, sumsOf(shown)]))
  return (clock, from, to) => {
    const known = sums.get(clock)
    return known === undefined ? 0 : before(known, to + 1) - before(known, from)
  }
}

type Sums = { places: Int32Array; totals: Float64Array }

function sumsOf(shown: ReadonlyMap<number, number>): Sums {
  const places = Int32Array.from(shown.keys()).sort()
  const totals = new Float64Array(places.length + 1)
  for (let index = 0; index < places.length; index++) totals[index + 1] = totals[index]! + shown.get(places[index]!)!
  return { places, totals }
}

/** What the records before a place show together. */
function before({ places, totals }: Sums, place: number): number {
  let low = 0
  let high = places.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (places[middle]! < place) low = middle + 1
    else high = middle
  }
  return totals[low]!
}

/** Where the lowest byte of a record's time stands: the same for fields of other widths. */
export function timePlace({ column: { field, starts } }: TimeFit, at: number): number {
  return starts[at]! + (field.as === 'binary' && !field.little ? field.width - 1 : 0)
}
