// Binary fields that grow: compared byte by byte from the most significant on, a field that grows shows it with its first
// bytes already, whatever follows; so all widths of a place are tried at the cost of the widest.

import { longestGrowth } from './evidence.ts'
import { type Anchor, anchorPlace, anchorPlaces, columnOf, type Field, type Source, type TextAnchor } from './field.ts'
import type { Pattern } from './pattern.ts'
import { leastShare } from './time-model.ts'

export type BinaryField = Extract<Field, { as: 'binary' }>

/** `varying`: bytes that change and decide the growth; a field may have more before (constant) and behind (fine). */
type Growth = { anchor: Anchor; first: number; little: boolean; varying: number; ties: number }

const sampled = 32

/** Runs of bytes around the markers that grow from record to record, all but a few. */
function growths(source: Source, pattern: Pattern, anchor: Anchor, from: number, to: number): Growth[] {
  const { bytes } = source
  const anchors = sample(anchorPlaces(source, pattern.places, anchor).filter((place) => place >= 0))
  const count = anchors.length
  if (count < 4) return []
  const columns: Uint8Array[] = []
  const constant: boolean[] = []
  for (let offset = from; offset < to; offset++) {
    const column = new Uint8Array(count)
    let same = true
    for (let at = 0; at < count; at++) {
      const place = anchors[at]! + offset
      column[at] = place >= 0 && place < bytes.length ? bytes[place]! : 0
      if (column[at] !== column[0]) same = false
    }
    columns.push(column)
    constant.push(same)
  }
  // Chance markers among the true ones fall back now and then; the true ones alone never.
  const allowed = Math.floor((count - 1) * (pattern.length <= 3 ? 0.3 : 0.2))
  const found: Growth[] = []
  const order = new Int8Array(count)
  for (let first = 0; first < columns.length; first++) {
    if (constant[first]) continue
    for (const little of [false, true]) {
      order.fill(0)
      let falls = 0
      let tied = count - 1
      let ties = 0
      for (let width = 1; width <= 8; width++) {
        const column = columns[little ? first - width + 1 : first + width - 1]
        if (column === undefined) break
        for (let at = 1; at < count; at++) {
          if (order[at] !== 0) continue
          const step = column[at]! - column[at - 1]!
          if (step === 0) continue
          tied--
          order[at] = step > 0 ? 1 : -1
          if (step < 0) falls++
        }
        if (falls > allowed) break
        if (width === 1) ties = tied
        if (tied > (count - 1) * 0.2) continue
        if (holds(source, pattern, anchor, first + from, little, width)) {
          found.push({ anchor, first: first + from, little, varying: width, ties })
        }
        break
      }
    }
  }
  return found
}

/** Whether the growth that the sample shows is that of all records. */
function holds(
  source: Source,
  pattern: Pattern,
  anchor: Anchor,
  first: number,
  little: boolean,
  width: number,
): boolean {
  const offset = little ? first - width + 1 : first
  const { values } = columnOf(source, pattern, { as: 'binary', anchor, offset, width, little, float: false })
  return longestGrowth(values).length >= values.length * leastShare
}

function sample(places: Int32Array): Int32Array {
  if (places.length <= sampled) return places
  return Int32Array.from({ length: sampled }, (_, at) => places[Math.floor((at * places.length) / sampled)]!)
}

export type Growing = {
  /** Fields that may be times, of every width that the growth allows. */
  fields: BinaryField[]
  /** Offsets from the marker whose bytes are the slow part of something that grows: no values of their own. */
  slow: Set<number>
}

/** Fields within `distance` bytes of the marker that grow. */
export function growingFields(source: Source, pattern: Pattern, distance: number): Growing {
  const fields: BinaryField[] = []
  const slow = new Set<number>()
  const around = growths(source, pattern, { from: 'marker' }, -distance, pattern.length + distance)
  for (const growth of around) {
    fields.push(...widths(growth))
    if (growth.ties < 4 || growth.varying < 2) continue
    for (let byte = 0; byte < growth.varying - 1; byte++) slow.add(growth.first + (growth.little ? -byte : byte))
  }
  return { fields, slow }
}

/** The same for fields that stand behind a text of varying length. */
export function growingBehindText(source: Source, pattern: Pattern, distance: number): BinaryField[] {
  const fields: BinaryField[] = []
  if (pattern.length < 3) return fields
  for (const anchor of textAnchors(source, pattern, distance)) {
    for (const growth of growths(source, pattern, anchor, 0, 16)) fields.push(...widths(growth))
  }
  return fields
}

function widths(growth: Growth): BinaryField[] {
  const { anchor, first, little } = growth
  const fields: BinaryField[] = []
  // Constant bytes above change no difference; where they matter, for absolute times, eight bytes are tried as well.
  for (let width = growth.varying; width <= 8; width++) {
    const offset = little ? first - width + 1 : first
    if (anchor.from !== 'marker' && offset < 0) break
    fields.push({ as: 'binary', anchor, offset, width, little, float: false })
  }
  // The exponent of a float may not change at all, so that the field begins before the first byte that does.
  for (const width of [4, 8]) {
    for (let above = 0; above < Math.min(4, width - growth.varying + 1); above++) {
      const offset = little ? first + above - width + 1 : first - above
      if (anchor.from !== 'marker' && offset < 0) continue
      fields.push({ as: 'binary', anchor, offset, width, little, float: true })
    }
  }
  return fields
}

/** Lengths, or zeros that end a text, where records of this pattern differ in size. */
export function textAnchors(source: Source, pattern: Pattern, distance: number): Anchor[] {
  const places = sample(pattern.places)
  const anchors: Anchor[] = []
  for (let at = Math.max(0, pattern.length - 3); at < pattern.length + distance / 2; at++) {
    const candidates: TextAnchor[] = [
      { from: 'length', at, width: 1, little: false },
      { from: 'length', at, width: 2, little: false },
      { from: 'length', at, width: 2, little: true },
      { from: 'string', at },
    ]
    for (const anchor of candidates) {
      const shifts = shiftsOf(source, places, anchor)
      if (shifts === null) continue
      if (readable(source, places, shifts, at + (anchor.from === 'length' ? anchor.width : 0))) anchors.push(anchor)
    }
  }
  return anchors
}

/** How far behind its marker each text ends; null if that is the same for all, or too far for some. */
function shiftsOf({ bytes }: Source, places: Int32Array, anchor: TextAnchor): Int32Array | null {
  const mostMissing = places.length * 0.15
  const shifts = new Int32Array(places.length)
  let missing = 0
  for (let index = 0; index < places.length; index++) {
    const place = anchorPlace(bytes, places[index]!, anchor)
    shifts[index] = place < 0 ? -1 : place - places[index]!
    // The first few tell for most places that no length stands there.
    if (place < 0 && (++missing > mostMissing || (missing > 1 && index < 8))) return null
  }
  return new Set(shifts).size < 3 ? null : shifts
}

/** Whether what stands between is text, three of four bytes at least: without this any small byte could be a length. */
function readable({ bytes }: Source, places: Int32Array, shifts: Int32Array, at: number): boolean {
  let left = 0
  for (const shift of shifts) left += Math.max(0, shift - at)
  if (left === 0) return false
  left *= 0.25
  for (let index = 0; index < places.length; index++) {
    for (let offset = at; offset < shifts[index]!; offset++) {
      const byte = bytes[places[index]! + offset]!
      if ((byte < 32 || byte >= 127) && --left < 0) return false
    }
  }
  return true
}
