// What of a video stands still, and when it changes: slides, told from a camera that moves in a corner, a cursor, noise.
//
//   still ──something else is there──▶ changing ──nothing moves for a while──▶ still: a new stretch begins
//     ▲                                   │
//     └──────── it was only passing ──────┘

export const FRAME = { width: 320, height: 180, ratePerSecond: 4 } as const

/** A stretch of time in which a picture stands. */
export type StillStretch = {
  startMs: number
  endMs: number
  /** Of {@link FRAME}'s size. */
  pixels: Uint8Array
  /** Of blocks of 10 × 10 pixels, row by row: 1 where something moves all the time. */
  moving: Uint8Array
}

const side = 10
const columns = FRAME.width / side
const rows = FRAME.height / side
const blocks = columns * rows
const frameMs = 1000 / FRAME.ratePerSecond
/** Of grays, the mean over a block. */
const leastDifference = 6
/** Of a block that has changed in so much of the last seconds, nothing is expected. */
const movingShare = 0.3
const memoryFrames = 20
/** Of the blocks that stand still: two may be a page's number, and what turns out to be the same page is put together again. */
const shares = { any: 0.003, slide: 0.08, calm: 0.005 }
const calmMs = { slide: 500, small: 2000 }

export class SlideChanges {
  readonly #stretches: StillStretch[] = []
  readonly #motion = new Float64Array(blocks)
  #moving: Uint8Array = new Uint8Array(blocks)
  #reference: Uint8Array | null = null
  #previous: Uint8Array | null = null
  #startMs = 0
  #calmSinceMs = 0
  #count = 0

  /** @param pixels of the next frame, which is kept: it must not change */
  push(pixels: Uint8Array): void {
    const t = this.#count++ * frameMs
    if (this.#reference === null || this.#previous === null) {
      this.#reference = pixels
      this.#previous = pixels
      return
    }
    const moved = changed(this.#previous, pixels)
    this.#learn(moved)
    if (this.#share(moved) > shares.calm) this.#calmSinceMs = t
    const different = this.#share(changed(this.#reference, pixels))
    const needed = different >= shares.slide ? calmMs.slide : calmMs.small
    if (different >= shares.any && t - this.#calmSinceMs >= needed) this.#cut(this.#calmSinceMs, pixels)
    this.#previous = pixels
  }

  /** All, one behind the other, from 0 to the end. */
  finish(): StillStretch[] {
    if (this.#reference !== null) this.#end(this.#count * frameMs)
    return this.#stretches
  }

  #cut(t: number, pixels: Uint8Array): void {
    this.#end(t)
    this.#startMs = t
    this.#reference = pixels
  }

  #end(endMs: number): void {
    const stretch = { startMs: this.#startMs, endMs, pixels: this.#reference!, moving: this.#moving.slice() }
    if (endMs > this.#startMs) this.#stretches.push(stretch)
  }

  #learn(moved: Uint8Array): void {
    const masked = new Uint8Array(blocks)
    for (let block = 0; block < blocks; block++) {
      this.#motion[block] = this.#motion[block]! * (1 - 1 / memoryFrames) + moved[block]! / memoryFrames
      if (this.#motion[block]! < movingShare) continue
      const [column, row] = [block % columns, Math.floor(block / columns)]
      for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++) {
        for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++) masked[y * columns + x] = 1
      }
    }
    this.#moving = masked
  }

  #share(changes: Uint8Array): number {
    let [still, count] = [0, 0]
    for (let block = 0; block < blocks; block++) {
      if (this.#moving[block] === 1) continue
      still++
      count += changes[block]!
    }
    return still === 0 ? 0 : count / still
  }
}

/** Blocks in which two frames differ. */
function changed(left: Uint8Array, right: Uint8Array): Uint8Array {
  const found = new Uint8Array(blocks)
  for (let block = 0; block < blocks; block++) {
    const from = Math.floor(block / columns) * side * FRAME.width + (block % columns) * side
    let sum = 0
    for (let y = 0; y < side; y++) {
      const at = from + y * FRAME.width
      for (let x = at; x < at + side; x++) sum += Math.abs(left[x]! - right[x]!)
    }
    if (sum > leastDifference * side * side) found[block] = 1
  }
  return found
}

/** Whether something moves all the time at a pixel. */
export function isMoving({ moving }: StillStretch, x: number, y: number): boolean {
  return moving[Math.floor(y / side) * columns + Math.floor(x / side)] === 1
}
