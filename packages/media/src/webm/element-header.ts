import { MediaError } from '../media-error.ts'

/** The longest header: an ID of 4 bytes and a size of 8. */
export const LONGEST_HEADER = 12

/** Reads element headers (RFC 8794 §5, §6) into fields, so that none is allocated for. */
export class ElementHeader {
  id = 0
  /** Bytes of payload; -1 for the reserved unknown size. */
  size = 0
  /** Bytes that the size takes. */
  sizeLength = 0
  /** EBMLMaxSizeLength. */
  maxSizeLength = 8

  /**
   * @param bodyOffset place of `bytes[at]` in the body
   * @returns bytes of the header, 0 where it isn't whole
   * @throws MediaError `malformed`, `too-large`
   */
  read(bytes: Uint8Array, at: number, end: number, bodyOffset: number): number {
    if (at >= end) return 0
    const first = bytes[at]!
    const idLength = Math.clz32(first) - 23
    if (idLength > 4) throw new MediaError('malformed', 'element ID of more than 4 bytes', bodyOffset)
    if (at + idLength >= end) return 0
    let id = first
    for (let index = 1; index < idLength; index++) id = id * 256 + bytes[at + index]!

    const sizeAt = at + idLength
    const lead = bytes[sizeAt]!
    const sizeLength = Math.clz32(lead) - 23
    if (sizeLength > this.maxSizeLength) {
      throw new MediaError('malformed', `element size of more than ${this.maxSizeLength} bytes`, bodyOffset)
    }
    if (sizeAt + sizeLength > end) return 0
    const mask = 0xff >> sizeLength
    let size = lead & mask
    let isUnknown = size === mask
    for (let index = 1; index < sizeLength; index++) {
      const byte = bytes[sizeAt + index]!
      size = size * 256 + byte
      if (byte !== 0xff) isUnknown = false
    }
    if (!isUnknown && size > Number.MAX_SAFE_INTEGER) {
      throw new MediaError('too-large', 'element of more than 2^53 bytes', bodyOffset)
    }
    this.id = id
    this.size = isUnknown ? -1 : size
    this.sizeLength = sizeLength
    return idLength + sizeLength
  }
}
