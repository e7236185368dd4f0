// Archives whose index says what a test wants, with every digest right: what no writer of ours would write.
import { ANCHOR_BYTES, type Anchor, encodeAnchor, footer, SLOTS } from '../src/anchor.ts'
import { box, joined } from '../src/box.ts'
import { hashOf } from '../src/cover.ts'
import type { CoverEntry, Description } from '../src/description.ts'
import { indexPayload } from '../src/index-box.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { sha256Of } from '../src/sha256.ts'
import { bytesSource } from '../src/source.ts'
import { openState } from '../src/state.ts'

/** The anchor of an index, laid out anew behind `before`, and the file that it ends. */
export function withPayload(
  before: Uint8Array,
  payload: Uint8Array,
  anchor: Pick<Anchor, 'id' | 'generation'> & Partial<Anchor>,
): Uint8Array {
  const index = box('meta', payload)
  const own = { indexOffset: before.length, indexSize: index.length, end: before.length + index.length + 136 }
  const made = { ...own, root: sha256Of(sha256, payload), ...anchor }
  const bytes = joined([before, index, footer(made, sha256)])
  for (const [place, slot] of [
    [SLOTS[0], encodeAnchor(made, sha256)],
    [SLOTS[1], new Uint8Array(ANCHOR_BYTES)],
  ] as const) {
    bytes.set(slot, place)
  }
  return bytes
}

/** The same archive, whose description was changed before its digests were made. @param file that ends with its index */
export async function reindexed(
  file: Uint8Array,
  change: (description: Description) => unknown,
  extra: Partial<Anchor> = {},
): Promise<Uint8Array> {
  const { anchor, description, idat } = await openState(bytesSource(file), sha256)
  const copy = structuredClone(description)
  const changed = (change(copy) ?? copy) as Description
  const inline = file.subarray(idat.at, idat.at + idat.length)
  const before = file.subarray(0, anchor!.indexOffset)
  const { id, generation } = anchor!
  return withPayload(before, joined(indexPayload(changed, inline)), { id, generation, ...extra })
}

/** An item of one extent comes to have two. */
export async function split(file: Uint8Array, name: string, at: number): Promise<Uint8Array> {
  const { description } = await openState(bytesSource(file), sha256)
  const [offset, length] = description.items.find((item) => item.name === name)!.extents![0]!
  const parts: [number, number][] = [
    [offset, at],
    [offset + at, length - at],
  ]
  const entries = await Promise.all(
    parts.map(async (part): Promise<CoverEntry> => [...part, 'item', await hashOf(bytesSource(file), ...part, sha256)]),
  )
  return await reindexed(file, ({ items, cover }) => {
    items.find((item) => item.name === name)!.extents = parts
    cover.push(...entries)
    cover.sort(([left], [right]) => left - right)
  })
}
