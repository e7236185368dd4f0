import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import {
  EVENTS_TYPE,
  encodeAnchor,
  eventsContent,
  type NewItem,
  type Presentation,
  preparePresentation,
  SLOTS,
  UmfWriter,
} from '@rushes/umf'
import { nodeSha256, openFile } from '@rushes/umf/node'
import { ConvertError } from '../convert-error.ts'
import type { CollatedItem, Collation } from './collation.ts'

export type ArchiveContent = Collation & {
  id: string
  metadata: Record<string, unknown>
  durationMs: number
  /** Whether it is kept though there are none. */
  hasEvents: boolean
  presentation: { path: string; startMs: number } | null
}

/** So many files at most are items of one box. */
const groupItems = 256

/**
 * Writes an archive, whole and synced.
 *
 * @throws ConvertError `failed`; UmfError
 */
export async function writeArchive(
  path: string,
  content: ArchiveContent,
  onProgress: (fraction: number) => void,
): Promise<void> {
  const file = await open(path, 'w', 0o644)
  try {
    const writer = new UmfWriter({
      ...{ sha256: nodeSha256, id: content.id, metadata: content.metadata },
      write: (bytes) => writeAll(file, bytes),
    })
    if (content.presentation !== null) await writePresentation(writer, content)
    const items = [...content.items.map(newItem), ...eventsItem(content)]
    for (let at = 0; at < items.length; at += groupItems) {
      await writer.add(...items.slice(at, at + groupItems))
      onProgress(Math.min(1, (at + groupItems) / items.length))
    }
    await writer.finish()
    const anchor = encodeAnchor(writer.anchor, nodeSha256)
    await file.write(anchor, 0, anchor.length, SLOTS[0])
    await file.sync()
  } finally {
    await file.close()
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at)).bytesWritten
}

async function writePresentation(
  writer: UmfWriter,
  { presentation, presentationName, durationMs, id }: ArchiveContent,
): Promise<void> {
  const { path, startMs } = presentation!
  await using source = await openFile(path)
  const prepared = await preparePresentation(source, id, { sha256: nodeSha256 })
  if (prepared.state === 'refused')
    throw new ConvertError('failed', `the presentation can't be one: ${prepared.reason}`)
  const { type, contentType } = prepared.fields
  const fields: Omit<Presentation, 'length'> = {
    ...{ name: presentationName, type, contentType },
    durationMs: lengthOnTimeline(prepared.fields.durationMs, durationMs - startMs),
    ...(startMs > 0 && { startMs }),
  }
  await writer.media(fields, prepared.structure, prepared.samples)
}

/** Frames of sound and picture end a little behind what they are of: the timeline is what was recorded. */
function lengthOnTimeline(ofMedium: number, ofTimeline: number): number {
  return Math.abs(ofMedium - ofTimeline) <= 1000 ? ofTimeline : ofMedium
}

function newItem({ item, content }: CollatedItem): NewItem {
  if ('text' in content) return { item, content: new TextEncoder().encode(content.text) }
  if ('pointer' in content) return { item, pointer: content.pointer }
  const { path, size } = content
  return { item, content: fileBytes(path), length: size }
}

/** Opened when it is its turn. */
async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>
}

/** It lasts as long as the timeline, so that an archive without media has a length. */
function eventsItem({ events, durationMs, hasEvents, items, presentationName }: ArchiveContent): NewItem[] {
  if (!hasEvents && events.length === 0) return []
  const taken = new Set([presentationName, ...items.map(({ item }) => item.name)])
  let name = 'timeline.json'
  for (let count = 2; taken.has(name); count++) name = `timeline (${count}).json`
  const item = { name, type: 'events', contentType: EVENTS_TYPE, startMs: 0, endMs: durationMs }
  return [{ item, content: eventsContent(events) }]
}
