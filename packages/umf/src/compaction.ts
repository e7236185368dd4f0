// SPEC.md, W7.
import { type Anchor, footer, SLOTS } from './anchor.ts'
import { Appender } from './appender.ts'
import { HEAD_BYTES } from './box.ts'
import type { Description } from './description.ts'
import { extensionBoxes } from './extension-boxes.ts'
import { appendIndex } from './index-commit.ts'
import type { Item } from './item.ts'
import { type InlineBytes, layInline } from './item-content.ts'
import type { MakeSha256 } from './sha256.ts'
import { readThrough, type Source } from './source.ts'
import type { ArchiveState } from './state.ts'
import { UmfError } from './umf-error.ts'

export type CompactOptions = {
  write: (bytes: Uint8Array) => Promise<void> | void
  sha256: MakeSha256
  /** Bytes written so far. */
  onProgress?: (done: number) => void
}

/**
 * Writes an archive without what nothing uses any more; the main presentation stays at its place. Signatures are of the
 * old file, and left out. What is damaged is not copied.
 *
 * @returns the anchor, for a slot of the head where the medium can seek
 * @throws UmfError `malformed`: bytes that are not what their digest says; `source`
 */
export async function compactArchive(source: Source, state: ArchiveState, options: CompactOptions): Promise<Anchor> {
  const { sha256, onProgress = () => {} } = options
  const { description } = state
  const write = async (bytes: Uint8Array) => {
    await options.write(bytes)
    onProgress(appender.at + bytes.length)
  }
  const appender = new Appender(0, write, sha256)
  const firstItem = Math.max(HEAD_BYTES, description.presentation?.length ?? 0)
  await appender.structure(await source.read(0, SLOTS[0]))
  const head = appender.takeCover()
  await appender.proven(new Uint8Array(HEAD_BYTES - SLOTS[0]))
  for await (const bytes of readThrough(source, HEAD_BYTES, firstItem - HEAD_BYTES)) await appender.proven(bytes)
  const kept = description.cover.filter(([offset]) => offset >= HEAD_BYTES && offset < firstItem)
  for await (const { offset, size } of extensionBoxes(source, state)) {
    for await (const bytes of readThrough(source, offset, size)) await appender.structure(bytes)
  }
  const items = await copyItems(source, description.items, appender)
  const inline: InlineBytes = new Map()
  for (const { name, inline: place } of items) {
    if (place !== undefined) inline.set(name, await source.read(state.idat.at + place[0], place[1]))
  }
  const cover = [...head, ...kept, ...appender.takeCover()]
  const { erases: _, ...before } = description
  const next: Description = { ...before, generation: state.generation + 1, items, cover }
  const laid = layInline(next, inline)
  const anchor = await appendIndex(appender, { ...laid, type: 'meta' }, state.id, sha256)
  await appender.proven(footer(anchor, sha256))
  return anchor
}

async function copyItems(source: Source, items: readonly Item[], appender: Appender): Promise<Item[]> {
  const stored = items.filter(({ extents = [] }) => extents.length > 0)
  /** By what their extents are: items may share theirs. */
  const distinct = new Map(stored.map((item) => [JSON.stringify(item.extents), item]))
  const written = await appender.items(
    [...distinct.values()].map((item) => ({ length: item.length!, content: contentOf(source, item) })),
  )
  const places = new Map([...distinct.keys()].map((key, index) => [key, written[index]!]))
  return items.map((item): Item => {
    if (item.extents === undefined || item.extents.length === 0) return item
    const { digest, extents } = places.get(JSON.stringify(item.extents))!
    if (digest !== item.digest)
      throw new UmfError('malformed', `the content of ${item.name} is damaged`, item.extents[0]![0])
    return { ...item, extents }
  })
}

async function* contentOf(source: Source, { extents = [] }: Item): AsyncGenerator<Uint8Array> {
  for (const [offset, length] of extents) yield* readThrough(source, offset, length)
}
