import { MediaError } from '../media-error.ts'

const LACED_XIPH = 1
const LACED_FIXED = 2

/** RFC 9559 §10.3: the count is one byte. */
const MAX_FRAMES = 256

/**
 * The frame sizes in front of a laced block (RFC 9559 §10.3), read byte by byte: they may be cut anywhere, and laces
 * are rare in what grows.
 */
export class Lace {
  readonly sizes: Float64Array = new Float64Array(MAX_FRAMES)
  count = 0
  #kind = 0
  #known = 0
  #value = 0
  /** EBML: bytes of the current number that have not come. */
  #left = 0
  #length = 0
  #counted = false

  /** One frame that fills the block. */
  none(size: number): void {
    this.count = 1
    this.sizes[0] = size
  }

  /** @param kind the two lacing bits, 1 to 3 */
  begin(kind: number): void {
    this.#kind = kind
    this.#known = 0
    this.#value = 0
    this.#left = 0
    this.#counted = false
  }

  /**
   * @param behind bytes of the block behind this one
   * @returns whether this was the last byte of the sizes
   * @throws MediaError `malformed` where the frames don't fit
   */
  read(byte: number, behind: number, offset: number): boolean {
    if (!this.#counted) {
      this.#counted = true
      this.count = byte + 1
      if (this.#kind === LACED_FIXED) return this.#fixed(behind, offset)
      return this.count === 1 ? this.#last(behind, offset) : false
    }
    const isSize = this.#kind === LACED_XIPH ? this.#xiph(byte) : this.#ebml(byte, offset)
    return isSize && this.#known === this.count - 1 ? this.#last(behind, offset) : false
  }

  #fixed(behind: number, offset: number): boolean {
    if (behind % this.count !== 0) throw new MediaError('malformed', 'fixed lace does not divide its block', offset)
    this.sizes.fill(behind / this.count, 0, this.count)
    return true
  }

  #xiph(byte: number): boolean {
    this.#value += byte
    if (byte === 255) return false
    this.sizes[this.#known++] = this.#value
    this.#value = 0
    return true
  }

  #ebml(byte: number, offset: number): boolean {
    if (this.#left === 0) {
      this.#length = byte === 0 ? 9 : Math.clz32(byte) - 23
      if (this.#length > 8) throw new MediaError('malformed', 'lace size of more than 8 bytes', offset)
      this.#left = this.#length
      this.#value = byte & (0xff >> this.#length)
    } else {
      this.#value = this.#value * 256 + byte
    }
    if (--this.#left > 0) return false
    // The first number is a size, the others differences, biased by 2^(7n-1) - 1 (RFC 9559 §10.3.3).
    const size =
      this.#known === 0 ? this.#value : this.sizes[this.#known - 1]! + this.#value - (2 ** (7 * this.#length - 1) - 1)
    if (!(size >= 0 && size <= Number.MAX_SAFE_INTEGER)) throw new MediaError('malformed', 'lace size', offset)
    this.sizes[this.#known++] = size
    return true
  }

  #last(behind: number, offset: number): boolean {
    let rest = behind
    for (let frame = 0; frame < this.count - 1; frame++) rest -= this.sizes[frame]!
    if (rest < 0) throw new MediaError('malformed', 'lace is longer than its block', offset)
    this.sizes[this.count - 1] = rest
    return true
  }
}
