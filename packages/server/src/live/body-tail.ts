import { close, open, read } from 'node:fs'
import { promisify } from 'node:util'

const openFile = promisify(open)
const closeFile = promisify(close)

/** Reads at most `length` bytes of a body at `offset`. */
export type BodyRead = (offset: number, length: number) => Promise<Uint8Array>

/** A body's file to read from, opened when it is first needed. */
export function openBodyFile(path: string): { read: BodyRead; close(): Promise<void> } {
  let file: Promise<number> | null = null
  return {
    async read(offset, length) {
      file ??= openFile(path, 'r')
      const fd = await file
      const buffer = Buffer.allocUnsafeSlow(length)
      let filled = 0
      while (filled < length) {
        const bytes = await new Promise<number>((resolve, reject) => {
          read(fd, buffer, filled, length - filled, offset + filled, (error, count) =>
            error === null ? resolve(count) : reject(error),
          )
        })
        if (bytes === 0) break
        filled += bytes
      }
      return buffer.subarray(0, filled)
    },
    async close() {
      const fd = await file?.catch(() => null)
      if (fd != null) await closeFile(fd)
    },
  }
}

/** The end of a body as it was read: what is live is built from it, without reading it again. */
export class BodyTail {
  readonly #capacity: number
  readonly #read: BodyRead
  #pieces: { offset: number; bytes: Uint8Array }[] = []
  #held = 0

  constructor(capacity: number, read: BodyRead) {
    this.#capacity = capacity
    this.#read = read
  }

  /** Pieces follow each other. */
  add(offset: number, bytes: Uint8Array): void {
    this.#pieces.push({ offset, bytes })
    this.#held += bytes.length
    while (this.#pieces.length > 1 && this.#held - this.#pieces[0]!.bytes.length >= this.#capacity) {
      this.#held -= this.#pieces.shift()!.bytes.length
    }
  }

  /** Exactly that range; from memory, or the file. */
  async range(offset: number, length: number): Promise<Uint8Array> {
    // What memory holds need not be in the file yet.
    const pieces = [...this.#pieces]
    const before = Math.min(length, (pieces[0]?.offset ?? Number.POSITIVE_INFINITY) - offset)
    if (before === length) return await this.#fromFile(offset, length)
    const result = new Uint8Array(length)
    if (before > 0) result.set(await this.#fromFile(offset, before))
    for (const piece of pieces) {
      const from = Math.max(offset, piece.offset)
      const to = Math.min(offset + length, piece.offset + piece.bytes.length)
      if (from < to) result.set(piece.bytes.subarray(from - piece.offset, to - piece.offset), from - offset)
    }
    return result
  }

  async #fromFile(offset: number, length: number): Promise<Uint8Array> {
    const bytes = await this.#read(offset, length)
    if (bytes.length < length) throw new Error('the body is shorter than what was read of it')
    return bytes
  }
}
