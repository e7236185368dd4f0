import type { ByteSource } from './byte-source.ts'
import { type Need, type Walk, WalkExhausted } from './walk.ts'

/** The most that a walk may have before it at once. */
export const WINDOW_BYTES: number = 256 * 1024
/** A jump reads this much; going on in order doubles it. */
const FIRST_READ = 4096
/** A look at anything costs this much of a walk's allowance, and an eighth of what is looked at: reading costs all of it. */
const LOOK = 16

/**
 * What a walk sees of the source: one stretch of bytes that moves. Positions are the source's. Fields may be read where
 * {@link need} said yes, until the next `need`.
 */
export class ByteWindow {
  /** First byte that is here, and the one behind the last. */
  start = 0
  end = 0
  bytes: Buffer = Buffer.alloc(0)
  /** What walks have cost since the caller set this to 0, about in bytes read, and how much they may. */
  work = 0
  allowance: number = Number.POSITIVE_INFINITY
  readonly #source: ByteSource
  readonly #buffer = Buffer.allocUnsafeSlow(WINDOW_BYTES)
  /** Stretches in which a pattern begins nowhere, and whether it does so behind them. */
  readonly #searched = new Map<string, { from: number; to: number; found: boolean }>()
  #readAhead = FIRST_READ

  constructor(source: ByteSource) {
    this.#source = source
  }

  /** The source's size, or null while it is not known. */
  get size(): number | null {
    return this.#source.size
  }

  has(at: number, length: number): boolean {
    return at >= this.start && at + length <= this.end
  }

  /** Lets the walk see `length` bytes from `at`. @returns false where the source ends before */
  *need(at: number, length: number): Walk<boolean> {
    this.work += LOOK + length / 8
    if (this.work > this.allowance) throw new WalkExhausted()
    if (at >= this.start && at + length <= this.end) return true
    if (!(at >= 0 && at <= Number.MAX_SAFE_INTEGER - length)) return false
    yield { at, length }
    return this.has(at, length)
  }

  /** As much as there is, at most `length`, from `at`. @returns how many bytes of it are here */
  *most(at: number, length: number): Walk<number> {
    if (yield* this.need(at, length)) return length
    return at >= this.start && at < this.end ? this.end - at : 0
  }

  /** Whether the source has all bytes before `at`. */
  *reaches(at: number): Walk<boolean> {
    const size = this.size
    if (size !== null) return at <= size
    return at === 0 || (yield* this.need(at - 1, 1))
  }

  /** Where `pattern` next begins in `from` … `to`, or -1. What was searched once is not searched again. */
  *find(pattern: string, from: number, to: number): Walk<number> {
    const known = this.#searched.get(pattern)
    const within = known !== undefined && from >= known.from && from <= known.to
    if (within && known.found) return known.to < to ? known.to : -1
    const needle = Buffer.from(pattern, 'latin1')
    let at = within ? known.to : from
    const began = within ? known.from : from
    while (at < to) {
      const here = yield* this.most(at, Math.min(WINDOW_BYTES / 2, to - at + needle.length))
      const index = here < needle.length ? -1 : this.bytes.indexOf(needle, at - this.start)
      if (index >= 0) {
        this.#searched.set(pattern, { from: began, to: this.start + index, found: true })
        return this.start + index < to ? this.start + index : -1
      }
      // The source ends here: nothing comes, however far somebody looks.
      if (here < needle.length) at = Number.MAX_SAFE_INTEGER
      else at = this.end - needle.length + 1
    }
    this.#searched.set(pattern, { from: began, to: Math.max(at, began), found: false })
    return -1
  }

  /** Does what a walk asked for. */
  async load({ at, length }: Need): Promise<void> {
    if (length > WINDOW_BYTES) throw new Error(`${length} bytes are more than a window`)
    const inOrder = at >= this.start && at <= this.end
    this.#readAhead = inOrder ? Math.min(this.#readAhead * 2, WINDOW_BYTES) : FIRST_READ
    const kept = inOrder ? this.end - at : 0
    if (kept > 0) this.#buffer.copyWithin(0, at - this.start, this.end - this.start)
    const wanted = Math.min(WINDOW_BYTES, Math.max(length, kept + this.#readAhead))
    const read = await this.#source.read(at + kept, this.#buffer.subarray(kept, wanted))
    this.work += read
    this.start = at
    this.end = at + kept + read
    this.bytes = this.#buffer.subarray(0, kept + read)
  }

  u8(at: number): number {
    return this.bytes[at - this.start]!
  }
  u16(at: number): number {
    return this.bytes.readUInt16BE(at - this.start)
  }
  u24(at: number): number {
    return this.bytes.readUIntBE(at - this.start, 3)
  }
  u32(at: number): number {
    return this.bytes.readUInt32BE(at - this.start)
  }
  /** Exact up to 2^53; what is more is said as more than any source has. */
  u64(at: number): number {
    return this.u32(at) * 2 ** 32 + this.u32(at + 4)
  }
  le16(at: number): number {
    return this.bytes.readUInt16LE(at - this.start)
  }
  le32(at: number): number {
    return this.bytes.readUInt32LE(at - this.start)
  }
  le64(at: number): number {
    return this.le32(at + 4) * 2 ** 32 + this.le32(at)
  }
  f64(at: number): number {
    return this.bytes.readDoubleBE(at - this.start)
  }
  f32(at: number): number {
    return this.bytes.readFloatBE(at - this.start)
  }
  /** Bytes as Latin-1. */
  text(at: number, length: number): string {
    return this.bytes.toString('latin1', at - this.start, at - this.start + length)
  }
  matches(at: number, text: string): boolean {
    for (let index = 0; index < text.length; index++) {
      if (this.bytes[at - this.start + index] !== text.charCodeAt(index)) return false
    }
    return true
  }
}

/** Runs a walk to its end, reading what it asks for. @throws WalkExhausted */
export async function runWalk<Result>(window: ByteWindow, walk: Walk<Result>): Promise<Result> {
  for (let step = walk.next(); ; step = walk.next()) {
    if (step.done === true) return step.value
    await window.load(step.value)
  }
}
