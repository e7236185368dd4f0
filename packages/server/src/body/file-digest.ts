import { createHash, type Hash } from 'node:crypto'
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
  #whole: { size: number; hash: Hash } | null = null

  constructor(path: string, front: Front | null) {
    this.#path = path
    this.#front = front
  }

  /** @param whole where the samples end that are whole with these bytes, counted in the body */
  async update(bytes: Uint8Array, whole: number): Promise<void> {
    const start = this.#size
    this.#size += bytes.length
    const front = this.#front
    if (front === null) {
      this.#updateInOrder(bytes, whole - start)
      return
    }
    /** Where the front belongs, counted in the body. */
    const turn = front.length + front.offset
    if (start < turn) this.#hash.update(bytes.subarray(Math.max(front.length - start, 0), turn - start))
    if (start < turn && this.#size >= turn) await this.#readFront(front.length)
    if (this.#size > turn) this.#hash.update(bytes.subarray(Math.max(turn - start, 0)))
  }

  /** A hash can be copied where it stands, so what the whole samples come to costs no second hashing. */
  #updateInOrder(bytes: Uint8Array, cut: number): void {
    const isHere = cut > 0 && cut <= bytes.length
    if (isHere) {
      this.#hash.update(bytes.subarray(0, cut))
      this.#whole = { size: this.#size - bytes.length + cut, hash: this.#hash.copy() }
    }
    if (!isHere || cut < bytes.length) this.#hash.update(isHere ? bytes.subarray(cut) : bytes)
  }

  async #readFront(length: number): Promise<void> {
    const stored = createReadStream(this.#path, { end: length - 1, highWaterMark: 1024 * 1024 })
    for await (const chunk of stored) this.#hash.update(chunk as Buffer)
  }

  /** Of what came so far, lowercase hex. */
  hex(): string {
    return this.#hash.copy().digest('hex')
  }

  /**
   * Of the body up to the end of its whole samples, the last that ended where the bytes of an `update` did or within them; null
   * where none has, or where the body is not in the order of its file.
   */
  whole(): { size: number; sha256: Buffer } | null {
    return this.#whole && { size: this.#whole.size, sha256: this.#whole.hash.copy().digest() }
  }
}
