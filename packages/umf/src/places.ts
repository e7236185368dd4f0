// SPEC.md, E1, E2, E4, D2: where the bytes of a state may lie. What is found here costs no more to read than the file is long.
import { SLOTS } from './anchor.ts'
import { HEAD_BYTES } from './box.ts'
import type { CoverEntry, Description } from './description.ts'
import type { Item } from './item.ts'
import { UmfError } from './umf-error.ts'

type Named = Pick<Description, 'items' | 'presentation'>

/**
 * What an index or a record names: each item lies behind the head and the presentation and before `end`, where that begins,
 * inline bytes in `idat`; none has the name of the presentation. Looked at where it is said, since what is said there stands
 * even if a later record takes it back (O4).
 *
 * @throws UmfError `malformed`
 */
export function checkNamed({ items, presentation }: Named, end: number, idatLength: number): void {
  const from = Math.max(HEAD_BYTES, presentation?.length ?? 0)
  if (from > end) throw new UmfError('malformed', 'the presentation ends past its index', end)
  const strays = ([offset, length]: readonly [number, number]) => offset < from || offset + length > end
  for (const { name, extents = [], inline } of items) {
    if (name === presentation?.name) throw new UmfError('malformed', 'an item has the name of the presentation', end)
    const stray = extents.find(strays)
    if (stray !== undefined) throw new UmfError('malformed', `item ${name} lies where none can`, stray[0])
    if (inline !== undefined && inline[0] + inline[1] > idatLength)
      throw new UmfError('malformed', `item ${name} lies past the inline bytes`, end)
  }
}

/** Both, of an index that stands for itself. @throws UmfError `malformed` */
export function checkPlaces(named: Named, end: number, idatLength: number): void {
  checkNamed(named, end, idatLength)
  checkApart(named.items)
}

/** Of a whole state: items lie apart from each other, or at the same place. @throws UmfError `malformed` */
export function checkApart(items: readonly Item[]): void {
  apart(distinctExtents(items))
  apart(items.flatMap(({ inline }) => (inline === undefined ? [] : [inline])))
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

function apart(ranges: [number, number][]): void {
  let at = 0
  for (const [offset, length] of ranges.sort(([left], [right]) => left - right)) {
    if (offset < at) throw new UmfError('malformed', 'items lie across each other', offset)
    at = offset + length
  }
}
