// Every resource in a file that is no whole resource itself, cut out into files of their own.
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Note } from '@rushes/pipeline'
import { fileSource } from '../extractor/byte-source.ts'
import type { Format } from '../extractor/formats.ts'
import { type Found, indexResources } from '../extractor/index-resources.ts'
import { contentKindOf } from '../input/content-signature.ts'
import { fittingName } from '../input/fitting-name.ts'
import type { FoundFile } from '../input/found-file.ts'
import type { BlobIndex } from './blob-index.ts'

export type CutOut = { files: FoundFile[]; index: BlobIndex; notes: Note[] }

export type CutOptions = {
  /** Which is there; pieces in it are named by number. */
  folder: string
  /** Of pieces. */
  mostFiles: number
  signal: AbortSignal
  onProgress?(fraction: number): void
}

/** In an index: what comes behind is left as it is. */
const mostResources = 20_000
/** Any bytes may look like a line of text or like a number in brackets: shorter ones are seen, and stay where they are. */
const leastText = 128
/** Text within bytes is records more often than a document: so many pieces of it at most. */
const mostTexts = 500
const copyBytes = 1024 * 1024
/** At once: each of them waits for the disk, which writes many in the time of one. */
const mostCopies = 8

/** Formats in which what happened may be told, so that they are left to discovery too. */
const telling: ReadonlySet<Format> = new Set<Format>(['text', 'json', 'xml'])

/**
 * Indexes a file in one pass, and copies what is in it. What is left out of the copies is in the index all the same.
 *
 * @throws what reading and writing throw, and the signal's reason
 */
export async function cutOut(blob: FoundFile, options: CutOptions): Promise<CutOut> {
  const { signal, onProgress } = options
  const handle = await open(blob.path, 'r')
  const out = new Pieces(blob, handle, options)
  try {
    const progress = onProgress === undefined ? {} : { onProgress: (at: number) => onProgress(at / blob.size) }
    for await (const found of indexResources(fileSource(handle, blob.size), { signal, ...progress })) {
      if (!(await out.take(found))) break
    }
    return await out.end()
  } finally {
    await out.settled()
    await handle.close()
  }
}

class Pieces {
  readonly #blob: FoundFile
  readonly #handle: FileHandle
  readonly #options: CutOptions
  readonly #files: FoundFile[] = []
  readonly #notes: Note[] = []
  readonly #index: BlobIndex
  #texts = 0
  /** Pieces that are copied, or will be. */
  #count = 0
  readonly #copies = new Set<Promise<void>>()
  #fault: { error: unknown } | null = null
  /** Where what is left begins. */
  #left = 0

  constructor(blob: FoundFile, handle: FileHandle, options: CutOptions) {
    this.#blob = blob
    this.#handle = handle
    this.#options = options
    this.#index = { file: blob.name, size: blob.size, resources: [], left: [] }
  }

  /** @returns whether there may be more */
  async take(found: Found): Promise<boolean> {
    const { resources } = this.#index
    if (resources.length === mostResources) {
      const message = `there are over ${mostResources} resources in it: what comes behind byte ${found.start} is kept as it is`
      this.#note('too-many', message)
      return false
    }
    const { start, end, format, type, contentType, whole, startMs, endMs } = found
    const name = this.#nameOf(found)
    if (name !== null) await this.#begin(found, name)
    resources.push({
      ...{ start, end, format, type, contentType, whole },
      ...(startMs !== undefined && { startMs }),
      ...(endMs !== undefined && { endMs }),
      ...(name !== null && { name }),
    })
    if (!telling.has(format)) {
      if (start > this.#left) this.#index.left.push({ offset: this.#left, length: start - this.#left })
      this.#left = end
    }
    return true
  }

  async end(): Promise<CutOut> {
    const { size } = this.#blob
    if (size > this.#left) this.#index.left.push({ offset: this.#left, length: size - this.#left })
    await this.settled()
    this.#check()
    const placeOf = ({ piece }: FoundFile): number => piece?.offset ?? 0
    this.#files.sort((one, other) => placeOf(one) - placeOf(other))
    return { files: this.#files, index: this.#index, notes: this.#notes }
  }

  /** Nothing reads or writes any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#copies)
  }

  #check(): void {
    if (this.#fault !== null) throw this.#fault.error
  }

  /** Null: it stays where it is. */
  #nameOf({ start, end, format, whole, notes }: Found): string | null {
    const { name, size } = this.#blob
    const length = end - start
    if (telling.has(format) && (length < leastText || ++this.#texts > mostTexts)) return null
    const { mostFiles } = this.#options
    if (this.#count >= mostFiles) {
      if (this.#count++ === mostFiles) this.#note('too-many', `${mostFiles} files were cut out of it, and no more`)
      return null
    }
    this.#count++
    if (length === size) return fittingName(`${name}.${format}`)
    // So that pieces are listed as they lie.
    const number = String(start).padStart(String(size).length, '0')
    const own = fittingName(`${name}.parts/${number}.${format}`)
    if (!whole) this.#note('cut', notes.at(-1)?.message ?? 'it is not whole', own)
    return own
  }

  async #begin(found: Found, name: string): Promise<void> {
    if (this.#copies.size >= mostCopies) await Promise.race(this.#copies)
    this.#check()
    const copy = this.#cut(found, name).then(
      (file) => {
        this.#copies.delete(copy)
        this.#files.push(file)
      },
      (error: unknown) => {
        this.#copies.delete(copy)
        this.#fault ??= { error }
      },
    )
    this.#copies.add(copy)
  }

  async #cut(found: Found, name: string): Promise<FoundFile> {
    const { start, end, contentType } = found
    const { name: of, path, size, origin, depth: within = 0 } = this.#blob
    const depth = within + 1
    const length = end - start
    if (length === size) {
      // It is all of it: nothing is cut, and what it is called now is not kept beside it.
      return { name, path, size, kind: contentType, depth, container: of, ...(origin !== undefined && { origin }) }
    }
    const place = join(this.#options.folder, String(start))
    await this.#copy(start, end, place)
    return {
      ...{ name, path: place, size: length, kind: await kindOf(found, place, length), depth },
      piece: { of, offset: start, length },
      ...(origin !== undefined && { origin: { ...origin, offset: origin.offset + start, length } }),
    }
  }

  async #copy(start: number, end: number, path: string): Promise<void> {
    const into = await open(path, 'w', 0o600)
    try {
      const piece = Buffer.allocUnsafe(Math.min(copyBytes, end - start))
      for (let at = start; at < end; ) {
        this.#options.signal.throwIfAborted()
        const { bytesRead } = await this.#handle.read(piece, 0, Math.min(piece.length, end - at), at)
        if (bytesRead === 0) throw new Error('it became shorter while it was read')
        let written = 0
        while (written < bytesRead) written += (await into.write(piece, written, bytesRead - written)).bytesWritten
        at += bytesRead
      }
      await into.sync()
    } finally {
      await into.close()
    }
  }

  #note(code: string, message: string, resource: string = this.#blob.name): void {
    if (this.#notes.length < 100) this.#notes.push({ severity: 'warning', code, message, resource })
  }
}

/** As files of folders are called, for families and players; where these don't know it, as the extractor does. */
async function kindOf({ contentType, type }: Found, path: string, size: number): Promise<string> {
  const kind = await contentKindOf({ path, size })
  // A container of pictures in which there is only sound says so in its structure.
  const isHeard = type === 'audio' && kind.startsWith('video/')
  const isVague = kind === 'application/octet-stream' || (kind === 'text/plain' && type !== 'data') || isHeard
  return isVague ? contentType : kind
}
