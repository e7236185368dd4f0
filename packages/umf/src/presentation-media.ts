// F5, E4: a recording as the main presentation of an archive. Whatever it was recorded as, its bytes stay as they are; a
// `moov` is made that points into them.
import { applyPatches, type Layout, openBodyIndex, sliceLayout } from '@rushes/media'
import { head, readHead } from './anchor.ts'
import { idBytes } from './archive-id.ts'
import { HEAD_BYTES, joined, walkBoxes } from './box.ts'
import type { Presentation } from './item.ts'
import type { MakeSha256 } from './sha256.ts'
import { readThrough, type Source } from './source.ts'
import { openState } from './state.ts'
import { UmfError } from './umf-error.ts'

export type PreparedPresentation = {
  state: 'ready'
  fields: Pick<Presentation, 'type' | 'contentType' | 'durationMs'>
  /** What {@link UmfWriter.media} takes; a piece of the samples holds until the next one is asked for. */
  structure: Uint8Array
  samples: AsyncIterable<Uint8Array>
  /** Bytes of both. */
  length: number
  /** It was the presentation of an archive before, and is taken over byte for byte. */
  isTaken: boolean
  /** What is wrong with the recording, and did not keep it from being used. */
  damage: string | null
}

export type RefusedPresentation = { state: 'refused'; reason: string }

export type PrepareOptions = {
  sha256: MakeSha256
  onProgress?: (done: number) => void
}

/** Longest `moov` of a presentation that is taken over; a day of video needs 40 MB. */
const MOST_STRUCTURE_BYTES = 512 * 1024 * 1024

/**
 * Reads a recording through once, and says how it becomes the main presentation of the archive of this id.
 *
 * @throws UmfError `source`
 */
export async function preparePresentation(
  source: Source,
  id: string,
  options: PrepareOptions,
): Promise<PreparedPresentation | RefusedPresentation> {
  const { sha256, onProgress = () => {} } = options
  const standing = await standingOf(source, sha256)
  if (standing === 'archive') return { state: 'refused', reason: 'it is an archive itself: unpack it first' }
  const index = openBodyIndex()
  for await (const bytes of readThrough(source, 0, source.size, true)) {
    index.push(bytes)
    onProgress(index.bytes)
  }
  index.finish()
  const view = index.mp4View(head(idBytes(id)))
  if (view.state !== 'ready') return { state: 'refused', reason: view.reason }
  const { contentType } = view.layout
  const fields = {
    type: contentType.startsWith('audio/') ? ('audio' as const) : ('video' as const),
    contentType,
    durationMs: Math.round(index.durationMs * 1000) / 1000,
  }
  const damage = index.damage?.message ?? index.cutShort
  const media = standing === 'presentation' && damage === null ? await taken(source) : null
  if (media !== null) return { state: 'ready', fields, ...media, isTaken: true, damage }
  return { state: 'ready', fields, ...laidOut(view.layout, source), isTaken: false, damage }
}

/** Whether a file begins as an archive does, and if so whether it is one or what E4 takes out of one. */
async function standingOf(source: Source, sha256: MakeSha256): Promise<'archive' | 'presentation' | 'other'> {
  if (source.size < HEAD_BYTES) return 'other'
  try {
    readHead(await source.read(0, HEAD_BYTES))
  } catch {
    return 'other'
  }
  const isEmpty = await openState(source, sha256).then(
    (state) => state.generation === 0,
    (fault: unknown) => {
      if (fault instanceof UmfError && fault.code === 'source') throw fault
      return false
    },
  )
  return isEmpty ? 'presentation' : 'archive'
}

type Media = Pick<PreparedPresentation, 'structure' | 'samples' | 'length'>

/** The bytes after the head as they are: what points into them points there already. Null where they are not of that form. */
async function taken(source: Source): Promise<Media | null> {
  let end = HEAD_BYTES
  let media: number | null = null
  let hasMoov = false
  for await (const { type, offset, size, headerSize } of walkBoxes(source, HEAD_BYTES, source.size)) {
    if (type === 'meta') return null
    if (type === 'moov') hasMoov = true
    if (type === 'mdat') media ??= offset + headerSize
    end = offset + size
  }
  if (end !== source.size || media === null || !hasMoov || media - HEAD_BYTES > MOST_STRUCTURE_BYTES) return null
  return {
    structure: await source.read(HEAD_BYTES, media - HEAD_BYTES),
    samples: readThrough(source, media, source.size - media, true),
    length: source.size - HEAD_BYTES,
  }
}

function laidOut(layout: Layout, source: Source): Media {
  const extents = sliceLayout(layout, HEAD_BYTES, layout.size)
  const body = extents.findIndex(({ kind }) => kind === 'body')
  const before = extents.slice(0, body).map((extent) => (extent as Extract<typeof extent, { kind: 'bytes' }>).bytes)
  return {
    structure: joined(before),
    samples: patched(layout, source, extents.slice(body)),
    length: layout.size - HEAD_BYTES,
  }
}

async function* patched({ patches }: Layout, source: Source, extents: Layout['extents']): AsyncGenerator<Uint8Array> {
  for (const extent of extents) {
    if (extent.kind === 'bytes') {
      yield extent.bytes
      continue
    }
    let at = extent.offset
    for await (const piece of readThrough(source, extent.offset, extent.length, true)) {
      // A source may give a part of what it holds: patches go over a copy.
      const bytes = patches === null ? piece : piece.slice()
      applyPatches(patches, at, bytes)
      yield bytes
      at += bytes.length
    }
  }
}
