import { MediaError } from '../media-error.ts'
import { type Init, walkSamples } from './fragment-summary.ts'
import { type FragmentRow, fragmentHead } from './movie-fragment.ts'

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
  const rows: FragmentRow[] = []
  const payload: Uint8Array[] = []
  let start: number | null = null
  let previous: { row: FragmentRow; dts: number } | null = null
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
  const { trackId, sequenceNumber } = options
  return concatenated([...fragmentHead(sequenceNumber, [{ trackId, start, rows }]), ...payload])
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
