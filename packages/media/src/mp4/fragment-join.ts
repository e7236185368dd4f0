import { MediaError } from '../media-error.ts'
import { type Box, box, fullBox, u32, u64 } from './box.ts'
import { type Init, walkSamples } from './fragment-summary.ts'

/** `tfhd` flags, ISO 14496-12 §8.8.7. */
const DEFAULT_DURATION = 0x8
const DEFAULT_FLAGS = 0x20
const DEFAULT_BASE_IS_MOOF = 0x20000

/** `trun` flags, §8.8.8. */
const DATA_OFFSET = 0x1
const DURATIONS = 0x100
const SIZES = 0x200
const FLAGS = 0x400
const OFFSETS = 0x800

/** §8.8.3.1: sample_depends_on = 2 of a sync sample; 1 and sample_is_non_sync_sample of every other one. */
const SYNC_SAMPLE = 0x2000000
const OTHER_SAMPLE = 0x1010000

type Row = { size: number; duration: number; offset: number; sync: boolean }

export type JoinOptions = {
  /** Number that the track gets, and the fragment (`mfhd`). */
  trackId: number
  sequenceNumber: number
  /** Decode time at which the next segment begins, where known: the last sample then lasts until it. */
  end?: number | undefined
}

/**
 * One `moof` and `mdat` of all samples of a track's fragments that follow each other, as they are: writers that flush
 * each frame give early what is made, and cost 100 bytes a frame.
 *
 * @throws MediaError `malformed`, `too-large`; `unsupported` for more than one track
 */
export function joinFragments(parts: readonly Uint8Array[], init: Init, options: JoinOptions): Uint8Array {
  if (init.movie.length !== 1) throw new MediaError('unsupported', 'fragments of one track can be joined')
  const rows: Row[] = []
  const payload: Uint8Array[] = []
  let start: number | null = null
  let previous: { row: Row; dts: number } | null = null
  for (const part of parts) {
    for (const [, sample] of walkSamples(part, init)) {
      start ??= sample.dts
      // What is written has no times but the first, so each sample lasts until the next.
      if (previous !== null) previous.row.duration = sample.dts - previous.dts
      const { size, duration, sync } = sample
      previous = { row: { size, duration, offset: sample.pts - sample.dts, sync }, dts: sample.dts }
      rows.push(previous.row)
      payload.push(part.subarray(sample.offset, sample.offset + size))
    }
  }
  if (start === null || previous === null) throw new MediaError('malformed', 'fragments of no samples')
  if (options.end !== undefined) previous.row.duration = options.end - previous.dts
  if (rows.some(({ duration }) => duration < 0)) throw new MediaError('malformed', 'fragments whose time goes back')
  const size = payload.reduce((sum, piece) => sum + piece.length, 0)
  if (size > 2 ** 31) throw new MediaError('too-large', `a segment of ${size} bytes`)
  // The data's place counts from the moof, whose size doesn't depend on it.
  const moof = moofOf(rows, start, 0, options)
  return concatenated([...moofOf(rows, start, moof.size + 8, options).pieces, u32(size + 8, MDAT), ...payload])
}

const MDAT = 0x6d646174

function moofOf(rows: readonly Row[], start: number, dataOffset: number, options: JoinOptions): Box {
  const [first] = rows
  const isSteady = rows.every(({ duration }) => duration === first!.duration)
  const isAllSync = rows.every(({ sync }) => sync)
  const isShifted = rows.some(({ offset }) => offset !== 0)
  const header = fullBox(
    'tfhd',
    0,
    DEFAULT_BASE_IS_MOOF | (isSteady ? DEFAULT_DURATION : 0) | (isAllSync ? DEFAULT_FLAGS : 0),
    u32(options.trackId, ...(isSteady ? [first!.duration] : []), ...(isAllSync ? [SYNC_SAMPLE] : [])),
  )
  const flags = DATA_OFFSET | SIZES | (isSteady ? 0 : DURATIONS) | (isAllSync ? 0 : FLAGS) | (isShifted ? OFFSETS : 0)
  const fields = rows.flatMap(({ size, duration, offset, sync }) => [
    ...(isSteady ? [] : [duration]),
    size,
    ...(isAllSync ? [] : [sync ? SYNC_SAMPLE : OTHER_SAMPLE]),
    ...(isShifted ? [offset] : []),
  ])
  const run = fullBox('trun', 1, flags, u32(rows.length, dataOffset, ...fields))
  const traf = box('traf', header, fullBox('tfdt', 1, 0, u64(start)), run)
  return box('moof', fullBox('mfhd', 0, 0, u32(options.sequenceNumber)), traf)
}

function concatenated(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
