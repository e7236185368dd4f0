// Where markers of several kinds begin with the same bytes, what lies beyond the next of them is of another record, of whatever
// kind it is.

import { allPlaces, type Pattern } from './pattern.ts'

const commonBytes = 3
const mostOffsets = 4
/** So many more records have these bytes than have the whole marker. */
const leastMore = 1.15
const mostMore = 60
/** Closer than this they stand within one record. */
const leastGap = 8

/** The pattern, with where the records of other kinds begin that share bytes with its marker. */
export function besideKinds(haystack: Buffer, known: Map<string, Int32Array>, pattern: Pattern): Pattern {
  const { start, length, places } = pattern
  if (length <= commonBytes || pattern.divided || pattern.kind || pattern.among !== undefined) return pattern
  let among: Int32Array | undefined
  for (let offset = 0; offset < Math.min(mostOffsets, length - commonBytes + 1); offset++) {
    const common = haystack.subarray(start + offset, start + offset + commonBytes)
    // Zeros, and any byte that goes on, are no part of a marker alone.
    if (new Set(common).size < commonBytes || common.includes(0)) continue
    const all = placesOf(haystack, known, common)
    if (all.length < places.length * leastMore || all.length > places.length * mostMore) continue
    if (isSpread(all) && (among === undefined || all.length > among.length)) among = all.map((place) => place - offset)
  }
  return among === undefined ? pattern : { ...pattern, among }
}

function placesOf(haystack: Buffer, known: Map<string, Int32Array>, common: Buffer): Int32Array {
  const key = common.toString('hex')
  const places = known.get(key) ?? Int32Array.from(allPlaces(haystack, common))
  known.set(key, places)
  return places
}

function isSpread(places: Int32Array): boolean {
  let close = 0
  for (let at = 1; at < places.length; at++) if (places[at]! - places[at - 1]! < leastGap) close++
  return close <= places.length * 0.03
}
