import { codecString } from '../codec/codec-string.ts'
import { MediaError } from '../media-error.ts'
import type { Track } from '../track.ts'
import { type BoxRange, boxesIn, FieldReader } from './box-reader.ts'
import { type FragmentTrack, readFragment as readRuns } from './fragment-runs.ts'
import { type MovieTrack, readMovie } from './movie-reader.ts'
import type { SampleCursor } from './sample-cursor.ts'
import { needed } from './track-header-reader.ts'

/** A CMAF header describes tracks and lists no samples. */
const LARGEST_HEADER = 2 ** 20
const MOST_SAMPLES = 1_000_000

/** A track of a CMAF header (ISO/IEC 23000-19 §7.3.1). */
export type InitTrack = {
  trackId: number
  kind: 'video' | 'audio'
  /** RFC 6381. */
  codecs: string
  /** Ticks a second. */
  timescale: number
  width?: number
  height?: number
  /** Hz. */
  sampleRate?: number
  channels?: number
}

export type Init = {
  tracks: readonly InitTrack[]
  /** As the movie box describes them: decoder configuration, and what samples have where a fragment doesn't say. */
  movie: readonly MovieTrack[]
}

export type FragmentSummary = {
  trackId: number
  /** Decode time of the first sample, ticks. */
  start: number
  /** Ticks. */
  duration: number
  samples: number
  startsWithSync: boolean
}

/**
 * What a CMAF header (`ftyp`, `moov`) says.
 *
 * @throws MediaError `malformed`, `too-large`; `unsupported` for a track that has no `codecs` name
 */
export function readInit(bytes: Uint8Array): Init {
  const view = viewOf(bytes)
  const moov = headerMovie(view, bytes.length)
  const movie = readMovie(bytes.subarray(moov.start, moov.end))
  if (movie.length === 0) throw new MediaError('malformed', 'a header of no tracks')
  return { movie, tracks: movie.map(({ track }) => initTrack(track)) }
}

function headerMovie(view: DataView, length: number): BoxRange {
  if (length > LARGEST_HEADER) throw new MediaError('too-large', `a header of over ${LARGEST_HEADER} bytes`)
  return needed(view, { type: 'header', start: 0, end: length }, 'moov')
}

function initTrack(track: Track): InitTrack {
  const codecs = codecString(track)
  if (codecs === null || track.kind === 'other') {
    throw new MediaError(
      'unsupported',
      `a track of ${track.codecId.replaceAll(/[^\x20-\x7e]/g, '?')} has no codecs name`,
    )
  }
  const named = { trackId: track.id, kind: track.kind, codecs, timescale: track.timescale }
  if (track.video !== null) return { ...named, width: track.video.width, height: track.video.height }
  if (track.audio === null) return named
  return { ...named, sampleRate: track.audio.sampleRate, channels: track.audio.channels }
}

/** A sample that {@link walkSamples} stands on. */
export type WalkedSample = Pick<SampleCursor, 'offset' | 'size' | 'dts' | 'pts' | 'duration' | 'sync'>

/**
 * Every sample of a CMAF chunk or segment in its order; the same object each time.
 *
 * @throws MediaError `malformed`: also where samples lie outside of the bytes, or a fragment has no `tfdt`; `too-large`
 */
export function* walkSamples(bytes: Uint8Array, init: Init): Generator<[trackId: number, sample: WalkedSample]> {
  let samples = 0
  for (const { moof, moofStart } of moofsIn(bytes)) {
    for (const traf of trafsIn(viewOf(bytes), moof)) decodeTime(viewOf(bytes), traf)
    // New for each: what a fragment says of its last sample's duration is taken as it is.
    const runs = readRuns(bytes.subarray(moof.start, moof.end), moofStart, fragmentTracks(init))
    for (const { trackId, samples: run } of runs) {
      while (run.next()) {
        if (++samples > MOST_SAMPLES) throw new MediaError('too-large', `over ${MOST_SAMPLES} samples in a segment`)
        if (run.offset + run.size > bytes.length) {
          throw new MediaError('malformed', 'a sample outside of its segment', moofStart)
        }
        yield [trackId, run]
      }
    }
  }
}

/** What a CMAF chunk or segment holds of each track, in the order of their first samples. @throws as {@link walkSamples} */
export function readFragment(bytes: Uint8Array, init: Init): FragmentSummary[] {
  const found = new Map<number, FragmentSummary>()
  for (const [trackId, sample] of walkSamples(bytes, init)) {
    let summary = found.get(trackId)
    if (summary === undefined) {
      summary = { trackId, start: sample.dts, duration: 0, samples: 0, startsWithSync: sample.sync }
      found.set(trackId, summary)
    }
    summary.samples++
    summary.duration = sample.dts + sample.duration - summary.start
    if (summary.duration < 0) throw new MediaError('malformed', 'a segment whose time goes back')
  }
  return [...found.values()]
}

/**
 * Moves each track's decode times (`tfdt`, ISO 14496-12 §8.8.12) by so many ticks, in place; all of them or, when it
 * throws, none.
 *
 * @throws MediaError `out-of-range` where a time would be negative or not fit its field; `malformed`
 */
export function shiftFragment(bytes: Uint8Array, ticks: ReadonlyMap<number, number>): void {
  const view = viewOf(bytes)
  const writes: (() => void)[] = []
  for (const { traf } of allTrafs(bytes)) {
    const shift = ticks.get(trackOf(view, traf)) ?? 0
    const { at, version, time } = decodeTime(view, traf)
    const shifted = time + shift
    const limit = version === 1 ? Number.MAX_SAFE_INTEGER : 2 ** 32 - 1
    if (!(shifted >= 0 && shifted <= limit) || !Number.isInteger(shifted)) {
      throw new MediaError('out-of-range', `decode time ${time} moved by ${shift}`, traf.start)
    }
    writes.push(() => {
      if (version === 1) view.setBigUint64(at, BigInt(shifted))
      else view.setUint32(at, shifted)
    })
  }
  for (const write of writes) write()
}

/** Gives tracks other numbers in a chunk or segment (`tfhd`), in place. @throws MediaError `malformed` */
export function retrackFragment(bytes: Uint8Array, numbers: ReadonlyMap<number, number>): void {
  const view = viewOf(bytes)
  for (const { traf } of allTrafs(bytes)) {
    const at = needed(view, traf, 'tfhd').start + 4
    renumber(view, at, traf.end, numbers)
  }
}

/** Gives tracks other numbers in a CMAF header (`tkhd`, `trex`), in place. @throws MediaError `malformed`, `too-large` */
export function retrackInit(bytes: Uint8Array, numbers: ReadonlyMap<number, number>): void {
  const view = viewOf(bytes)
  const moov = headerMovie(view, bytes.length)
  for (const child of boxesIn(view, moov.start, moov.end)) {
    if (child.type === 'trak') {
      const tkhd = needed(view, child, 'tkhd')
      const { version } = new FieldReader(view, tkhd).versionAndFlags()
      renumber(view, tkhd.start + (version === 1 ? 20 : 12), tkhd.end, numbers)
    } else if (child.type === 'mvex') {
      for (const trex of boxesIn(view, child.start, child.end)) {
        if (trex.type === 'trex') renumber(view, trex.start + 4, trex.end, numbers)
      }
    }
  }
}

function renumber(view: DataView, at: number, end: number, numbers: ReadonlyMap<number, number>): void {
  if (at + 4 > end) throw new MediaError('malformed', 'a box ends before its track number')
  const number = numbers.get(view.getUint32(at))
  if (number !== undefined) view.setUint32(at, number)
}

function fragmentTracks(init: Init): Map<number, FragmentTrack> {
  return new Map(
    init.movie.map(({ track, defaults }) => [
      track.id,
      { isVideo: track.kind === 'video', defaults, nextDts: null, lastDurationHolds: true },
    ]),
  )
}

function* moofsIn(bytes: Uint8Array): Generator<{ moof: BoxRange; moofStart: number }> {
  const view = viewOf(bytes)
  let end = 0
  for (const child of boxesIn(view, 0, bytes.length)) {
    if (child.type === 'moof') yield { moof: child, moofStart: end }
    end = child.end
  }
}

function* trafsIn(view: DataView, moof: BoxRange): Generator<BoxRange> {
  for (const traf of boxesIn(view, moof.start, moof.end)) if (traf.type === 'traf') yield traf
}

function* allTrafs(bytes: Uint8Array): Generator<{ traf: BoxRange }> {
  const view = viewOf(bytes)
  for (const { moof } of moofsIn(bytes)) for (const traf of trafsIn(view, moof)) yield { traf }
}

function trackOf(view: DataView, traf: BoxRange): number {
  const fields = new FieldReader(view, needed(view, traf, 'tfhd'))
  fields.skip(4)
  return fields.u32()
}

/** CMAF §7.5.16: `tfdt` is in every fragment. */
function decodeTime(view: DataView, traf: BoxRange): { at: number; version: number; time: number } {
  const fields = new FieldReader(view, needed(view, traf, 'tfdt'))
  const { version } = fields.versionAndFlags()
  const at = fields.at
  return { at, version, time: version === 1 ? fields.u64() : fields.u32() }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
