// The views of a published body as one file beside it, so that a recording that is asked for after a restart needs no
// rescan of its bytes. It is derived: nobody waits for it, and where it is missing or damaged it is made again.
//
//   magic (8) | length of JSON (u32) | JSON | the blobs in its order | CRC-32 of all before (u32)
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { type Extent, makeLayout, type PatchTable, type View } from '@rushes/media'
import type { BodyRange } from './range-digest.ts'
import type { Views } from './view-cache.ts'

/** Changes whenever the builders would lay the same body out otherwise; older files are then made again. */
export const layoutVersion = 3

/**
 * Changes whenever the builders would show other media of the same body, or at other times: not with what a header says besides.
 * What was made of a recording's media, and their digests, stay as long.
 */
export const shownVersion = 2

/** Names the media that a view shows, a range of its body, among all that were ever shown of that body. */
export function shownAs({ offset, length }: BodyRange): string {
  return `${shownVersion} ${offset} ${length}`
}

const magic = Buffer.from('RSHVIEW\n')
const patchBytes = 17

type StoredView =
  | { state: 'needs-encode' | 'unsupported'; reason: string }
  | {
      state: 'ready'
      contentType: string
      extents: ({ kind: 'bytes'; length: number } | { kind: 'body'; offset: number; length: number })[]
      patches: number
    }
type StoredHead = { version: number; body: { size: number; crc: number }; mp4: StoredView; webm: StoredView }

/** What the views were made from: a file that says otherwise is not used. */
export type ViewSource = { size: number; crc: number }

export async function writeViewFile(folder: string, source: ViewSource, views: Views): Promise<void> {
  const blobs: Uint8Array[] = []
  const head: StoredHead = {
    version: layoutVersion,
    body: source,
    mp4: store(views.mp4, blobs),
    webm: store(views.webm, blobs),
  }
  const json = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(json.length)
  const parts = [magic, length, json, ...blobs]
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(parts.reduce((crc, part) => crc32(part, crc), 0))
  const path = join(folder, 'views')
  await writeFile(`${path}.new`, [...parts, checksum])
  await rename(`${path}.new`, path)
}

/** The stored views of a body, or null where there are none that fit it. */
export async function readViewFile(folder: string, source: ViewSource): Promise<Views | null> {
  let file: Buffer
  try {
    file = await readFile(join(folder, 'views'))
  } catch {
    return null
  }
  if (file.length < magic.length + 8 || !file.subarray(0, magic.length).equals(magic)) return null
  if (crc32(file.subarray(0, -4)) !== file.readUInt32BE(file.length - 4)) return null
  const jsonEnd = magic.length + 4 + file.readUInt32BE(magic.length)
  const head = JSON.parse(file.toString('utf8', magic.length + 4, jsonEnd)) as StoredHead
  if (head.version !== layoutVersion || head.body.size !== source.size || head.body.crc !== source.crc) return null
  let at = jsonEnd
  const take = (bytes: number): Buffer => {
    at += bytes
    return file.subarray(at - bytes, at)
  }
  return { mp4: restore(head.mp4, take), webm: restore(head.webm, take) }
}

function store(view: View, blobs: Uint8Array[]): StoredView {
  if (view.state !== 'ready') return view
  const { contentType, extents, patches } = view.layout
  const stored = extents.map((extent) => {
    if (extent.kind === 'body') return extent
    blobs.push(extent.bytes)
    return { kind: extent.kind, length: extent.bytes.length }
  })
  const count = patches?.count ?? 0
  const table = Buffer.allocUnsafe(count * patchBytes)
  for (let index = 0; index < count; index++) {
    const at = index * patchBytes
    table.writeDoubleBE(patches!.offsetAt(index), at)
    table.writeUInt8(patches!.widthAt(index), at + 8)
    table.writeDoubleBE(patches!.valueAt(index), at + 9)
  }
  blobs.push(table)
  return { state: 'ready', contentType, extents: stored, patches: count }
}

function restore(stored: StoredView, take: (bytes: number) => Buffer): View {
  if (stored.state !== 'ready') return stored
  const extents = stored.extents.map(
    (extent): Extent => (extent.kind === 'body' ? extent : { kind: 'bytes', bytes: take(extent.length) }),
  )
  const patches = stored.patches === 0 ? null : patchTable(take(stored.patches * patchBytes), stored.patches)
  return { state: 'ready', layout: makeLayout(stored.contentType, extents, patches) }
}

function patchTable(bytes: Buffer, count: number): PatchTable {
  return {
    count,
    offsetAt: (index) => bytes.readDoubleBE(index * patchBytes),
    widthAt: (index) => bytes.readUInt8(index * patchBytes + 8) as 4 | 8,
    valueAt: (index) => bytes.readDoubleBE(index * patchBytes + 9),
  }
}
