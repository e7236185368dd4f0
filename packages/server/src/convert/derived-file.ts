import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { syncFolder } from '../body/append-file.ts'
import { BodyError, storageError } from '../body/body-error.ts'
import { type BodyFolder, derivedFolder, derivedPath, freeBytes } from '../body/folder.ts'
import { CatalogError } from '../catalog/catalog-error.ts'
import type { RecordingId } from '../catalog/identifiers.ts'

export type NewDerivedFile = {
  id: RecordingId
  content: AsyncIterable<Uint8Array>
  /** At most. */
  length: number
  reserveBytes: number
  signal: AbortSignal
}

/**
 * Puts a file beside a recording's body, durably, under the name of its digest.
 *
 * @returns its SHA-256, and how long it is
 * @throws BodyError `storage-full`, `storage-failed`; CatalogError `recording-not-found`: it was deleted meanwhile
 */
export async function storeDerivedFile(
  folder: BodyFolder,
  file: NewDerivedFile,
): Promise<{ sha256: Buffer; length: number }> {
  const { id, content, length: most, reserveBytes, signal } = file
  if ((await freeBytes(folder)) < most + reserveBytes)
    throw new BodyError('storage-full', 'the disk has no room for what is made')
  const made = derivedFolder(folder, id)
  const temporary = join(made, `.${randomUUID()}`)
  const hash = createHash('sha256')
  let length = 0
  const hashing = new Transform({
    transform(bytes: Uint8Array, _encoding, done) {
      hash.update(bytes)
      length += bytes.length
      done(null, bytes)
    },
  })
  try {
    await makeFolder(made)
    const target = createWriteStream(temporary, { flags: 'wx', mode: 0o640, flush: true })
    await pipeline(content, hashing, target, { signal })
    const sha256 = hash.digest()
    await rename(temporary, derivedPath(folder, id, sha256))
    await syncFolder(made)
    return { sha256, length }
  } catch (cause) {
    await rm(temporary, { force: true })
    if (signal.aborted) throw cause
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw new CatalogError('recording-not-found', { id })
    throw storageError(cause)
  }
}

/** One level alone: the folder of a recording that is gone must not come back. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o750 })
    await syncFolder(dirname(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
