// Where the cutter stands:
//
//   nothing ──ftyp, moov──▶ header told ──moof, mdat──▶ segment open ──boundary, or the end──▶ segment told, the next open
import { type FragmentSummary, type Init, joinFragments, MediaError, readFragment, readInit } from '@rushes/media'
import { BoxSplitter, type TopBox } from './box-splitter.ts'
import { SegmentError } from './segment-error.ts'

const largestSegmentBytes = 120 * 2 ** 20
/** Sources whose key frames lie further apart can't be cut. */
const longestSegmentSeconds = 60
/** A jump that is longer is a hole and stays one; a shorter one is a writer's rounding. */
const longestStretchSeconds = 1

/** Times in the track's ticks, as the stream counts them. */
export type CutSegment = {
  start: number
  duration: number
  samples: number
  /** One `moof` and one `mdat` (a CMAF segment of one chunk, ISO/IEC 23000-19 §7.3.2). */
  bytes: Uint8Array
}

export type CutterOptions = {
  segmentMs: number
  /** Time of the stream's grid: segments begin at the first sync sample at or after `originMs` + N × `segmentMs`. */
  originMs: number
  /** The header as it came; the answer numbers the track and the first segment. */
  onHeader(bytes: Uint8Array, init: Init): { trackId: number; sequenceNumber: number }
  /** As soon as a fragment is there: where it ends, in seconds of the stream. */
  onFragment?(endSeconds: number): void
  onSegment(segment: CutSegment): void
}

type Track = { init: Init; timescale: number; trackId: number; sequenceNumber: number }

type OpenSegment = { parts: Uint8Array[]; bytes: number; start: number; end: number; samples: number }

/** Cuts the fragmented MP4 of one track into a CMAF header and segments, however its bytes are cut. */
export class SegmentCutter {
  private readonly options: CutterOptions
  private readonly splitter = new BoxSplitter()
  private fileType: Uint8Array | null = null
  private track: Track | null = null
  private movieFragment: Uint8Array | null = null
  private open: OpenSegment | null = null
  /** In ticks: the next segment begins at the first sync sample that isn't before it. */
  private boundary = 0

  constructor(options: CutterOptions) {
    this.options = options
  }

  /** @throws SegmentError every code; nothing may be pushed after that */
  push(bytes: Uint8Array): void {
    translated(() => {
      for (const box of this.splitter.push(bytes)) this.take(box)
    })
  }

  /** The stream has ended, or broke off: what is whole of it is told as the last segment. @throws SegmentError */
  finish(): void {
    translated(() => this.close(undefined))
  }

  private take({ type, bytes }: TopBox): void {
    if (type === 'ftyp') this.fileType = bytes
    else if (type === 'moov') this.takeMovie(bytes)
    else if (type === 'moof') this.movieFragment = bytes
    else if (type === 'mdat') this.takeData(bytes)
  }

  private takeMovie(bytes: Uint8Array): void {
    if (this.fileType === null) throw new SegmentError('not-fragmented-mp4', 'moov without ftyp')
    if (this.track !== null) throw new SegmentError('not-fragmented-mp4', 'a second moov')
    const header = Buffer.concat([this.fileType, bytes])
    const init = readInit(header)
    const [only] = init.tracks
    if (only === undefined || init.tracks.length > 1) {
      throw new SegmentError('not-fragmented-mp4', `${init.tracks.length} tracks in a stream of one`)
    }
    const { timescale } = only
    this.track = { init, timescale, ...this.options.onHeader(new Uint8Array(header), init) }
  }

  private takeData(data: Uint8Array): void {
    const { movieFragment, track } = this
    this.movieFragment = null
    if (track === null || movieFragment === null) throw new SegmentError('not-fragmented-mp4', 'mdat without moof')
    const bytes = new Uint8Array(Buffer.concat([movieFragment, data]))
    const [summary] = readFragment(bytes, track.init)
    if (summary === undefined) return
    this.place(bytes, summary, track)
    this.options.onFragment?.((summary.start + summary.duration) / track.timescale)
  }

  private place(bytes: Uint8Array, { start, duration, samples, startsWithSync }: FragmentSummary, track: Track): void {
    if (this.open !== null && start < this.open.end - longestStretchSeconds * track.timescale) {
      throw new SegmentError('not-fragmented-mp4', `decode time goes back from ${this.open.end} to ${start}`)
    }
    // A millisecond early is on time: writers round to their ticks.
    const isDue = start + track.timescale / 1000 >= this.boundary
    if (this.open !== null && startsWithSync && isDue) this.close(start)
    if (this.open === null) {
      if (!startsWithSync) return // Nobody could decode it: a copied source that we joined between key frames.
      this.open = { parts: [], bytes: 0, start, end: start, samples: 0 }
      this.boundary = this.boundaryAfter(start, track.timescale)
    }
    this.open.parts.push(bytes)
    this.open.bytes += bytes.length
    this.open.end = start + duration
    this.open.samples += samples
    if (this.open.bytes > largestSegmentBytes) {
      throw new SegmentError('too-large', `a segment of over ${largestSegmentBytes} bytes`)
    }
    if (this.open.end - this.open.start > longestSegmentSeconds * track.timescale + this.length(track.timescale)) {
      throw new SegmentError('no-key-frames', `no key frame for over ${longestSegmentSeconds} s`)
    }
  }

  private length(timescale: number): number {
    return (this.options.segmentMs * timescale) / 1000
  }

  /** The first of the grid that is at least half a length away: what encoders put in front of the origin is no segment. */
  private boundaryAfter(start: number, timescale: number): number {
    const origin = (this.options.originMs * timescale) / 1000
    const length = this.length(timescale)
    return origin + Math.ceil((start - timescale / 1000 - origin) / length + 0.5) * length
  }

  private close(nextStart: number | undefined): void {
    const { open, track } = this
    this.open = null
    if (open === null || track === null) return
    const isNext = nextStart !== undefined && Math.abs(nextStart - open.end) <= longestStretchSeconds * track.timescale
    const end = isNext ? nextStart : open.end
    const { trackId, sequenceNumber } = track
    track.sequenceNumber++
    const bytes = joinFragments(open.parts, track.init, { trackId, sequenceNumber, ...(isNext ? { end } : {}) })
    const { start, samples } = open
    this.options.onSegment({ start, duration: end - start, samples, bytes })
  }
}

function translated(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof MediaError)) throw error
    throw new SegmentError(error.code === 'too-large' ? 'too-large' : 'not-fragmented-mp4', error.message)
  }
}
