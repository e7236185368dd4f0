import { MediaError } from '../media-error.ts'
import { NumberPages } from '../mp4/number-pages.ts'

/** 37 hours at 60 a second; a body of more, which may be one byte each, is somebody's attack on memory. */
const mostSamples = 8_000_000

/** The samples of one track, 40 bytes each and no object for any. Times are ticks of the track. */
export class SampleColumns {
  private readonly offsets = new NumberPages()
  private readonly sizes = new NumberPages()
  private readonly decodeTimes = new NumberPages()
  private readonly shifts = new NumberPages()
  private readonly durations = new NumberPages()

  get count(): number {
    return this.offsets.length
  }

  /** Decode times never fall; `duration` is 0 where only the next sample can tell. @throws MediaError `too-large` */
  add(offset: number, size: number, dts: number, pts: number, duration: number, sync: boolean): void {
    if (this.count >= mostSamples)
      throw new MediaError('too-large', `over ${mostSamples} samples to watch live`, offset)
    this.offsets.push(offset)
    this.sizes.push(2 * size + (sync ? 1 : 0))
    this.decodeTimes.push(dts)
    this.shifts.push(pts - dts)
    this.durations.push(duration)
  }

  offset(index: number): number {
    return this.offsets.at(index)
  }

  size(index: number): number {
    return Math.floor(this.sizes.at(index) / 2)
  }

  isSync(index: number): boolean {
    return this.sizes.at(index) % 2 === 1
  }

  decodeTime(index: number): number {
    return this.decodeTimes.at(index)
  }

  /** Presentation time less decode time. */
  shift(index: number): number {
    return this.shifts.at(index)
  }

  /**
   * As the body says, else as long as one of the two samples before, the shorter: the other may have had a hole behind it.
   * 0 for a first one of which nothing is said.
   */
  duration(index: number): number {
    const own = this.durations.at(index)
    if (own > 0 || index === 0) return own
    const before = this.decodeTimes.at(index) - this.decodeTimes.at(index - 1)
    return index === 1 ? before : Math.min(before, this.decodeTimes.at(index - 1) - this.decodeTimes.at(index - 2))
  }
}
