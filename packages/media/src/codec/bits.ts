import { MediaError } from '../media-error.ts'

/** Reads bits, most significant first, and the Exp-Golomb codes of ITU-T H.264 §9.1. Running over the end is `malformed`. */
export class BitReader {
  private readonly bytes: Uint8Array
  private at: number
  private readonly end: number

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes
    this.at = start * 8
    this.end = end * 8
  }

  get left(): number {
    return this.end - this.at
  }

  /** Up to 32 bits as an unsigned number. */
  bits(count: number): number {
    if (this.at + count > this.end) throw new MediaError('malformed', 'a bit field runs over the end of its data')
    let value = 0
    for (let index = 0; index < count; index++) {
      const bit = (this.bytes[this.at >> 3]! >> (7 - (this.at & 7))) & 1
      value = value * 2 + bit
      this.at++
    }
    return value
  }

  flag(): boolean {
    return this.bits(1) === 1
  }

  skip(count: number): void {
    if (this.at + count > this.end) throw new MediaError('malformed', 'a bit field runs over the end of its data')
    this.at += count
  }

  /** ue(v). */
  unsigned(): number {
    let zeros = 0
    while (!this.flag()) {
      // 32 leading zeros are the most that a value of 32 bits has.
      if (++zeros > 32) throw new MediaError('malformed', 'an Exp-Golomb code is over 32 bits long')
    }
    return 2 ** zeros - 1 + (zeros === 0 ? 0 : this.bits(zeros))
  }

  /** se(v). */
  signed(): number {
    const code = this.unsigned()
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2
  }
}
