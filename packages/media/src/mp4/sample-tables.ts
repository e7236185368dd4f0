import { MediaError } from '../media-error.ts'
import { type Box, u32 } from './box.ts'
import { stsc, stss, stsz } from './boxes.ts'
import { NumberPages, WordPages } from './number-pages.ts'

/** Rows of 24 hours at 240 samples a second, and twice that: a body of more is somebody's attack on memory. */
const MOST_SAMPLES = 48_000_000

/** Chunk offsets as they will be once the header's length is known. */
export type ChunkOffsets = {
  count: number
  /** Of the last byte that any chunk begins at, in the body. */
  highest: number
  /** Writes every offset plus `base`, big-endian in 4 or 8 bytes. */
  write(rows: Uint8Array, width: 4 | 8, base: number): void
}

/**
 * Where one track's samples lie, kept as the rows of `stsz`, `stsc` and `stss` themselves: 4 bytes a sample, 8 for each
 * chunk, and no object for either. A chunk is a run of samples that follow each other without a gap.
 */
export class SampleTables {
  private readonly sizes = new WordPages()
  private readonly chunks = new NumberPages()
  private readonly chunkRuns = new WordPages()
  private readonly syncs = new WordPages()
  private runSamples = 0
  private openSamples = 0
  private chunkEnd = -1
  private highest = 0
  count = 0

  /** @throws MediaError `too-large`, `malformed` */
  add(offset: number, size: number, sync: boolean): void {
    if (this.count >= MOST_SAMPLES) throw new MediaError('too-large', `over ${MOST_SAMPLES} samples in a track`, offset)
    if (!(offset >= 0 && size >= 0 && size < 2 ** 32 && Number.isSafeInteger(offset + size))) {
      throw new MediaError('malformed', `a sample of ${size} bytes at ${offset}`)
    }
    this.sizes.push(size)
    this.count++
    if (sync) this.syncs.push(this.count)
    if (offset === this.chunkEnd) this.openSamples++
    else {
      this.closeChunk()
      this.chunks.push(offset)
      if (offset > this.highest) this.highest = offset
      this.openSamples = 1
    }
    this.chunkEnd = offset + size
  }

  /** §8.7.4: a row only where the number of samples in a chunk changes. */
  private closeChunk(): void {
    if (this.openSamples === 0 || this.openSamples === this.runSamples) return
    this.chunkRuns.push(this.chunks.length)
    this.chunkRuns.push(this.openSamples)
    this.chunkRuns.push(1)
    this.runSamples = this.openSamples
  }

  sizeBox(): Box {
    return stsz(this.count, this.sizes.pieces())
  }

  chunkBox(): Box {
    const open = this.openSamples > 0 && this.openSamples !== this.runSamples
    const last = open ? u32(this.chunks.length, this.openSamples, 1) : u32()
    return stsc((this.chunkRuns.length + last.length / 4) / 3, [...this.chunkRuns.pieces(), last])
  }

  /** §8.6.2: null when every sample is a sync sample. */
  syncBox(): Box | null {
    return this.syncs.length === this.count ? null : stss(this.syncs.length, this.syncs.pieces())
  }

  offsets(): ChunkOffsets {
    const { chunks, highest } = this
    const count = chunks.length
    return {
      count,
      highest,
      write(rows, width, base) {
        const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength)
        let at = 0
        for (const page of chunks.filled(count)) {
          if (width === 4) writeNarrow(view, at, page, base)
          else writeWide(view, at, page, base)
          at += page.length * width
        }
      },
    }
  }
}

function writeNarrow(view: DataView, start: number, page: Float64Array, base: number): void {
  for (let index = 0, at = start; index < page.length; index++, at += 4) view.setUint32(at, page[index]! + base)
}

function writeWide(view: DataView, start: number, page: Float64Array, base: number): void {
  for (let index = 0, at = start; index < page.length; index++, at += 8) {
    const offset = page[index]! + base
    view.setUint32(at, Math.floor(offset / 2 ** 32))
    // setUint32 takes the number modulo 2^32 by itself (ToUint32), and far faster than %.
    view.setUint32(at + 4, offset)
  }
}
