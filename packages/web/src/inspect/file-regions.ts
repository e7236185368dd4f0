// What each byte of a file is for: by the digests of an archive, or by the boxes of any other file.
import type { ArchiveState } from '@rushes/umf'
import type { BoxEntry, Region, RegionKind } from './inspection.ts'

const headBytes = 8192
/** D2: of the head before its slots. */
const coveredHeadBytes = 2048

const kindOfCover = {
  structure: 'structure',
  media: 'media',
  item: 'item',
  index: 'free',
  free: 'free',
  erased: 'erased',
} as const satisfies Record<string, RegionKind>

const kindOfBox = new Map<string, RegionKind>([
  ['umfh', 'head'],
  ['umff', 'footer'],
  ['umfs', 'signature'],
  ['umfj', 'record'],
  ['meta', 'index'],
  ['umfi', 'index'],
  ['mdat', 'media'],
  ['free', 'free'],
  ['skip', 'free'],
  ['wide', 'free'],
])

export function boxKind(type: string): RegionKind {
  return kindOfBox.get(type) ?? 'structure'
}

/**
 * Sorted, without overlaps; what nothing accounts for is `unknown`.
 *
 * @param boxes at the top of the file
 */
export function regionsOf(state: ArchiveState, boxes: readonly BoxEntry[], size: number): Region[] {
  const { description, anchor, records } = state
  const found: Region[] = [{ offset: 0, length: headBytes, kind: 'head', count: 1 }]
  for (const [offset, length, kind] of description.cover) {
    if (offset + length > coveredHeadBytes) found.push({ offset, length, kind: kindOfCover[kind], count: 1 })
  }
  for (const { name, extents = [] } of description.items) {
    for (const [offset, length] of extents) found.push({ offset, length, kind: 'item', name, count: 1 })
  }
  if (anchor !== null) found.push({ offset: anchor.indexOffset, length: anchor.indexSize, kind: 'index', count: 1 })
  for (const { offset, size: length } of records) found.push({ offset, length, kind: 'record', count: 1 })
  for (const { type, offset, size: length } of boxes) {
    if (type === 'umff' || type === 'umfs') found.push({ offset, length, kind: boxKind(type), count: 1 })
  }
  return withoutGaps(found, size)
}

/** Items go before the cover that has them too, as they have names. */
function withoutGaps(found: readonly Region[], size: number): Region[] {
  const sorted = found.toSorted(
    (left, right) =>
      left.offset - right.offset ||
      Number(right.name !== undefined) - Number(left.name !== undefined) ||
      right.length - left.length,
  )
  const regions: Region[] = []
  let at = 0
  for (const region of sorted) {
    const end = Math.min(region.offset + region.length, size)
    if (region.length <= 0 || end <= at || region.offset >= size) continue
    if (region.offset > at) regions.push({ offset: at, length: region.offset - at, kind: 'unknown', count: 1 })
    const offset = Math.max(at, region.offset)
    regions.push({ ...region, offset, length: end - offset })
    at = end
  }
  if (at < size) regions.push({ offset: at, length: size - at, kind: 'unknown', count: 1 })
  return regions
}

/** At most about `most` regions: neighbours of one kind become one, and then whatever is beside each other. */
export function condensed(regions: readonly Region[], most: number): Region[] {
  if (regions.length <= most) return [...regions]
  const runs: Region[] = []
  for (const region of regions) {
    const last = runs.at(-1)
    if (last?.kind === region.kind) runs[runs.length - 1] = together([last, region], last.kind)
    else runs.push(region)
  }
  if (runs.length <= most) return runs
  const each = Math.ceil(runs.length / most)
  return Array.from({ length: Math.ceil(runs.length / each) }, (_, index) => {
    const group = runs.slice(index * each, (index + 1) * each)
    return group.length === 1 ? group[0]! : together(group, 'various')
  })
}

function together(group: readonly Region[], kind: RegionKind): Region {
  const [first, last] = [group[0]!, group.at(-1)!]
  return {
    offset: first.offset,
    length: last.offset + last.length - first.offset,
    kind,
    count: group.reduce((sum, { count }) => sum + count, 0),
  }
}
