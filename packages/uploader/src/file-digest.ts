import type { SourceFile } from './source-file.ts'

/** SHA-256 that takes bytes as they come: `node:crypto` in programs, WebAssembly in browsers. */
export interface Sha256 {
  update(bytes: Uint8Array): void
  /** Lowercase hex; once. */
  hex(): string
}

const readBytes = 1024 * 1024

/**
 * SHA-256 of a file while it is sent: bytes that are sent in the file's order are hashed as they go by, all others are
 * read for it, behind.
 *
 *   following ── bytes from further on ──> catching up ── the place is reached ──> following
 */
export class FileDigest {
  readonly #file: SourceFile
  readonly #sha256: Sha256
  #at = 0
  #goal = 0
  #reading: Promise<void> | null = null
  #isStopped = false
  #result: string | null = null

  constructor(file: SourceFile, sha256: Sha256) {
    this.#file = file
    this.#sha256 = sha256
  }

  /** Bytes of the file from `offset` on, which are in memory now. */
  offer(offset: number, bytes: Uint8Array): void {
    if (offset === this.#at && this.#reading === null) {
      this.#sha256.update(bytes)
      this.#at += bytes.length
    } else if (offset > this.#at) this.#catchUp(offset)
  }

  /** A front that is sent first lies far behind what follows: it is read when its turn comes. */
  #catchUp(goal: number): void {
    this.#goal = Math.max(this.#goal, goal)
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null
    })
    this.#reading.catch(() => {}) // told by hex()
  }

  async #read(): Promise<void> {
    while (this.#at < this.#goal && !this.#isStopped) {
      const bytes = await this.#file.read(this.#at, Math.min(readBytes, this.#goal - this.#at))
      if (bytes.length === 0) throw new Error(`${this.#file.name} is shorter than it was`)
      this.#sha256.update(bytes)
      this.#at += bytes.length
    }
  }

  /** Of the whole file: reads what did not go by. */
  async hex(): Promise<string> {
    this.#catchUp(this.#file.size)
    while (this.#reading !== null) await this.#reading
    this.#result ??= this.#sha256.hex()
    return this.#result
  }

  stop(): void {
    this.#isStopped = true
  }
}
