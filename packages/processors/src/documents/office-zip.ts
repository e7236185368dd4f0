// Parts of office documents, which are zips (ECMA-376 part 2; ODF 1.3 part 2). Whatever lies in them, or about themselves, is
// from outside: sizes that are told are not believed.
import type { Readable } from 'node:stream'
import { createInflateRaw } from 'node:zlib'
import yauzl, { type Entry, type ZipFile } from 'yauzl'
import { ConversionError } from '../conversion-error.ts'

const mostEntries = 10_000
/** Of a part that is read as a whole: XML, a small picture. */
const mostPartBytes = 32 * 2 ** 20
/** Of all that is read of a document. */
const mostBytes = 256 * 2 ** 20

export type OfficePart = {
  bytes: Uint8Array
  /** Why it isn't whole. */
  problem: string | null
}

export class OfficeZip {
  readonly #zip: ZipFile
  readonly #entries: ReadonlyMap<string, Entry>
  #read = 0

  private constructor(zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.#zip = zip
    this.#entries = entries
  }

  /** @throws ConversionError `input-refused`, `input-too-large` */
  static async open(path: string): Promise<OfficeZip> {
    const zip = await yauzl
      .openPromise(path, { autoClose: false, validateEntrySizes: true, strictFileNames: false })
      .catch((error: Error) => {
        throw new ConversionError('input-refused', `it is no whole document: ${error.message}`)
      })
    const entries = new Map<string, Entry>()
    try {
      for await (const entry of zip.eachEntry()) {
        if (entries.size === mostEntries)
          throw new ConversionError('input-too-large', `a document may have ${mostEntries} parts`)
        // Of two of one name, programs take either.
        if (!entries.has(entry.fileName)) entries.set(entry.fileName, entry)
      }
    } catch (error) {
      if (error instanceof ConversionError || entries.size === 0) {
        zip.close()
        if (error instanceof ConversionError) throw error
        throw new ConversionError('input-refused', `it is no whole document: ${(error as Error).message}`)
      }
      // What stands in the directory before the damage can be read.
    }
    return new OfficeZip(zip, entries)
  }

  get names(): string[] {
    return [...this.#entries.keys()].filter((name) => !name.endsWith('/'))
  }

  has(name: string): boolean {
    return this.#entries.has(name)
  }

  /** Uncompressed in the document, as it says. */
  isStored(name: string): boolean {
    return this.#entries.get(name)?.compressionMethod === 0
  }

  /** Null: there is no such part. @throws ConversionError `input-too-large` */
  async read(name: string): Promise<OfficePart | null> {
    const entry = this.#entries.get(name)
    if (entry === undefined) return null
    try {
      return { bytes: await this.#collect(await this.#zip.openReadStreamPromise(entry)), problem: null }
    } catch (error) {
      if (error instanceof ConversionError) throw error
      return { bytes: await this.#salvaged(entry), problem: `it is damaged: ${(error as Error).message}` }
    }
  }

  /** For copying a part that nobody looks into. */
  async stream(name: string): Promise<Readable> {
    return await this.#zip.openReadStreamPromise(this.#entries.get(name)!)
  }

  close(): void {
    this.#zip.close()
  }

  async #collect(stream: Readable): Promise<Uint8Array> {
    const parts: Buffer[] = []
    let size = 0
    for await (const bytes of stream) {
      size += (bytes as Buffer).length
      this.#read += (bytes as Buffer).length
      if (size > mostPartBytes || this.#read > mostBytes)
        throw new ConversionError('input-too-large', 'a part of it becomes too large')
      parts.push(bytes as Buffer)
    }
    return Buffer.concat(parts)
  }

  /** What comes out before the damage. */
  async #salvaged(entry: Entry): Promise<Uint8Array> {
    const parts: Buffer[] = []
    let size = 0
    try {
      const raw = await this.#zip.openReadStreamPromise(entry, { decodeFileData: false })
      // What a decoder has not handed on when it fails is lost: so it hands on little by little.
      const stream = entry.compressionMethod === 8 ? raw.pipe(createInflateRaw({ chunkSize: 64 })) : raw
      raw.on('error', (error) => stream.destroy(error))
      for await (const bytes of stream) {
        size += (bytes as Buffer).length
        if (size > mostPartBytes) break
        parts.push(bytes as Buffer)
      }
    } catch {
      // That it breaks off is known.
    }
    return Buffer.concat(parts)
  }
}
