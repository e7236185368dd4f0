// SPEC.md, E1, E2, E4, D2: where the bytes of a state may lie. What is found here costs no more to read than the file is long.
import { SLOTS } from './anchor.ts'
import { HEAD_BYTES } from './box.ts'
import type { CoverEntry, Description } from './description.ts'
import type { Item } from './item.ts'
import { UmfError } from './umf-error.ts'

/**
 * Every item lies behind the head and the presentation and before `end`, apart from each other or at the same place; inline
 * bytes in `idat`; no two have one name.
 *
 * @throws UmfError `malformed`
 */
export function checkPlaces(
  { items, presentation }: Pick<Description, 'items' | 'presentation'>,
  end: number,
  idatLength: number,
): void {
  const from = Math.max(HEAD_BYTES, presentation?.length ?? 0)
  if (from > end) throw new UmfError('malformed', 'the presentation ends past its index', end)
  if (items.some(({ name }) => name === presentation?.name))
    throw new UmfError('malformed', 'an item has the name of the presentation', end)
  apart(distinctExtents(items), (offset, length) => offset >= from && offset + length <= end)
  apart(
    items.flatMap(({ inline }) => (inline === undefined || inline[1] === 0 ? [] : [inline])),
    (offset, length) => offset + length <= idatLength,
  )
}

/**
 * D2, J3: the entries of an index, or of a record, lie in order and apart.
 *
 * @param hasHead whether it may cover what stands before the slots
 * @throws UmfError `malformed`
 */
export function checkCover(cover: readonly CoverEntry[], from: number, end: number, hasHead: boolean): void {
  let at = 0
  for (const [offset, length] of cover) {
    const isOfHead = hasHead && offset + length <= SLOTS[0]
    if (offset < at || (offset < from && !isOfHead) || offset + length > end)
      throw new UmfError('malformed', 'the cover has an entry where none can be', offset)
    at = offset + length
  }
}

/** E2: items that share an extent share all of them, in the same order. */
function distinctExtents(items: readonly Item[]): [number, number][] {
  const lists = new Map<number, readonly [number, number][]>()
  for (const { name, extents = [] } of items) {
    const [first] = extents
    if (first === undefined) continue
    const other = lists.get(first[0])
    if (other === undefined) lists.set(first[0], extents)
    else if (!isSame(extents, other))
      throw new UmfError('malformed', `item ${name} shares a part of its bytes with another`, first[0])
  }
  return [...lists.values()].flat()
}

function isSame(left: readonly [number, number][], right: readonly [number, number][]): boolean {
  if (left.length !== right.length) return false
  return left.every(([offset, length], index) => offset === right[index]![0] && length === right[index]![1])
}

function apart(ranges: [number, number][], isInside: (offset: number, length: number) => boolean): void {
  let at = 0
  for (const [offset, length] of ranges.sort(([left], [right]) => left - right)) {
    if (!isInside(offset, length)) throw new UmfError('malformed', 'an item lies where none can', offset)
    if (offset < at) throw new UmfError('malformed', 'items lie across each other', offset)
    at = offset + length
  }
}
