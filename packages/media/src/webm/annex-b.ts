import { MediaError } from '../media-error.ts'

/** More NAL units than any real access unit has (ITU-T H.264 Annex A allows 8192 macroblock rows of slices at most). */
const MAX_UNITS = 8192

/**
 * Finds the NAL units of one Annex B access unit (ITU-T H.264 §B.1) that comes in pieces. Where all start codes have four bytes,
 * lengths can be laid over them and the bytes are what MP4 wants (ISO 14496-15 §5.3.4.2).
 */
export class AnnexBScanner {
  #starts = new Float64Array(16)
  #count = 0
  #zeros = 0
  #begin = 0
  /** All start codes so far have four bytes, and the first stands at the access unit's begin. */
  patchable = true

  /** Begins the access unit that lies at `offset` of the body. */
  begin(offset: number): void {
    this.#begin = offset
    this.#count = 0
    this.#zeros = 0
    this.patchable = true
  }

  /** Bytes `from` to `to` of `bytes`, which lie at `offset` in the body. */
  scan(bytes: Uint8Array, from: number, to: number, offset: number): void {
    let zeros = this.#zeros
    let at = from
    while (at < to) {
      const byte = bytes[at++]!
      if (byte === 0) {
        zeros++
        continue
      }
      if (byte === 1 && zeros >= 2) this.#startCode(offset + at - from, zeros >= 3)
      zeros = 0
      // A byte over 1 is in no start code: none begins before it ends, so look at every third byte.
      while (at + 2 < to && bytes[at + 2]! > 1) at += 3
    }
    this.#zeros = zeros
  }

  /** NAL units of the access unit; their start codes lie at `startOf`. */
  get count(): number {
    return this.#count
  }

  startOf(index: number): number {
    return this.#starts[index]!
  }

  /** Bytes of unit `index` behind its start code, in an access unit that ends at `end`. */
  lengthOf(index: number, end: number): number {
    return (index + 1 < this.#count ? this.#starts[index + 1]! : end) - this.#starts[index]! - 4
  }

  #startCode(end: number, four: boolean): void {
    const start = end - 4
    if (!four || (this.#count === 0 && start !== this.#begin)) this.patchable = false
    if (this.#count === MAX_UNITS) throw new MediaError('too-large', `more than ${MAX_UNITS} NAL units`, start)
    if (this.#count === this.#starts.length) {
      const grown = new Float64Array(this.#starts.length * 2)
      grown.set(this.#starts)
      this.#starts = grown
    }
    this.#starts[this.#count++] = start
  }
}
