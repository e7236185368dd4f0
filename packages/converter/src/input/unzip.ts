import { createWriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Note } from '@rushes/pipeline'
import yauzl, { type Entry, type ZipFile } from 'yauzl'
import { ConvertError } from '../convert-error.ts'
import { contentKindOf } from './content-signature.ts'
import { fittingName } from './fitting-name.ts'
import { type FoundFile, MOST_FILES } from './found-file.ts'
import type { FoundInput } from './input-folder.ts'
import { safeName } from './safe-name.ts'

export type UnzipOptions = {
  /** Which is there; files in it are named by number. */
  folder: string
  /** In front of names. */
  prefix: string
  /** Of entries, and of all that they become. */
  mostFiles?: number
  mostBytes?: number
  signal: AbortSignal
  onProgress?(fraction: number): void
}

/** Of all that comes out of one zip. */
const mostBytes = 256 * 2 ** 30
/** Nothing that people record becomes a thousandth: deflate's limit is 1032. */
const mostRatio = 250
const freeBytes = 64 * 2 ** 20
const mostComplaints = 100

/**
 * Takes a zip apart. Its entries get names of ours on disk; what they call themselves becomes the items' names, where that leads
 * nowhere else. One that is damaged is left out, and the rest goes on.
 *
 * @throws ConvertError `unreadable`, `too-large`
 */
export async function unzip(zip: FoundFile, options: UnzipOptions): Promise<FoundInput> {
  const archive = await yauzl
    // Names are decoded here: the library refuses all of a zip for one that leads elsewhere.
    .openPromise(zip.path, { autoClose: false, validateEntrySizes: true, decodeStrings: false })
    .catch((error: Error) => {
      throw new ConvertError('unreadable', `${zip.name} is no whole zip: ${error.message}`)
    })
  try {
    return await new Unzip(zip, archive, options).run()
  } finally {
    archive.close()
  }
}

class Unzip {
  readonly #zip: FoundFile
  readonly #archive: ZipFile
  readonly #options: UnzipOptions
  readonly #found: FoundInput = { files: [], notes: [] }
  readonly #names = new Set<string>()
  /** Where bytes of entries lie: two in one place are a bomb (Fifield, A better zip bomb). */
  readonly #places: { from: number; to: number }[] = []
  #bytes = 0

  constructor(zip: FoundFile, archive: ZipFile, options: UnzipOptions) {
    this.#zip = zip
    this.#archive = archive
    this.#options = options
  }

  async run(): Promise<FoundInput> {
    const { signal, onProgress, mostFiles = MOST_FILES } = this.#options
    let count = 0
    // The reader reads no more entries than that, whatever the directory holds.
    const { entryCount } = this.#archive
    if (entryCount > mostFiles)
      throw new ConvertError('too-large', `${this.#zip.name} has ${entryCount} entries: too many files in all`)
    try {
      for await (const entry of this.#archive.eachEntry()) {
        signal.throwIfAborted()
        count++
        const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry
        entry.fileName = yauzl.getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false)
        if (!entry.fileName.endsWith('/')) await this.#take(entry, count)
        onProgress?.(count / entryCount)
      }
    } catch (error) {
      if (error instanceof ConvertError || signal.aborted || this.#found.files.length === 0) throw this.#refusal(error)
      this.#leaveOut(this.#zip.name, `is damaged behind entry ${count}: ${(error as Error).message}`)
    }
    return this.#found
  }

  async #take(entry: Entry, number: number): Promise<void> {
    try {
      const name = this.#nameOf(entry)
      if (name === null) return
      const stored = await this.#placeOf(entry)
      const path = join(this.#options.folder, String(number))
      const size = await this.#extract(entry, path)
      const { prefix } = this.#options
      const origin = entry.compressionMethod === 0 && this.#zip.origin !== undefined
      this.#names.add(name)
      this.#found.files.push({
        ...{ name: fittingName(`${prefix}${name}`), path, size, kind: await contentKindOf({ path, size }) },
        ...(origin && { origin: { ...this.#zip.origin, offset: this.#zip.origin!.offset + stored } }),
      })
    } catch (error) {
      if (error instanceof ConvertError && error.code === 'too-large') throw error
      this.#options.signal.throwIfAborted()
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error
      this.#leaveOut(entry.fileName, `is damaged: ${(error as Error).message}`)
    }
  }

  /** Null: it is left out. */
  #nameOf({ fileName, externalFileAttributes, versionMadeBy }: Entry): string | null {
    // Info-ZIP puts the mode of Unix there: a link's content is where it leads.
    const mode = versionMadeBy >> 8 === 3 ? externalFileAttributes >>> 16 : 0
    if ((mode & 0o170000) === 0o120000) return this.#leaveOut(fileName, 'is a link')
    if (/(?:^|\/)(?:__MACOSX\/|\.)/.test(fileName) && !fileName.includes('..')) return null
    let name: string
    try {
      name = safeName(fileName)
    } catch (error) {
      return this.#leaveOut('an entry', (error as Error).message)
    }
    return this.#names.has(name) ? this.#leaveOut(fileName, 'is there twice') : name
  }

  /** Where its bytes begin. @throws ConvertError `too-large` */
  async #placeOf(entry: Entry): Promise<number> {
    const { fileDataStart: from } = await this.#archive.readLocalFileHeaderPromise(entry, { minimal: true })
    const to = from + entry.compressedSize
    const overlaps = this.#places.some((other) => from < other.to && to > other.from)
    if (overlaps) throw new ConvertError('too-large', `${this.#zip.name} has entries that lie in one place: a zip bomb`)
    if (to > from) this.#places.push({ from, to })
    return from
  }

  async #extract(entry: Entry, path: string): Promise<number> {
    let size = 0
    const allowed = Math.min(mostBytes, this.#options.mostBytes ?? mostBytes)
    const count = new Transform({
      transform: (bytes: Buffer, _encoding, done) => {
        size += bytes.length
        this.#bytes += bytes.length
        const isBomb = size > freeBytes && size > entry.compressedSize * mostRatio
        if (isBomb || this.#bytes > allowed) {
          const why = isBomb ? `becomes over ${mostRatio} times as large` : `comes to over ${allowed} bytes`
          done(new ConvertError('too-large', `${this.#zip.name}: ${entry.fileName.slice(0, 200)} ${why}`))
        } else done(null, bytes)
      },
    })
    try {
      const stream = await this.#archive.openReadStreamPromise(entry)
      await pipeline(stream, count, createWriteStream(path, { flags: 'w', mode: 0o600 }), {
        signal: this.#options.signal,
      })
      const file = await open(path, 'r+')
      await file.sync().finally(() => file.close())
    } catch (error) {
      await rm(path, { force: true })
      throw error
    }
    return size
  }

  #leaveOut(name: string, why: string): null {
    const { notes } = this.#found
    const note: Note = {
      severity: 'warning',
      code: 'left-out',
      message: `${name.slice(0, 200)} ${why}, and is left out`,
    }
    if (notes.length < mostComplaints) notes.push(note)
    return null
  }

  #refusal(error: unknown): unknown {
    if (error instanceof ConvertError || this.#options.signal.aborted) return error
    return new ConvertError('unreadable', `${this.#zip.name} can't be taken apart: ${(error as Error).message}`)
  }
}
