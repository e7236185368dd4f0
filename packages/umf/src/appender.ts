// What writer and editor share: bytes that are appended, each of them in a digest (SPEC.md D2).
import { boxHeader } from './box.ts'
import type { CoverEntry } from './description.ts'
import { type MakeSha256, type Sha256, toHex } from './sha256.ts'
import { UmfError } from './umf-error.ts'

export type Content = Uint8Array | AsyncIterable<Uint8Array>
export type Written = { length: number; digest: string; extents: [number, number][] }

/** Longest entry of media, and longest extent of content whose length nobody told. */
const PIECE_BYTES = 16 * 1024 * 1024
const GROWING_BYTES = 1024 * 1024

export class Appender {
  /** Where the next byte goes. */
  at: number
  /** Entries for what was appended; whoever takes them empties it. */
  readonly #cover: CoverEntry[] = []
  readonly #write: (bytes: Uint8Array) => Promise<void> | void
  readonly #sha256: MakeSha256
  /** Neighbouring structure is one entry. */
  #structure: { from: number; hash: Sha256 } | null = null

  constructor(at: number, write: (bytes: Uint8Array) => Promise<void> | void, sha256: MakeSha256) {
    this.at = at
    this.#write = write
    this.#sha256 = sha256
  }

  async structure(bytes: Uint8Array): Promise<void> {
    this.#structure ??= { from: this.at, hash: this.#sha256() }
    this.#structure.hash.update(bytes)
    await this.#put(bytes)
  }

  /** An index, a footer, a record: it has its own digest. */
  async proven(bytes: Uint8Array): Promise<void> {
    this.#endStructure()
    await this.#put(bytes)
  }

  /** Bytes of the main presentation. */
  async media(content: Content): Promise<void> {
    this.#endStructure()
    let from = this.at
    let hash = this.#sha256()
    const end = () => {
      if (this.at > from) this.#cover.push([from, this.at - from, 'media', toHex(hash.digest())])
      from = this.at
      hash = this.#sha256()
    }
    for await (const bytes of pieces(content)) {
      for (let at = 0; at < bytes.length; ) {
        const piece = bytes.subarray(at, at + PIECE_BYTES - (this.at - from))
        hash.update(piece)
        await this.#put(piece)
        at += piece.length
        if (this.at - from === PIECE_BYTES) end()
      }
    }
    end()
  }

  /**
   * Content of items whose lengths are known, in one `mdat`.
   *
   * @throws UmfError `source`: content that is shorter or longer than was said
   */
  async items(contents: readonly { length: number; content: Content }[]): Promise<Written[]> {
    const total = contents.reduce((sum, { length }) => sum + length, 0)
    if (total > 0) await this.structure(boxHeader('mdat', total))
    const all: Written[] = []
    for (const { length, content } of contents) all.push(await this.#extent(length, content))
    return all
  }

  /** Content whose length only its end tells: an `mdat` for each MiB of it. */
  async growing(content: AsyncIterable<Uint8Array>): Promise<Written> {
    const whole = this.#sha256()
    const extents: [number, number][] = []
    let waiting: Uint8Array[] = []
    let waits = 0
    const flush = async () => {
      const [written] = await this.items([{ length: waits, content: inOrder(waiting) }])
      if (waits > 0) {
        extents.push(written!.extents[0]!)
        this.#cover.push([...written!.extents[0]!, 'item', written!.digest.slice('sha256:'.length)])
      }
      waiting = []
      waits = 0
    }
    for await (const bytes of content) {
      whole.update(bytes)
      waiting.push(bytes.slice())
      waits += bytes.length
      if (waits >= GROWING_BYTES) await flush()
    }
    if (waits > 0) await flush()
    // D2: an item of one extent is covered by its own digest.
    if (extents.length === 1)
      this.#cover.splice(
        this.#cover.findIndex(([offset]) => offset === extents[0]![0]),
        1,
      )
    const length = extents.reduce((sum, [, each]) => sum + each, 0)
    return { length, digest: `sha256:${toHex(whole.digest())}`, extents }
  }

  /** The entries since this was asked last; ends the structure that is being written. */
  takeCover(): CoverEntry[] {
    this.#endStructure()
    return this.#cover.splice(0)
  }

  async #extent(length: number, content: Content): Promise<Written> {
    this.#endStructure()
    const hash = this.#sha256()
    const start = this.at
    for await (const bytes of pieces(content)) {
      if (this.at + bytes.length > start + length)
        throw new UmfError('source', `content is longer than the ${length} bytes that were said`)
      hash.update(bytes)
      await this.#put(bytes)
    }
    if (this.at !== start + length)
      throw new UmfError('source', `content ended after ${this.at - start} of ${length} bytes`)
    return { length, digest: `sha256:${toHex(hash.digest())}`, extents: length === 0 ? [] : [[start, length]] }
  }

  #endStructure(): void {
    if (this.#structure === null) return
    const { from, hash } = this.#structure
    this.#cover.push([from, this.at - from, 'structure', toHex(hash.digest())])
    this.#structure = null
  }

  async #put(bytes: Uint8Array): Promise<void> {
    await this.#write(bytes)
    this.at += bytes.length
  }
}

async function* inOrder(all: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all
}

function pieces(content: Content): AsyncIterable<Uint8Array> | [Uint8Array] {
  return content instanceof Uint8Array ? [content] : content
}
