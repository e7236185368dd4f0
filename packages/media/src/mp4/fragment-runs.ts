import { MediaError } from '../media-error.ts'
import { type BoxRange, boxesIn, FieldReader, findBox } from './box-reader.ts'
import type { SampleDefaults } from './movie-reader.ts'
import type { SampleCursor } from './sample-cursor.ts'

/** `tfhd` flags, ISO 14496-12 §8.8.7. */
const BASE_DATA_OFFSET = 0x1
const DESCRIPTION_INDEX = 0x2
const DEFAULT_DURATION = 0x8
const DEFAULT_SIZE = 0x10
const DEFAULT_FLAGS = 0x20
const DEFAULT_BASE_IS_MOOF = 0x20000

/** `trun` flags, §8.8.8. */
const DATA_OFFSET = 0x1
const FIRST_FLAGS = 0x4
const DURATIONS = 0x100
const SIZES = 0x200
const FLAGS = 0x400
const OFFSETS = 0x800

/** §8.8.3.1: sample_is_non_sync_sample, and sample_depends_on = 1, which says the same in other writers. */
const NON_SYNC = 0x10000
const DEPENDS_ON_OTHERS = 0x1000000

/** A track's state that outlives a fragment. */
export type FragmentTrack = {
  isVideo: boolean
  defaults: SampleDefaults
  /** Where the next fragment's decode time begins unless it says; null before the first. */
  nextDts: number | null
  /**
   * Whether what fragments say of their last sample's duration has held so far. Chromium's never does: it puts an
   * average there, and the next `tfdt` tells otherwise. Then the duration is told as 0, unknown.
   */
  lastDurationHolds: boolean
}

export type FragmentRun = { trackId: number; samples: SampleCursor }

/**
 * The runs of samples in a whole `moof` box's content, in its order; `moofStart` is where the box began in the body.
 * Runs of no samples, and fragments of tracks that `moov` doesn't know, are left out; their times don't count.
 *
 * @throws MediaError `malformed`, `unsupported`
 */
export function readFragment(
  bytes: Uint8Array,
  moofStart: number,
  tracks: ReadonlyMap<number, FragmentTrack>,
): FragmentRun[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const runs: FragmentRun[] = []
  // §8.8.7.1: without a base, the first traf counts from the moof, and the next from the end of the one before.
  let implicitBase = moofStart
  for (const traf of boxesIn(view, 0, bytes.length)) {
    if (traf.type !== 'traf') continue
    implicitBase = readTrackFragment(view, traf, moofStart, implicitBase, tracks, runs)
  }
  return runs
}

type Header = SampleDefaults & { trackId: number; base: number }

function readTrackFragment(
  view: DataView,
  traf: BoxRange,
  moofStart: number,
  implicitBase: number,
  tracks: ReadonlyMap<number, FragmentTrack>,
  runs: FragmentRun[],
): number {
  const tfhd = findBox(view, traf.start, traf.end, 'tfhd')
  if (tfhd === null) throw new MediaError('malformed', 'a track fragment without tfhd', moofStart)
  const fields = new FieldReader(view, tfhd)
  const { flags } = fields.versionAndFlags()
  const trackId = fields.u32()
  const track = tracks.get(trackId)
  const defaults = track?.defaults ?? { description: 1, duration: 0, size: 0, flags: 0 }
  const header: Header = {
    trackId,
    base: flags & BASE_DATA_OFFSET ? fields.u64() : flags & DEFAULT_BASE_IS_MOOF ? moofStart : implicitBase,
    description: flags & DESCRIPTION_INDEX ? fields.u32() : defaults.description,
    duration: flags & DEFAULT_DURATION ? fields.u32() : defaults.duration,
    size: flags & DEFAULT_SIZE ? fields.u32() : defaults.size,
    flags: flags & DEFAULT_FLAGS ? fields.u32() : defaults.flags,
  }
  const toldDts = readDecodeTime(view, traf)
  let dts = toldDts ?? track?.nextDts ?? 0
  let dataEnd = header.base
  let last: RunCursor | null = null
  for (const trun of boxesIn(view, traf.start, traf.end)) {
    if (trun.type !== 'trun') continue
    const run = new RunCursor(view, trun, header, dataEnd, dts, track?.isVideo ?? false)
    if (run.count === 0) continue
    if (header.description !== 1) {
      throw new MediaError(
        'unsupported',
        'samples of a second description: the decoder changes within a track',
        moofStart,
      )
    }
    dts = run.endDts
    dataEnd = run.dataEnd
    last = run
    if (track !== undefined) runs.push({ trackId, samples: run })
  }
  if (track !== undefined && last !== null) {
    if (toldDts !== null && track.nextDts !== null && toldDts !== track.nextDts) track.lastDurationHolds = false
    if (!track.lastDurationHolds) last.doubtLastDuration()
    track.nextDts = dts
  }
  return dataEnd
}

/** `tfdt`, §8.8.12. */
function readDecodeTime(view: DataView, traf: BoxRange): number | null {
  const tfdt = findBox(view, traf.start, traf.end, 'tfdt')
  if (tfdt === null) return null
  const fields = new FieldReader(view, tfdt)
  return fields.versionAndFlags().version === 1 ? fields.u64() : fields.u32()
}

/** A `trun` (§8.8.8), read where it lies. */
class RunCursor implements SampleCursor {
  offset = 0
  size = 0
  dts = 0
  pts = 0
  duration = 0
  sync = true
  readonly count: number
  /** Where the run's data and time end. */
  readonly dataEnd: number
  readonly endDts: number

  private readonly view: DataView
  private readonly header: Header
  private readonly flags: number
  private readonly firstFlags: number
  private readonly isVideo: boolean
  private isLastDoubted = false
  private at: number
  private left: number
  private nextOffset: number
  private nextDts: number

  constructor(view: DataView, trun: BoxRange, header: Header, following: number, dts: number, isVideo: boolean) {
    const fields = new FieldReader(view, trun)
    const { flags } = fields.versionAndFlags()
    this.view = view
    this.header = header
    this.flags = flags
    this.isVideo = isVideo
    this.count = fields.u32()
    this.nextOffset = flags & DATA_OFFSET ? header.base + fields.i32() : following
    this.firstFlags = flags & FIRST_FLAGS ? fields.u32() : -1
    const width = rowWidth(flags)
    fields.expectRows(this.count, width)
    if (this.count > 0 && width === 0 && header.size === 0) {
      throw new MediaError('malformed', `${this.count} samples of no size`)
    }
    if (this.nextOffset < 0) throw new MediaError('malformed', 'samples from before the beginning')
    this.at = fields.at
    this.left = this.count
    this.nextDts = dts
    const { duration, size } = this.sums(fields.at, width)
    this.endDts = dts + duration
    this.dataEnd = this.nextOffset + size
    if (!Number.isSafeInteger(this.dataEnd) || !Number.isSafeInteger(this.endDts)) {
      throw new MediaError('malformed', 'a run of samples whose place or time is over 53 bits')
    }
  }

  private sums(start: number, width: number): { duration: number; size: number } {
    const sizeAt = this.flags & DURATIONS ? 4 : 0
    let duration = this.flags & DURATIONS ? 0 : this.count * this.header.duration
    let size = this.flags & SIZES ? 0 : this.count * this.header.size
    if (this.flags & (DURATIONS | SIZES)) {
      for (let index = 0, at = start; index < this.count; index++, at += width) {
        if (this.flags & DURATIONS) duration += this.view.getUint32(at)
        if (this.flags & SIZES) size += this.view.getUint32(at + sizeAt)
      }
    }
    return { duration, size }
  }

  doubtLastDuration(): void {
    this.isLastDoubted = true
  }

  next(): boolean {
    if (this.left === 0) return false
    const { view, flags, header } = this
    let at = this.at
    this.duration = header.duration
    this.size = header.size
    let sampleFlags = header.flags
    let offset = 0
    if (flags & DURATIONS) {
      this.duration = view.getUint32(at)
      at += 4
    }
    if (flags & SIZES) {
      this.size = view.getUint32(at)
      at += 4
    }
    if (flags & FLAGS) {
      sampleFlags = view.getUint32(at)
      at += 4
    }
    if (flags & OFFSETS) {
      // Signed in every version: version 0 files with negative offsets exist, and none with offsets over 2^31.
      offset = view.getInt32(at)
      at += 4
    }
    if (this.left === this.count && this.firstFlags >= 0) sampleFlags = this.firstFlags
    this.at = at
    this.left--
    this.offset = this.nextOffset
    this.nextOffset += this.size
    this.dts = this.nextDts
    this.nextDts += this.duration
    if (this.left === 0 && this.isLastDoubted) this.duration = 0
    this.pts = this.dts + offset
    this.sync = !this.isVideo || (sampleFlags & (NON_SYNC | DEPENDS_ON_OTHERS)) === 0
    return true
  }
}

function rowWidth(flags: number): number {
  let width = 0
  for (const flag of [DURATIONS, SIZES, FLAGS, OFFSETS]) if (flags & flag) width += 4
  return width
}
