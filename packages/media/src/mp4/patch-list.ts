import type { PatchTable } from '../layout.ts'
import { MediaError } from '../media-error.ts'
import { NumberPages } from './number-pages.ts'

/** The patches of one view as they come; `table` stands for those so far and doesn't change afterwards. */
export class PatchList {
  private readonly offsets = new NumberPages()
  private readonly values = new NumberPages()
  /** Widths other than 4: NAL unit lengths, which an MP4 view patches, never have them. */
  private readonly wide = new Map<number, 7 | 8>()
  private end = 0

  /** @throws MediaError `malformed` when patches overlap or fall back */
  add(offset: number, width: 4 | 7 | 8, value: number): void {
    if (!(offset >= this.end)) throw new MediaError('malformed', `a patch at ${offset} overlaps the one before`, offset)
    if (width !== 4) this.wide.set(this.offsets.length, width)
    this.offsets.push(offset)
    this.values.push(value)
    this.end = offset + width
  }

  table(): PatchTable | null {
    const count = this.offsets.length
    if (count === 0) return null
    return {
      count,
      offsetAt: (index) => this.offsets.at(index),
      widthAt: (index) => this.wide.get(index) ?? 4,
      valueAt: (index) => this.values.at(index),
    }
  }
}
