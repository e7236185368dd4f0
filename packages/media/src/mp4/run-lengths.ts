import { u32 } from './box.ts'
import { WordPages } from './number-pages.ts'

export type Rows = {
  count: number
  pieces: Uint8Array[]
  lowest: number
  highest: number
}

/** Rows of (count, value), as `stts` and `ctts` have them (ISO 14496-12 §8.6.1): equal neighbours share one. */
export class RunLengths {
  private readonly words = new WordPages()
  private openCount = 0
  private openValue = 0
  private lowest = 0
  private highest = 0

  push(value: number): void {
    if (this.openCount > 0 && value !== this.openValue) {
      this.words.push(this.openCount)
      this.words.push(this.openValue)
      this.openCount = 0
    }
    this.openValue = value
    this.openCount++
    if (value < this.lowest) this.lowest = value
    if (value > this.highest) this.highest = value
  }

  /** The table as it would be with `tail` pushed, every value raised by `shift`. */
  rows(tail: readonly number[], shift = 0): Rows {
    const ends: number[] = []
    let count = this.openCount
    let value = this.openValue
    for (const next of tail) {
      if (count > 0 && next !== value) {
        ends.push(count, value + shift)
        count = 0
      }
      value = next
      count++
    }
    if (count > 0) ends.push(count, value + shift)
    const closed = this.words.pieces()
    const pieces = shift === 0 ? closed : closed.map((piece) => raised(piece, shift))
    return {
      count: (this.words.length + ends.length) / 2,
      pieces: [...pieces, u32(...ends)],
      lowest: Math.min(this.lowest, ...tail) + shift,
      highest: Math.max(this.highest, ...tail) + shift,
    }
  }
}

function raised(rows: Uint8Array, shift: number): Uint8Array {
  const copy = rows.slice()
  const view = new DataView(copy.buffer)
  for (let at = 4; at < copy.length; at += 8) view.setInt32(at, view.getInt32(at) + shift)
  return copy
}
