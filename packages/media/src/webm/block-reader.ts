import { MediaError } from '../media-error.ts'
import type { SampleSink } from '../sample-sink.ts'
import { AnnexBScanner } from './annex-b.ts'
import { type FrameTrack, HEAD_BYTES } from './frame-track.ts'
import { Lace } from './lace.ts'

const HEADER = 0
const LACE = 1
const FRAMES = 2

/**
 * The payload of a SimpleBlock or Block (RFC 9559 §10.1, §10.2): header, then sizes where it is laced, then frames.
 * Passes over the frames, keeping what their track looks at; `tell` makes samples of them.
 */
export class BlockReader {
  /** Null where the block's track number is unknown. */
  track: FrameTrack | null = null
  /** Ticks of the segment. */
  time = 0
  isWhole = false
  /** No patch was found impossible. */
  patchable = true
  /** BlockDuration in ticks of the segment, -1 where there is none. */
  duration = -1
  /** DiscardPadding, nanoseconds. */
  discard = 0

  #state = HEADER
  #end = 0
  #clusterTime = 0
  #tracks: ReadonlyMap<number, FrameTrack> = new Map()
  readonly #header = new Uint8Array(11)
  #headerLength = 0
  #flags = 0
  readonly #lace = new Lace()
  #framesStart = 0
  #frame = 0
  #frameEnd = 0
  readonly #durations = new Float64Array(256)
  readonly #head = new Uint8Array(HEAD_BYTES)
  #headLength = 0
  #headWanted = 0
  #hasConfigHead = false
  readonly #annexB = new AnnexBScanner()

  /** @param end of the block in the body */
  begin(end: number, clusterTime: number, tracks: ReadonlyMap<number, FrameTrack>): void {
    this.#state = HEADER
    this.#headerLength = 0
    this.#end = end
    this.#clusterTime = clusterTime
    this.#tracks = tracks
    this.isWhole = false
  }

  /** The keyframe bit of a SimpleBlock (RFC 9559 §10.2); in a Block it is reserved. */
  get keyFlag(): boolean {
    return (this.#flags & 0x80) !== 0
  }

  /**
   * Reads on at `chunk[at]`; `base` is the place of `chunk[0]` in the body.
   *
   * @returns where it stopped: at the block's end (`isWhole`), else at the chunk's
   * @throws MediaError `malformed`, `too-large`
   */
  read(chunk: Uint8Array, at: number, base: number): number {
    let next = at
    if (this.#state === HEADER) next = this.#readHeader(chunk, next, base)
    if (this.#state === LACE) next = this.#readLace(chunk, next, base)
    if (this.#state === FRAMES) next = this.#readFrames(chunk, next, base)
    return next
  }

  #readHeader(chunk: Uint8Array, at: number, base: number): number {
    const header = this.#header
    let next = at
    while (next < chunk.length || base + next >= this.#end) {
      if (base + next >= this.#end) throw new MediaError('malformed', 'block is shorter than its header', base + next)
      header[this.#headerLength++] = chunk[next++]!
      const numberLength = Math.clz32(header[0]!) - 23
      if (numberLength > 8) throw new MediaError('malformed', 'track number of more than 8 bytes', base + at)
      if (this.#headerLength === numberLength + 3) {
        this.#beginFrames(numberLength, base + next)
        break
      }
    }
    return next
  }

  #beginFrames(numberLength: number, start: number): void {
    const header = this.#header
    let number = header[0]! & (0xff >> numberLength)
    for (let index = 1; index < numberLength; index++) number = number * 256 + header[index]!
    this.track = this.#tracks.get(number) ?? null
    // 16 bits, signed, relative to the Cluster.
    this.time = this.#clusterTime + (((header[numberLength]! << 24) >> 16) | header[numberLength + 1]!)
    this.#flags = header[numberLength + 2]!
    const lacing = (this.#flags >> 1) & 3
    if (lacing === 0) {
      this.#lace.none(this.#end - start)
      this.#firstFrame(start)
    } else {
      this.#lace.begin(lacing)
      this.#state = LACE
    }
  }

  #readLace(chunk: Uint8Array, at: number, base: number): number {
    let next = at
    while (next < chunk.length || base + next >= this.#end) {
      const offset = base + next
      if (offset >= this.#end) throw new MediaError('malformed', 'block ends in its lace sizes', offset)
      next++
      if (this.#lace.read(chunk[next - 1]!, this.#end - offset - 1, offset)) {
        this.#firstFrame(offset + 1)
        break
      }
    }
    return next
  }

  #firstFrame(start: number): void {
    this.#state = FRAMES
    this.#framesStart = start
    this.#frame = 0
    this.#frameEnd = start
    this.#hasConfigHead = false
    this.#beginFrame()
  }

  #beginFrame(): void {
    const start = this.#frameEnd
    this.#frameEnd = start + this.#lace.sizes[this.#frame]!
    this.#headWanted = 0
    const track = this.track
    if (track === null || track.look === 'nothing') return
    if (track.look === 'annex-b') this.#annexB.begin(start)
    if (track.look === 'toc') {
      this.#headWanted = 2
      this.#headLength = 0
      this.#head[1] = 0
    } else if (track.lacksConfig && this.#frame === 0) {
      this.#headWanted = HEAD_BYTES
      this.#headLength = 0
      this.#hasConfigHead = true
    }
  }

  #readFrames(chunk: Uint8Array, at: number, base: number): number {
    const track = this.track
    if (track === null || track.look === 'nothing') {
      const end = this.#end - base
      this.isWhole = end <= chunk.length
      return this.isWhole ? end : chunk.length
    }
    let from = at
    for (;;) {
      const to = Math.min(this.#frameEnd - base, chunk.length)
      if (this.#headLength < this.#headWanted) this.#keepHead(chunk, from, to)
      if (track.look === 'annex-b') this.#annexB.scan(chunk, from, to, base + from)
      if (to < this.#frameEnd - base) return to
      // An empty packet has no TOC and lasts no time.
      if (track.look === 'toc') this.#durations[this.#frame] = this.#headLength > 0 ? track.packetTicks(this.#head) : 0
      if (++this.#frame === this.#lace.count) {
        this.isWhole = true
        return to
      }
      this.#beginFrame()
      from = to
    }
  }

  #keepHead(chunk: Uint8Array, from: number, to: number): void {
    const take = Math.min(to - from, this.#headWanted - this.#headLength)
    for (let index = 0; index < take; index++) this.#head[this.#headLength++] = chunk[from + index]!
  }

  /** The block is whole, and so is its BlockGroup where it has one: tells its samples and patches. */
  tell(sink: SampleSink, sync: boolean): void {
    const track = this.track!
    if (sync && this.#hasConfigHead) track.findConfig(this.#head.subarray(0, this.#headLength))
    const { count, sizes } = this.#lace
    const share = this.duration < 0 ? -1 : track.ticks(this.duration) / count
    const begin = track.ticks(this.time)
    let elapsed = 0
    let offset = this.#framesStart
    for (let frame = 0; frame < count; frame++) {
      const size = sizes[frame]!
      const full = track.look === 'toc' ? this.#durations[frame]! : track.frameTicks(share)
      // DiscardPadding (RFC 9559 §5.1.3.5.7) cuts the end of the block's last packet.
      const discard = frame === count - 1 && this.discard > 0 ? track.ticksOfNanoseconds(this.discard) : 0
      // Nothing is decoded from an empty frame, and MP4 has no use for one.
      if (size > 0) {
        track.sample(offset, size, Math.round(begin + elapsed), Math.round(Math.max(full - discard, 0)), sync)
      }
      elapsed += full
      offset += size
    }
    if (track.look === 'annex-b') this.#tellUnits(sink, offset)
  }

  #tellUnits(sink: SampleSink, end: number): void {
    const units = this.#annexB
    // Several access units in one block never come from the one writer of Annex B in Matroska.
    if (!units.patchable || units.count === 0 || this.#lace.count > 1) {
      this.patchable = false
      return
    }
    for (let unit = 0; unit < units.count; unit++) sink.patch('mp4', units.startOf(unit), 4, units.lengthOf(unit, end))
  }
}
