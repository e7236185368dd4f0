import type { ContainerReader } from '../container-reader.ts'
import type { Front } from '../front.ts'
import { MediaError } from '../media-error.ts'
import type { SampleSink } from '../sample-sink.ts'
import { ConfigCapture } from './config-capture.ts'
import { type FragmentTrack, readFragment } from './fragment-runs.ts'
import { readMovie } from './movie-reader.ts'
import { PendingSamples } from './pending-samples.ts'
import type { SampleCursor } from './sample-cursor.ts'

/** Sizes over these are no movie's; a header is kept in memory until it is whole. */
const LARGEST_MOOV = 64 * 2 ** 20
const LARGEST_MOOF = 4 * 2 ** 20

/** What may be kept of fragments whose samples are still to come: honest ones come right behind. */
const LARGEST_WAITING = 64 * 2 ** 20

/** What a file may begin with (ISO 14496-12 §4.3, and QuickTime's older ones). */
const OPENERS = new Set([
  'ftyp',
  'styp',
  'moov',
  'moof',
  'mdat',
  'free',
  'skip',
  'wide',
  'sidx',
  'emsg',
  'prft',
  'uuid',
  'pnot',
  'pdin',
])

/**
 * Where the reader stands:
 *
 *     box header ──moov, moof──▶ collecting ──whole──▶ box header
 *         └───────────else─────▶ passing (mdat: samples are told on the way) ──end──▶ box header
 */
type State =
  | { name: 'box-header' }
  | { name: 'collecting'; type: 'moov' | 'moof'; start: number; left: number; parts: Uint8Array[] }
  /** `left` is infinite for a box of size 0, which goes on to the end (§4.2). */
  | { name: 'passing'; left: number }

/**
 * Reads ISO base media files as they grow, fragmented ones and those whose `moov` lists the samples, in front or
 * behind. Bytes may be cut anywhere; only headers are kept, never samples. After an error nothing more may be pushed.
 *
 * @param front the range of the file that stands first in the body; null: the body is the file
 */
export function openFragmentReader(sink: SampleSink, front: Front | null = null): ContainerReader {
  return new FragmentReader(sink, front)
}

class FragmentReader implements ContainerReader {
  private readonly sink: SampleSink
  private readonly front: Front | null
  private readonly pending: PendingSamples
  private readonly capture: ConfigCapture
  private readonly tracks = new Map<number, FragmentTrack>()
  private state: State = { name: 'box-header' }
  /** The beginning of a box header that is cut. */
  private readonly header = new Uint8Array(16)
  private readonly headerView = new DataView(this.header.buffer)
  private headerLength = 0
  private position = 0
  private boxes = 0
  private waitingBytes = 0
  private movie: Uint8Array | null = null

  constructor(sink: SampleSink, front: Front | null) {
    this.sink = sink
    this.front = front
    this.pending = new PendingSamples(sink)
    this.capture = new ConfigCapture(sink)
  }

  cutShort: string | null = null

  get wholeBytes(): number {
    return this.pending.wholeBytes
  }

  push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length) at += this.step(bytes, at)
  }

  finish(): void {
    this.cutShort ??= this.missing()
    this.state = { name: 'passing', left: Number.POSITIVE_INFINITY }
    this.movie = null
  }

  private missing(): string | null {
    const { state } = this
    const left = state.name === 'box-header' ? 0 : state.left
    if (this.headerLength > 0 || state.name === 'collecting') return 'the file ends in the middle of a header'
    if (left > 0 && left < Number.POSITIVE_INFINITY) return `the file ends ${left} bytes before its last box does`
    return this.pending.isEmpty ? null : 'the file ends before the last of the samples that it lists'
  }

  /** Takes as much of `bytes` from `at` on as belongs together; how much that was. */
  private step(bytes: Uint8Array, at: number): number {
    const state = this.state
    if (state.name === 'box-header') return this.takeHeader(bytes, at)
    const length = Math.min(state.left, bytes.length - at)
    if (state.name === 'collecting') state.parts.push(bytes.slice(at, at + length))
    else if (!this.capture.isIdle) this.capture.pass(this.position, bytes.subarray(at, at + length))
    this.position += length
    state.left -= length
    if (state.name === 'passing') this.pending.tell(this.position)
    if (state.left === 0) {
      this.state = { name: 'box-header' }
      if (state.name === 'collecting') this.readCollected(state.type, state.start, state.parts)
    }
    return length
  }

  private takeHeader(bytes: Uint8Array, at: number): number {
    const wanted = this.headerLength >= 8 && this.headerView.getUint32(0) === 1 ? 16 : 8
    const length = Math.min(wanted - this.headerLength, bytes.length - at)
    this.header.set(bytes.subarray(at, at + length), this.headerLength)
    this.headerLength += length
    this.position += length
    if (this.headerLength < wanted) return length
    const size = this.headerView.getUint32(0)
    if (size === 1 && wanted === 8) return length
    this.headerLength = 0
    this.beginBox(wanted === 16 ? this.longSize() : size === 0 ? Number.POSITIVE_INFINITY : size, wanted)
    return length
  }

  private longSize(): number {
    return this.headerView.getUint32(8) * 2 ** 32 + this.headerView.getUint32(12)
  }

  private beginBox(size: number, headerLength: number): void {
    const start = this.position - headerLength
    const type = String.fromCharCode(...this.header.subarray(4, 8))
    const isFirst = this.boxes++ === 0
    if (isFirst && !OPENERS.has(type)) throw new MediaError('not-media', 'no ISO base media file begins like this', 0)
    const left = size - headerLength
    if (left < 0) throw new MediaError('malformed', `box ${type} of ${size} bytes`, start)
    if (type === 'moov' || type === 'moof') {
      const largest = type === 'moov' ? LARGEST_MOOV : LARGEST_MOOF
      if (left > largest) throw new MediaError('too-large', `${type} of over ${largest} bytes`, start)
      this.state = { name: 'collecting', type, start, left, parts: [] }
      if (left === 0) throw new MediaError('malformed', `${type} is empty`, start)
      return
    }
    // Four printable characters, or the bytes are not boxes any more.
    if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) throw new MediaError('malformed', 'something that is no box', start)
    if (left > 0) this.state = { name: 'passing', left }
  }

  private readCollected(type: 'moov' | 'moof', start: number, parts: readonly Uint8Array[]): void {
    const bytes = parts.length === 1 ? parts[0]! : concatenated(parts)
    if (type === 'moov') this.readMovie(bytes, start)
    else this.readFragment(bytes, start)
    this.pending.tell(this.position)
  }

  private readFragment(bytes: Uint8Array, start: number): void {
    if (this.front !== null) throw new MediaError('unsupported', 'fragments behind a moov that was moved', start)
    this.waitingBytes = this.pending.isEmpty ? bytes.length : this.waitingBytes + bytes.length
    if (this.waitingBytes > LARGEST_WAITING) throw new MediaError('too-large', 'fragments without their data', start)
    for (const run of readFragment(bytes, start, this.tracks)) this.addRun(run.trackId, run.samples)
  }

  private addRun(trackId: number, run: SampleCursor): void {
    const first = this.pending.addRun(trackId, run)
    if (first !== null) this.capture.expect(trackId, first)
  }

  private readMovie(bytes: Uint8Array, start: number): void {
    if (this.movie !== null) {
      // Segments joined with their initialisation repeat it; a different one would be a different body.
      if (isEqual(this.movie, bytes)) return
      throw new MediaError('unsupported', 'a second moov that differs from the first', start)
    }
    this.movie = bytes
    for (const { track, defaults, samples } of readMovie(bytes, this.front)) {
      this.tracks.set(track.id, { isVideo: track.kind === 'video', defaults, nextDts: null, lastDurationHolds: true })
      this.pending.addTrack(track)
      this.capture.addTrack(track)
      this.sink.track(track)
      if (samples !== null) this.addRun(track.id, samples)
    }
  }
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
