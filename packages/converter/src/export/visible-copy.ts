// What a caller may see of an archive as an archive of its own: what is given away must not hold what was kept back.
import { type FileHandle, open } from 'node:fs/promises'
import {
  type Archive,
  EVENTS_TYPE,
  encodeAnchor,
  eventsContent,
  type Item,
  type NewItem,
  newArchiveId,
  parseEvents,
  preparePresentation,
  SLOTS,
  type Source,
  UmfWriter,
  withOrigin,
} from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'

/** Whether a caller sees all that is in it. */
export function seesAll(archive: Archive): boolean {
  const { items, presentation } = archive.state.description
  return archive.items().length === items.length && (presentation === undefined || archive.presentation !== null)
}

/** Under an id of its own, which says whose it was. @throws UmfError */
export async function writeVisibleCopy(archive: Archive, path: string, signal: AbortSignal): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    const id = newArchiveId()
    const origin = { id: archive.id, generation: archive.generation, by: 'export' }
    const writer = new UmfWriter({
      ...{ sha256: nodeSha256, id, metadata: withOrigin(archive.metadata, origin) },
      async write(bytes) {
        signal.throwIfAborted()
        await writeAll(file, bytes)
      },
    })
    if (archive.presentation !== null) {
      const { length: _, ...fields } = archive.presentation
      const prepared = await preparePresentation(presentationSource(archive), id, { sha256: nodeSha256 })
      if (prepared.state === 'ready') await writer.media(fields, prepared.structure, prepared.samples)
    }
    for (const item of archive.items()) await writer.add(await newItem(archive, item))
    await writer.finish()
    const anchor = encodeAnchor(writer.anchor, nodeSha256)
    await file.write(anchor, 0, anchor.length, SLOTS[0])
  } finally {
    await file.close()
  }
}

async function newItem(archive: Archive, item: Item): Promise<NewItem> {
  const { length, digest, extents: _, inline: __, pointer, ...fields } = item
  const { contentType, name } = item
  if (pointer !== undefined)
    return { item: fields, pointer, ...(length !== undefined && { length }), ...(digest !== undefined && { digest }) }
  if (!contentType.startsWith(EVENTS_TYPE)) return { item: fields, content: archive.content(name), length: length! }
  // L3: an event that names what is kept back tells of it.
  const known = new Set([archive.presentation?.name, ...archive.items().map((each) => each.name)])
  const events = parseEvents(await archive.bytes(name)).filter(
    ({ resource }) => resource === undefined || known.has(resource),
  )
  return { item: fields, content: eventsContent(events) }
}

/** E4: the presentation alone is a file that plays. */
function presentationSource(archive: Archive): Source {
  const { name, length: size } = archive.presentation!
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      let at = 0
      for await (const piece of archive.content(name, { offset, length })) {
        bytes.set(piece, at)
        at += piece.length
      }
      return bytes
    },
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at)).bytesWritten
}
