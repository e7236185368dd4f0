import { MediaError } from '../media-error.ts'
import * as id from './element-ids.ts'
import { children, readText, readUnsigned } from './element-tree.ts'
import { readTrackEntry, type TrackEntry } from './track-entry.ts'

const MAX_TRACKS = 128

export type DocumentHead = {
  docType: 'webm' | 'matroska'
  /** EBMLMaxSizeLength: bytes that element sizes have at most. */
  maxSizeLength: number
}

/**
 * The payload of the EBML header (RFC 8794 §11.2).
 *
 * @throws MediaError `unsupported` where a reader has to refuse, `malformed`
 */
export function readDocumentHead(payload: Uint8Array, bodyOffset: number): DocumentHead {
  const refuse = (message: string): never => {
    throw new MediaError('unsupported', message, bodyOffset)
  }
  let docType = ''
  let maxSizeLength = 8
  for (const child of children(payload, bodyOffset)) {
    if (child.id === id.DOC_TYPE) {
      docType = readText(child.payload)
      continue
    }
    if (!NUMBERS.has(child.id)) continue
    const value = readUnsigned(child.payload, bodyOffset)
    if (child.id === id.EBML_READ_VERSION && value > 1) refuse(`EBMLReadVersion ${value}`)
    if (child.id === id.EBML_MAX_ID_LENGTH && value !== 4) refuse(`EBMLMaxIDLength ${value}`)
    if (child.id === id.DOC_TYPE_READ_VERSION && value > 4) refuse(`DocTypeReadVersion ${value}`)
    if (child.id === id.EBML_MAX_SIZE_LENGTH) {
      // §11.2.5: not 0; sizes of more than 8 bytes would be no numbers here.
      if (value === 0 || value > 8) refuse(`EBMLMaxSizeLength ${value}`)
      maxSizeLength = value
    }
  }
  if (docType !== 'webm' && docType !== 'matroska') return refuse('DocType is neither webm nor matroska')
  return { docType, maxSizeLength }
}

const NUMBERS: ReadonlySet<number> = new Set([
  id.EBML_READ_VERSION,
  id.EBML_MAX_ID_LENGTH,
  id.EBML_MAX_SIZE_LENGTH,
  id.DOC_TYPE_READ_VERSION,
])

/** Nanoseconds a tick, from the payload of Info (RFC 9559 §5.1.2). */
export function readTimestampScale(payload: Uint8Array, bodyOffset: number): number {
  let scale = 1_000_000
  for (const child of children(payload, bodyOffset)) {
    if (child.id === id.TIMESTAMP_SCALE) scale = readUnsigned(child.payload, bodyOffset)
  }
  // Ticks of over 1000 s would leave no time that 16 bits of a block tell.
  if (scale === 0 || scale > 1e12) throw new MediaError('malformed', `TimestampScale ${scale}`, bodyOffset)
  return scale
}

/** The TrackEntries in the payload of Tracks (RFC 9559 §5.1.4), which must not be reused afterwards. */
export function readTracks(payload: Uint8Array, bodyOffset: number, timestampScale: number): TrackEntry[] {
  const entries: TrackEntry[] = []
  const numbers = new Set<number>()
  for (const child of children(payload, bodyOffset)) {
    if (child.id !== id.TRACK_ENTRY) continue
    if (entries.length === MAX_TRACKS) throw new MediaError('too-large', `more than ${MAX_TRACKS} tracks`, bodyOffset)
    const entry = readTrackEntry(child.whole, child.payload, bodyOffset, timestampScale)
    if (numbers.has(entry.track.id)) throw new MediaError('malformed', 'TrackNumber is not unique', bodyOffset)
    numbers.add(entry.track.id)
    entries.push(entry)
  }
  return entries
}

/** Why frames of these tracks can't be taken as they lie; null where they can. */
export function encodingObstacle(
  entries: readonly TrackEntry[],
): { state: 'needs-encode' | 'unsupported'; reason: string } | null {
  const encrypted = entries.find(({ encoded }) => encoded === 'encrypted')
  if (encrypted !== undefined) return { state: 'unsupported', reason: `track ${encrypted.track.id} is encrypted` }
  const compressed = entries.find(({ encoded }) => encoded === 'compressed')
  if (compressed === undefined) return null
  return { state: 'needs-encode', reason: `track ${compressed.track.id} has ContentEncodings` }
}
