import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Front } from '@rushes/media'

/**
 * SHA-256 of a file whose bytes come in the order of its body. The front, which the file has somewhere else, is read
 * back from the body when its turn comes: it is small, and the bytes before it have just been written.
 */
export class FileDigest {
  readonly #path: string
  readonly #front: Front | null
  readonly #hash = createHash('sha256')
  /** Bytes of the body that went by. */
  #size = 0

  constructor(path: string, front: Front | null) {
    this.#path = path
    this.#front = front
  }

  async update(bytes: Uint8Array): Promise<void> {
    const start = this.#size
    this.#size += bytes.length
    const front = this.#front
    if (front === null) {
      this.#hash.update(bytes)
      return
    }
    /** Where the front belongs, counted in the body. */
    const turn = front.length + front.offset
    if (start < turn) this.#hash.update(bytes.subarray(Math.max(front.length - start, 0), turn - start))
    if (start < turn && this.#size >= turn) await this.#readFront(front.length)
    if (this.#size > turn) this.#hash.update(bytes.subarray(Math.max(turn - start, 0)))
  }

  async #readFront(length: number): Promise<void> {
    const stored = createReadStream(this.#path, { end: length - 1, highWaterMark: 1024 * 1024 })
    for await (const chunk of stored) this.#hash.update(chunk as Buffer)
  }

  /** Of what came so far, lowercase hex. */
  hex(): string {
    return this.#hash.copy().digest('hex')
  }
}
