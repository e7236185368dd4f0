import { type Extent, makeLayout } from '../layout.ts'
import { MediaError } from '../media-error.ts'
import type { SampleSink } from '../sample-sink.ts'
import type { Track } from '../track.ts'
import type { View } from '../view.ts'
import { type Box, box } from './box.ts'
import {
  co64,
  ctts,
  dinf,
  edts,
  elng,
  ftyp,
  hdlr,
  mdatHeader,
  mdhd,
  mvhd,
  rollGroup,
  smhd,
  stco,
  stts,
  tkhd,
  vmhd,
} from './boxes.ts'
import { PatchList } from './patch-list.ts'
import { presentation, type TrackPresentation } from './presentation.ts'
import { fitsMp4, stsd } from './sample-entries.ts'
import { type ChunkOffsets, SampleTables } from './sample-tables.ts'
import { type TrackClock, type TrackTiming, trackClock } from './track-clock.ts'

/**
 * The sample tables of an MP4 over a body, kept as they will be served. `view` may be asked at any time, and again: a
 * view given once stays as it was.
 *
 * @throws MediaError `malformed`, `too-large` from `track`, `sample` and `patch`
 */
export interface Mp4Tables extends SampleSink {
  /**
   * `[ftyp][moov][mdat header]` + the first `bodyBytes` of the body, of all samples so far.
   *
   * @param head boxes to begin with in place of `ftyp`
   * @param fromSamples leaves out what the body has before its first sample
   */
  view(bodyBytes: number, head?: Uint8Array, fromSamples?: boolean): View
  /** Why `view` would give no layout, at no cost; null when it would. */
  refusal(): Refusal | null
}

type Refusal = Exclude<View, { state: 'ready' }>

type TrackState = {
  track: Track
  tables: SampleTables
  clock: TrackClock
}

/** `iso6` for signed composition offsets, `mp41` and `mp42` for players that look for nothing else. */
const BRANDS = ['isom', 'iso6', 'mp41', 'mp42'] as const

export function openMp4Tables(): Mp4Tables {
  const states = new Map<number, TrackState>()
  const patches = new PatchList()
  let begin = Number.POSITIVE_INFINITY
  let end = 0
  const withSamples = () => [...states.values()].filter(({ tables }) => tables.count > 0)

  return {
    track(track) {
      if (!(Number.isInteger(track.timescale) && track.timescale > 0 && track.timescale < 2 ** 32)) {
        throw new MediaError('malformed', `track ${track.id} counts ${track.timescale} ticks a second`)
      }
      if (!(Number.isInteger(track.id) && track.id > 0 && track.id < 2 ** 32)) {
        throw new MediaError('malformed', `no track can have the number ${track.id}`)
      }
      const known = states.get(track.id)
      if (known === undefined || known.tables.count === 0) {
        states.set(track.id, { track, tables: new SampleTables(), clock: trackClock(track) })
      } else known.track = track
    },
    sample(trackId, offset, size, dts, pts, duration, sync) {
      const state = states.get(trackId)
      if (state === undefined) throw new MediaError('malformed', `a sample of track ${trackId}, which nobody announced`)
      if (state.track.kind === 'other') return
      state.tables.add(offset, size, sync)
      state.clock.add(dts, pts, duration)
      begin = Math.min(begin, offset)
      end = Math.max(end, offset + size)
    },
    patch(view, offset, bytes, value) {
      if (view === 'mp4') patches.add(offset, bytes, value)
    },
    cluster() {},
    refusal: () => whyNot(withSamples()),
    view(bodyBytes, head, fromSamples = false) {
      if (end > bodyBytes) throw new MediaError('out-of-range', `samples end at ${end}, the body at ${bodyBytes}`)
      const shown = withSamples()
      const refusal = whyNot(shown)
      if (refusal !== null) return refusal
      const offset = fromSamples ? begin : 0
      const length = bodyBytes - offset
      const pieces = [...header(shown, { offset, length }, head), mdatHeader(length)]
      const extents: Extent[] = joined(pieces).map((bytes) => ({ kind: 'bytes', bytes }))
      extents.push({ kind: 'body', offset, length })
      const hasVideo = shown.some(({ track }) => track.kind === 'video')
      return { state: 'ready', layout: makeLayout(hasVideo ? 'video/mp4' : 'audio/mp4', extents, patches.table()) }
    },
  }
}

function whyNot(states: readonly TrackState[]): Refusal | null {
  if (states.length === 0) return { state: 'unsupported', reason: 'the body holds no samples of video or sound' }
  const foreign = states.filter(({ track }) => !fitsMp4(track)).map(({ track }) => codecName(track))
  if (foreign.length > 0) return { state: 'needs-encode', reason: `MP4 players don't know ${foreign.join(' or ')}` }
  for (const { track } of states) {
    if (stsd(track) !== null) continue
    const reason = `the decoder configuration of ${codecName(track)} (track ${track.id}) didn't come`
    return { state: 'unsupported', reason }
  }
  return null
}

function codecName(track: Track): string {
  return track.codec === 'other' ? track.codecId : track.codec
}

/** `ftyp`, or another head, and `moov`, whose chunk offsets point behind them into that range of the body. */
function header(
  states: readonly TrackState[],
  range: { offset: number; length: number },
  head?: Uint8Array,
): readonly Uint8Array[] {
  const timed = states.map((state) => ({ ...state, timing: state.clock.timing() }))
  const shown = presentation(timed)
  const offsets = states.map(({ tables }) => tables.offsets())
  const type = head === undefined ? ftyp('isom', BRANDS) : { size: head.length, pieces: [head] }
  const mdat = mdatHeader(range.length).length
  const highest = Math.max(...offsets.map((each) => each.highest))
  for (const width of highest < 2 ** 32 ? ([4, 8] as const) : ([8] as const)) {
    const rows = offsets.map((each) => new Uint8Array(each.count * width))
    const nextId = Math.max(...states.map(({ track }) => track.id)) + 1
    const traks = timed.map((each, index) => trak(each, shown.tracks[index]!, rows[index]!, width))
    const moov = box('moov', mvhd(shown.timescale, shown.duration, Math.min(nextId, 0xffffffff)), ...traks)
    const base = type.size + moov.size + mdat - range.offset
    if (width === 4 && base + highest >= 2 ** 32) continue
    offsets.forEach((each: ChunkOffsets, index) => {
      each.write(rows[index]!, width, base)
    })
    return [...type.pieces, ...moov.pieces]
  }
  throw new MediaError('too-large', 'chunk offsets over 64 bits')
}

function trak(
  { track, tables, timing }: TrackState & { timing: TrackTiming },
  shown: TrackPresentation,
  chunkRows: Uint8Array,
  width: 4 | 8,
): Box {
  const isAudio = track.kind === 'audio'
  const count = chunkRows.length / width
  const stbl = box(
    'stbl',
    stsd(track),
    stts(timing.durations.count, timing.durations.pieces),
    compositionBox(timing),
    tables.syncBox(),
    tables.chunkBox(),
    tables.sizeBox(),
    width === 4 ? stco(count, chunkRows) : co64(count, chunkRows),
    ...decoderRoll(track, tables.count, timing),
  )
  const mdia = box(
    'mdia',
    mdhd(timing.timescale, compositionEnd(timing), track.language),
    elng(track.language),
    hdlr(isAudio ? 'soun' : 'vide', track.name),
    box('minf', isAudio ? smhd() : vmhd(), dinf(), stbl),
  )
  const video = track.video
  const head = tkhd({
    id: track.id,
    duration: shown.duration,
    isAudio,
    width: video?.displayWidth ?? 0,
    height: video?.displayHeight ?? 0,
    rotation: video?.rotation ?? 0,
  })
  return box('trak', head, edts(shown.edits), mdia)
}

/**
 * T10, §8.4.2.3: where the last sample ends as it is composed. GStreamer shows nothing after it of a track without edits. What is
 * decoded after that has its time as well: no reader then takes the media for shorter than its tables.
 */
function compositionEnd({ mediaDuration, end, shift }: TrackTiming): number {
  return Math.max(mediaDuration, end + shift)
}

/** Encapsulation of Opus in ISO BMFF §4.3.6: a decoder is right 80 ms after it begins, and files say in what samples. */
function decoderRoll(track: Track, count: number, timing: TrackTiming): Box[] {
  if (track.codec !== 'opus' || timing.mediaDuration === 0) return []
  const average = timing.mediaDuration / timing.timescale / count
  return rollGroup(count, Math.ceil(0.08 / average - 1e-6))
}

/** §8.6.1.3: left out where every sample is shown when it is decoded; version 1 only where an offset is negative. */
function compositionBox({ offsets }: TrackTiming): Box | null {
  if (offsets.lowest === 0 && offsets.highest === 0) return null
  return ctts(offsets.lowest < 0 ? 1 : 0, offsets.count, offsets.pieces)
}

/** Pieces below this are copied together: a layout of a few extents reads faster than one of hundreds. */
const SMALL_PIECE = 4096

function joined(pieces: readonly Uint8Array[]): Uint8Array[] {
  const result: Uint8Array[] = []
  let small: Uint8Array[] = []
  const flush = () => {
    if (small.length === 0) return
    const bytes = new Uint8Array(small.reduce((sum, piece) => sum + piece.length, 0))
    let at = 0
    for (const piece of small) {
      bytes.set(piece, at)
      at += piece.length
    }
    result.push(bytes)
    small = []
  }
  for (const piece of pieces) {
    if (piece.length === 0) continue
    if (piece.length < SMALL_PIECE) small.push(piece)
    else {
      flush()
      result.push(piece)
    }
  }
  flush()
  return result
}
