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
  } finally {
    await handle.close()
  }
  return out.end()
}

class Pieces {
  readonly #blob: FoundFile
  readonly #handle: FileHandle
  readonly #options: CutOptions
  readonly #files: FoundFile[] = []
  readonly #notes: Note[] = []
  readonly #index: BlobIndex
  #texts = 0
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
    const file = await this.#cut(found)
    resources.push({
      ...{ start, end, format, type, contentType, whole },
      ...(startMs !== undefined && { startMs }),
      ...(endMs !== undefined && { endMs }),
      ...(file !== null && { name: file.name }),
    })
    if (!telling.has(format)) {
      if (start > this.#left) this.#index.left.push({ offset: this.#left, length: start - this.#left })
      this.#left = end
    }
    return true
  }

  end(): CutOut {
    const { size } = this.#blob
    if (size > this.#left) this.#index.left.push({ offset: this.#left, length: size - this.#left })
    return { files: this.#files, index: this.#index, notes: this.#notes }
  }

  async #cut(found: Found): Promise<FoundFile | null> {
    const { start, end, format, whole } = found
    const { name, path, size, origin, depth = 0 } = this.#blob
    const length = end - start
    if (telling.has(format) && (length < leastText || ++this.#texts > mostTexts)) return null
    if (this.#files.length >= this.#options.mostFiles) {
      if (this.#files.length === this.#options.mostFiles)
        this.#note('too-many', `${this.#files.length} files were cut out of it, and no more`)
      return null
    }
    if (length === size) {
      // It is all of it: nothing is cut, and what it is called now is not kept beside it.
      const kind = found.contentType
      const all = { name: fittingName(`${name}.${format}`), path, size, kind, depth: depth + 1, container: name }
      this.#files.push({ ...all, ...(origin !== undefined && { origin }) })
      return all
    }
    const place = join(this.#options.folder, String(start))
    await this.#copy(start, end, place)
    // So that pieces are listed as they lie.
    const number = String(start).padStart(String(size).length, '0')
    const cut: FoundFile = {
      name: fittingName(`${name}.parts/${number}.${format}`),
      ...{ path: place, size: length, kind: await kindOf(found, place, length), depth: depth + 1 },
      piece: { of: name, offset: start, length },
      ...(origin !== undefined && { origin: { ...origin, offset: origin.offset + start, length } }),
    }
    this.#files.push(cut)
    if (!whole) this.#note('cut', found.notes.at(-1)?.message ?? 'it is not whole', cut.name)
    return cut
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
