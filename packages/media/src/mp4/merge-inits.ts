import { MediaError } from '../media-error.ts'
import { type Box, box } from './box.ts'
import { boxesIn, FieldReader, findBox } from './box-reader.ts'

/**
 * One CMAF header (ISO/IEC 23000-19 §7.2) out of several: the tracks of all of them, so that their segments may follow it
 * one after the other. File type and movie header are the first's.
 *
 * @param inits whole headers, each `ftyp` and `moov`
 * @throws MediaError `malformed`; `unsupported` where two tracks have the same id, or movie timescales differ
 */
export function mergeInits(inits: readonly Uint8Array[]): Uint8Array {
  const headers = inits.map(readHeader)
  const [first] = headers
  if (first === undefined) throw new MediaError('malformed', 'no header to begin with')
  const ids = new Set<number>()
  for (const { trackIds, timescale } of headers) {
    if (timescale !== first.timescale) throw new MediaError('unsupported', 'the headers count in different timescales')
    for (const id of trackIds) {
      if (ids.has(id)) throw new MediaError('unsupported', `two of the headers have a track ${id}`)
      ids.add(id)
    }
  }
  const movieHeader = Uint8Array.from(first.mvhd)
  // ISO 14496-12 §8.2.2: next_track_ID is the last field, and larger than any in use.
  new DataView(movieHeader.buffer).setUint32(movieHeader.length - 4, Math.max(...ids) + 1)
  const mvex = box('mvex', ...headers.flatMap(({ trex }) => trex))
  const moov = box('moov', movieHeader, ...headers.flatMap(({ trak }) => trak), mvex)
  return joined([{ size: first.ftyp.length, pieces: [first.ftyp] }, moov])
}

type Header = {
  ftyp: Uint8Array
  mvhd: Uint8Array
  timescale: number
  trak: Uint8Array[]
  trex: Uint8Array[]
  trackIds: number[]
}

function readHeader(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const ftyp = findBox(view, 0, bytes.length, 'ftyp')
  const moov = findBox(view, 0, bytes.length, 'moov')
  const mvhd = moov && findBox(view, moov.start, moov.end, 'mvhd')
  const mvex = moov && findBox(view, moov.start, moov.end, 'mvex')
  if (ftyp === null || moov === null || mvhd === null || mvex === null) {
    throw new MediaError('malformed', 'no header of a fragmented file')
  }
  // A box lies between the end of the one before it and its own end, whatever the length of its own header.
  const whole = (start: number, end: number, type: string): Uint8Array[] => {
    const found: Uint8Array[] = []
    let at = start
    for (const child of boxesIn(view, start, end)) {
      if (child.type === type) found.push(bytes.subarray(at, child.end))
      at = child.end
    }
    return found
  }
  const trackIds: number[] = []
  for (const child of boxesIn(view, moov.start, moov.end)) {
    if (child.type === 'trak') trackIds.push(trackIdOf(view, child.start, child.end))
  }
  return {
    ftyp: whole(0, bytes.length, 'ftyp')[0]!,
    mvhd: whole(moov.start, moov.end, 'mvhd')[0]!,
    timescale: fieldAfterTimes(view, mvhd),
    trak: whole(moov.start, moov.end, 'trak'),
    trex: whole(mvex.start, mvex.end, 'trex'),
    trackIds,
  }
}

function trackIdOf(view: DataView, start: number, end: number): number {
  const tkhd = findBox(view, start, end, 'tkhd')
  if (tkhd === null) throw new MediaError('malformed', 'a track without its header')
  return fieldAfterTimes(view, tkhd)
}

/** The field that follows the two times which both mvhd (§8.2.2) and tkhd (§8.3.2) begin with. */
function fieldAfterTimes(view: DataView, range: { type: string; start: number; end: number }): number {
  const fields = new FieldReader(view, range)
  const version = view.getUint8(fields.at)
  fields.at += 4 + (version === 1 ? 16 : 8)
  return fields.u32()
}

function joined(boxes: readonly Box[]): Uint8Array {
  const bytes = new Uint8Array(boxes.reduce((sum, { size }) => sum + size, 0))
  let at = 0
  for (const piece of boxes.flatMap(({ pieces }) => pieces)) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
