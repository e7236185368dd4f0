import type { Format } from './formats.ts'

/** Bytes that a walk wants to see before it goes on. */
export type Need = { at: number; length: number }

/** A reader of structure that does no I/O: it says what it needs, and goes on when its window holds it. */
export type Walk<Result> = Generator<Need, Result, void>

export type FoundNote = { severity: 'info' | 'warning'; code: string; message: string }

export type Facts = Record<string, string | number | boolean>

/** What a walk says of the resource that it walked. Offsets are the source's, `end` is behind the last byte. */
export type Walked = {
  format: Format
  /** Where it begins, where that is before the signature that was found. */
  start?: number
  end: number
  /**
   * Up to where structure itself proves that the bytes belong to it; left out: up to `end`. From here on whole resources
   * of other formats are looked for, and the first one ends this one.
   */
  proven?: number
  /** False where it was cut, or says more than there is. Left out: true. */
  whole?: boolean
  /** First time on its own clock, and how long from there. */
  startMs?: number
  durationMs?: number
  facts?: Facts
  notes?: FoundNote[]
}

/** A walk used up what it may look at: hostile bytes, or nothing of this format. */
export class WalkExhausted extends Error {
  readonly code = 'walk-exhausted'
  constructor() {
    super('walk looked at more than it may')
    this.name = 'WalkExhausted'
  }
}
