import { MediaError } from '../media-error.ts'
import { type Box, box } from './box.ts'
import { type BoxRange, boxesIn, FieldReader, findBox } from './box-reader.ts'
import { type Edit, edts } from './boxes.ts'
import { readEdits } from './track-header-reader.ts'

/**
 * A CMAF header of which the presentation begins `seconds` into its fragments' decode times: each track gets an edit list
 * (ISO 14496-12 §8.6.6) that says so, or the one it has is moved. For a stretch of a longer timeline, whose fragments
 * stay byte for byte what they were.
 *
 * @throws MediaError `malformed`
 */
export function startInit(init: Uint8Array, seconds: number): Uint8Array {
  if (seconds <= 0) return init
  const view = new DataView(init.buffer, init.byteOffset, init.byteLength)
  const moov = needed(view, { type: 'header', start: 0, end: init.length }, 'moov')
  const pieces = parts(view, moov).map(({ child, start }) =>
    child.type === 'trak' ? startTrack(init, view, child, seconds) : init.subarray(start, child.end),
  )
  const rewritten = box('moov', ...pieces)
  const outer = parts(view, { type: 'header', start: 0, end: init.length })
  const moovAt = outer.find(({ child }) => child.type === 'moov')!
  return concatenated([init.subarray(0, moovAt.start), ...rewritten.pieces, init.subarray(moov.end)])
}

function startTrack(init: Uint8Array, view: DataView, trak: BoxRange, seconds: number): Box {
  const mdhd = needed(view, needed(view, trak, 'mdia'), 'mdhd')
  const start = Math.round(seconds * timescaleOf(view, mdhd))
  const own = readEdits(view, trak, 1)?.entries ?? [{ duration: 0, mediaTime: 0, rate: 1 }]
  const moved = own.map((edit): Edit => (edit.mediaTime < 0 ? edit : { ...edit, mediaTime: edit.mediaTime + start }))
  const kept = parts(view, trak).filter(({ child }) => child.type !== 'edts')
  // §8.6.5: between the track's header and its media.
  const after = kept.findIndex(({ child }) => child.type === 'tkhd') + 1
  const whole = kept.map(({ child, start: at }) => init.subarray(at, child.end))
  return box('trak', ...whole.slice(0, after), edts(moved), ...whole.slice(after))
}

/** Children with where they begin: a box lies between the end of the one before it and its own, however long its header. */
function parts(view: DataView, parent: BoxRange): { child: BoxRange; start: number }[] {
  let at = parent.start
  return [...boxesIn(view, parent.start, parent.end)].map((child) => {
    const start = at
    at = child.end
    return { child, start }
  })
}

function needed(view: DataView, parent: BoxRange, type: string): BoxRange {
  const found = findBox(view, parent.start, parent.end, type)
  if (found === null) throw new MediaError('malformed', `a header without ${type}`)
  return found
}

/** §8.4.2: behind the two times. */
function timescaleOf(view: DataView, mdhd: BoxRange): number {
  const fields = new FieldReader(view, mdhd)
  const { version } = fields.versionAndFlags()
  fields.skip(version === 1 ? 16 : 8)
  return fields.u32()
}

function concatenated(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
