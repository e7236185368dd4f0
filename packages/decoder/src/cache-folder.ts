import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ListedFile } from '@rushes/protocol'
import { lockCache } from './cache-lock.ts'
import { DecoderError } from './decoder-error.ts'
import { openPart, type Part } from './part.ts'

// Files are named by their digest alone, so that no name of the server's reaches the file system.
const storedName = /^[0-9a-f]{64}(\.part)?$/

/** The files of one delivery that are on this machine's disk: `FOLDER/DIGEST`, and `DIGEST.part` while they come. */
export interface CacheFolder {
  readonly path: string
  /** Of all files and parts, bytes. */
  readonly bytes: number
  has(file: ListedFile): boolean
  /** Its bytes; null where it is not there, or no longer what it was (it is removed then). */
  read(file: ListedFile): Promise<Uint8Array | null>
  /** What came of a file so far, to go on with. */
  part(file: ListedFile): Promise<Part>
  /** Makes a part with the right digest a file: synced, then renamed. */
  keep(file: ListedFile, part: Part): Promise<void>
  /** Removes what is not needed until `size` more bytes are within `limit`; false where that is not enough. */
  makeRoom(size: number, limit: number, needed: () => ReadonlySet<string>): Promise<boolean>
  close(): void
}

/** @throws DecoderError `cache-in-use`, `cache-failed` */
export async function openCacheFolder(path: string): Promise<CacheFolder> {
  const lock = await mkdir(path, { recursive: true, mode: 0o700 }).then(
    () => lockCache(path),
    (cause: unknown) => {
      throw new DecoderError('cache-failed', `the cache ${path} cannot be made: ${cause}`, { cause })
    },
  )
  const sizes = await scan(path)
  const at = (name: string): string => join(path, name)
  let bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  const note = (name: string, size: number | null): void => {
    bytes += (size ?? 0) - (sizes.get(name) ?? 0)
    if (size === null) sizes.delete(name)
    else sizes.set(name, size)
  }
  const remove = async (name: string): Promise<void> => {
    await rm(at(name), { force: true })
    note(name, null)
  }
  return {
    path,
    get bytes() {
      return bytes
    },
    has: (file) => sizes.get(nameOf(file)) === file.size,
    async read(file) {
      const name = nameOf(file)
      const content = await readFile(at(name)).catch(() => null)
      if (content !== null && content.length === file.size && sha256(content) === name) return content
      await remove(name)
      return null
    },
    async part(file) {
      const name = `${nameOf(file)}.part`
      return await openPart(at(name), file.size, (size) => note(name, size))
    },
    async keep(file, part) {
      const name = nameOf(file)
      await part.sync()
      await part.close()
      await rename(at(`${name}.part`), at(name))
      await syncFolder(path)
      note(`${name}.part`, null)
      note(name, file.size)
    },
    async makeRoom(size, limit, needed) {
      if (bytes + size <= limit) return true
      const keep = needed()
      for (const name of [...sizes.keys()]) {
        if (bytes + size <= limit) break
        if (!keep.has(name.slice(0, 64))) await remove(name)
      }
      return bytes + size <= limit
    },
    close: () => lock[Symbol.dispose](),
  }
}

/** A listed file's name in the cache: its digest's hex digits. */
export function nameOf(file: ListedFile): string {
  return file.digest.slice('sha256:'.length)
}

async function scan(path: string): Promise<Map<string, number>> {
  const names = (await readdir(path)).filter((name) => storedName.test(name))
  const sizes = new Map<string, number>()
  // All at once: a day's files are tens of thousands, and none of them waits for another.
  await Promise.all(names.map(async (name) => void sizes.set(name, (await stat(join(path, name))).size)))
  return sizes
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
