/**
 * Matroska stores presentation times in decoding order and no decoding times. The n-th sample's decoding time is the
 * n-th smallest presentation time, which is known for certain once as many samples have followed as a decoder may
 * hold back: 16 frames (ITU-T H.264 §A.3.1 and H.265 §A.4.2, MaxDpbSize).
 */
const WINDOW = 16

type Report = (
  trackId: number,
  offset: number,
  size: number,
  dts: number,
  pts: number,
  duration: number,
  sync: boolean,
) => void

/** Holds back up to 16 samples of a track that may have B frames. */
export class DecodingOrder {
  readonly #trackId: number
  readonly #report: Report
  // Rings of the samples that wait, in decoding order.
  readonly #offset = new Float64Array(WINDOW)
  readonly #size = new Float64Array(WINDOW)
  readonly #pts = new Float64Array(WINDOW)
  readonly #duration = new Float64Array(WINDOW)
  readonly #sync = new Uint8Array(WINDOW)
  #first = 0
  #count = 0
  /** Presentation times that are no sample's decoding time yet, ascending; as many as samples wait. */
  readonly #times = new Float64Array(WINDOW + 1)
  #lastDts = Number.NEGATIVE_INFINITY

  constructor(trackId: number, report: Report) {
    this.#trackId = trackId
    this.#report = report
  }

  add(offset: number, size: number, pts: number, duration: number, sync: boolean): void {
    if (this.#count === WINDOW) this.#release()
    const slot = (this.#first + this.#count) % WINDOW
    this.#offset[slot] = offset
    this.#size[slot] = size
    this.#pts[slot] = pts
    this.#duration[slot] = duration
    this.#sync[slot] = sync ? 1 : 0
    let place = this.#count++
    while (place > 0 && this.#times[place - 1]! > pts) {
      this.#times[place] = this.#times[place - 1]!
      place--
    }
    this.#times[place] = pts
  }

  finish(): void {
    while (this.#count > 0) this.#release()
  }

  #release(): void {
    const slot = this.#first
    // Times that fall by more than the window would let decoding times fall: hold them.
    this.#lastDts = Math.max(this.#lastDts, this.#times[0]!)
    this.#times.copyWithin(0, 1, this.#count)
    this.#first = (slot + 1) % WINDOW
    this.#count--
    this.#report(
      this.#trackId,
      this.#offset[slot]!,
      this.#size[slot]!,
      this.#lastDts,
      this.#pts[slot]!,
      this.#duration[slot]!,
      this.#sync[slot] === 1,
    )
  }
}
