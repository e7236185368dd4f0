import { SegmentError } from './segment-error.ts'

/** A whole box of the file's top level, header included. */
export type TopBox = { type: string; bytes: Uint8Array }

/** What may come in a fragmented file (ISO 14496-12 §6.3.4, §8.16), and how large each may be. */
const largest: Readonly<Record<string, number>> = {
  ftyp: 4096,
  moov: 2 ** 20,
  moof: 4 * 2 ** 20,
  mdat: 128 * 2 ** 20,
  styp: 4096,
  sidx: 2 ** 20,
  prft: 4096,
  emsg: 2 ** 20,
  free: 2 ** 20,
  mfra: 64 * 2 ** 20,
}

/**
 * Puts the boxes of a stream together, however it was cut; what isn't whole at the end is left.
 *
 *     header ──8 bytes──▶ body ──size bytes──▶ header
 */
export class BoxSplitter {
  private readonly header = Buffer.alloc(8)
  private headerLength = 0
  private box: { type: string; bytes: Uint8Array; filled: number } | null = null

  /** @throws SegmentError `not-fragmented-mp4`, `too-large`; nothing may be pushed after that */
  push(bytes: Uint8Array): TopBox[] {
    const boxes: TopBox[] = []
    let at = 0
    while (at < bytes.length) {
      if (this.box === null) at += this.takeHeader(bytes.subarray(at))
      else {
        const { box } = this
        const taken = bytes.subarray(at, at + box.bytes.length - box.filled)
        box.bytes.set(taken, box.filled)
        box.filled += taken.length
        at += taken.length
      }
      if (this.box !== null && this.box.filled === this.box.bytes.length) {
        const { type, bytes: whole } = this.box
        this.box = null
        boxes.push({ type, bytes: whole })
      }
    }
    return boxes
  }

  private takeHeader(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, 8 - this.headerLength)
    this.header.set(taken, this.headerLength)
    this.headerLength += taken.length
    if (this.headerLength < 8) return taken.length
    this.headerLength = 0
    const size = this.header.readUInt32BE(0)
    const type = this.header.toString('latin1', 4)
    const limit = Object.hasOwn(largest, type) ? largest[type]! : 0
    if (limit === 0)
      throw new SegmentError('not-fragmented-mp4', 'something in the stream is no box of a fragmented MP4')
    // Sizes 0 (to the end) and 1 (64 bits follow) are for files and for more than a segment may be.
    if (size < 8) throw new SegmentError('not-fragmented-mp4', `box ${type} of ${size} bytes`)
    if (size > limit) throw new SegmentError('too-large', `box ${type} of ${size} bytes, over ${limit}`)
    this.box = { type, bytes: new Uint8Array(size), filled: 8 }
    this.box.bytes.set(this.header)
    return taken.length
  }
}
