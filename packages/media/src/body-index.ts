import type { ContainerReader } from './container-reader.ts'
import { SNIFF_BYTES, sniffContainer } from './container-sniff.ts'
import { notMediaReason } from './foreign-files.ts'
import type { Front } from './front.ts'
import { MediaError } from './media-error.ts'
import { openFragmentReader } from './mp4/fragments.ts'
import { openMp4Tables } from './mp4/movie.ts'
import { bodyOrigin, presentedEnd } from './mp4/presentation.ts'
import type { SampleSink } from './sample-sink.ts'
import type { Track } from './track.ts'
import type { View, ViewStanding } from './view.ts'
import { openWebmTables } from './webm/header.ts'
import { openWebmReader, type WebmReader } from './webm/reader.ts'

/**
 * What a body holds, kept as it grows: push the bytes in order, cut anywhere, and ask at any time.
 * The bytes given to `push` may be reused by the caller afterwards. Hostile bytes never throw: the first fault is kept
 * in `damage`, what was whole before it stays usable, and later bytes are counted but not read.
 */
export interface BodyIndex {
  push(bytes: Uint8Array): void
  /** No more bytes come: the last sample's duration is settled, buffers are let go. */
  finish(): void
  /** Bytes pushed so far. */
  readonly bytes: number
  /** End of the last whole sample (bytes from the start of the body). */
  readonly wholeBytes: number
  readonly container: 'webm' | 'matroska' | 'mp4' | 'unknown'
  readonly tracks: readonly Track[]
  readonly damage: MediaError | null
  /** After `finish`: what the body had announced and did not bring, in words; a body that is a whole file has null. */
  readonly cutShort: string | null
  /** Longest track: max(pts + duration) as the body's edit lists place it, ms. */
  readonly durationMs: number
  /** What the body's clock shows where its files begin, ms: 0 but for a body whose clock didn't start with it (TIMING.md T7). */
  readonly originMs: number
  sampleCount(trackId: number): number
  /** What {@link mp4View} and {@link webmView} would answer, without the cost of building a header. */
  viewStates(): { mp4: ViewStanding; webm: ViewStanding }
  /**
   * Complete, seekable MP4 (`moov` in front) of the whole samples so far.
   *
   * @param head whole boxes to begin with in place of `ftyp`, for formats that are MP4 and more
   * @param fromSamples leaves out what the body has before its first sample, for bodies that tell of more than these
   */
  mp4View(head?: Uint8Array, fromSamples?: boolean): View
  /** Complete, seekable WebM (Cues in front) of the whole samples so far. */
  webmView(): View
}

/**
 * @param options.sink told everything that the index finds, as it is found (live fragments, checks)
 * @param options.front the range of a file that its body begins with; left out, the body is in the file's order
 */
export function openBodyIndex(options: { sink?: SampleSink; front?: Front | null } = {}): BodyIndex {
  return new Index(options.sink ?? null, options.front ?? null)
}

type Refusal = Exclude<View, { state: 'ready' }>

/** What no header can say, in tables that are sound each for itself, is no view either. */
function orRefusal(build: () => View): View {
  try {
    return build()
  } catch (error) {
    if (!(error instanceof MediaError)) throw error
    return { state: 'unsupported', reason: error.message }
  }
}

function standing(refusal: Refusal | null): ViewStanding {
  return refusal ?? { state: 'ready', reason: null }
}

const noHead = new Uint8Array(0)

/** What the index counts for one track. */
type TrackState = {
  track: Track
  samples: number
  /** Greatest pts + duration, ticks. */
  end: number
  /** Of the first sample. */
  firstDts: number
  lastDts: number
  /** Samples that share `lastDts` (laces of unknown durations). */
  sharing: number
  /** From one sample to the next, for one whose duration nothing tells. */
  step: number
}

class Index implements BodyIndex, SampleSink {
  bytes = 0
  damage: MediaError | null = null
  readonly #sink: SampleSink | null
  readonly #front: Front | null
  readonly #mp4 = openMp4Tables()
  readonly #webm = openWebmTables()
  readonly #states = new Map<number, TrackState>()
  #reader: ContainerReader | null = null
  #webmReader: WebmReader | null = null
  /** The first bytes, until they tell the container. */
  #head: Uint8Array = noHead

  constructor(sink: SampleSink | null, front: Front | null) {
    this.#sink = sink
    this.#front = front
  }

  push(bytes: Uint8Array): void {
    this.bytes += bytes.length
    if (this.damage !== null || bytes.length === 0) return
    try {
      if (this.#reader === null) this.#sniff(bytes)
      else this.#reader.push(bytes)
    } catch (error) {
      this.#keepDamage(error)
    }
  }

  finish(): void {
    try {
      // What was told before the damage stands, so what waits for a successor is told too.
      if (this.#reader !== null) this.#reader.finish()
      else if (this.damage === null && this.bytes > 0) this.#open(this.#head)
    } catch (error) {
      this.#keepDamage(error)
    }
  }

  #keepDamage(error: unknown): void {
    if (!(error instanceof MediaError)) throw error
    this.damage ??= error
  }

  #sniff(bytes: Uint8Array): void {
    const head = new Uint8Array(this.#head.length + bytes.length)
    head.set(this.#head)
    head.set(bytes, this.#head.length)
    this.#head = head
    if (head.length < SNIFF_BYTES) return
    this.#head = noHead
    this.#open(head)
  }

  #open(head: Uint8Array): void {
    switch (sniffContainer(head)) {
      case 'ebml':
        this.#webmReader = openWebmReader(this, this.#webm)
        this.#reader = this.#webmReader
        break
      case 'mp4':
        this.#reader = openFragmentReader(this, this.#front)
        break
      default:
        throw new MediaError('not-media', notMediaReason(head) ?? 'not media', 0)
    }
    this.#reader?.push(head)
  }

  get cutShort(): string | null {
    return this.#reader?.cutShort ?? null
  }

  get wholeBytes(): number {
    return this.#reader?.wholeBytes ?? 0
  }

  get container(): BodyIndex['container'] {
    if (this.#webmReader !== null) return this.#webmReader.docType ?? 'unknown'
    return this.#reader === null ? 'unknown' : 'mp4'
  }

  get tracks(): readonly Track[] {
    return [...this.#states.values()].map((state) => state.track)
  }

  get durationMs(): number {
    let longest = 0
    for (const { track, end } of this.#states.values()) longest = Math.max(longest, presentedEnd(track, end) * 1000)
    return longest
  }

  get originMs(): number {
    const begun = [...this.#states.values()].filter(({ track, samples }) => samples > 0 && track.kind !== 'other')
    return 1000 * bodyOrigin(begun.map(({ track, firstDts }) => ({ track, start: firstDts / track.timescale })))
  }

  sampleCount(trackId: number): number {
    return this.#states.get(trackId)?.samples ?? 0
  }

  mp4View(head?: Uint8Array, fromSamples?: boolean): View {
    return this.#mp4Refusal() ?? orRefusal(() => this.#mp4.view(this.wholeBytes, head, fromSamples))
  }

  webmView(): View {
    return this.#webmRefusal() ?? orRefusal(() => this.#webm.view(this.durationMs))
  }

  viewStates(): { mp4: ViewStanding; webm: ViewStanding } {
    const webm = this.#webmRefusal()
    const mp4 = this.#mp4Refusal()
    return { mp4: standing(mp4), webm: standing(webm) }
  }

  #mp4Refusal(): Refusal | null {
    return this.#webmReader?.obstacle ?? this.#mp4.refusal()
  }

  #webmRefusal(): Refusal | null {
    if (this.#webmReader === null) return { state: 'unsupported', reason: 'the body is not Matroska' }
    return this.#webmReader.obstacle ?? this.#webm.refusal()
  }

  track(track: Track): void {
    const state = this.#states.get(track.id)
    if (state === undefined)
      this.#states.set(track.id, { track, samples: 0, end: 0, firstDts: 0, lastDts: 0, sharing: 0, step: 0 })
    else state.track = track
    this.#mp4.track(track)
    this.#sink?.track(track)
  }

  sample(
    trackId: number,
    offset: number,
    size: number,
    dts: number,
    pts: number,
    duration: number,
    sync: boolean,
  ): void {
    const state = this.#states.get(trackId)!
    if (state.samples === 0) state.firstDts = dts
    if (dts > state.lastDts) {
      if (state.samples > 0) state.step = (dts - state.lastDts) / state.sharing
      state.lastDts = dts
      state.sharing = 0
    }
    state.samples++
    state.sharing++
    const end = pts + (duration > 0 ? duration : state.step * state.sharing)
    if (end > state.end) state.end = end
    this.#mp4.sample(trackId, offset, size, dts, pts, duration, sync)
    this.#sink?.sample(trackId, offset, size, dts, pts, duration, sync)
  }

  patch(view: 'mp4' | 'webm', offset: number, bytes: 4 | 7 | 8, value: number): void {
    if (view === 'webm') this.#webm.patch(offset, value)
    else if (bytes !== 7) this.#mp4.patch(view, offset, bytes, value)
    this.#sink?.patch(view, offset, bytes, value)
  }

  cluster(offset: number, timestamp: number): void {
    this.#mp4.cluster(offset, timestamp)
    this.#sink?.cluster(offset, timestamp)
  }
}
