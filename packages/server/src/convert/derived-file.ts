import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { MadeFile } from '@rushes/processors'
import { syncFolder } from '../body/append-file.ts'
import { BodyError, storageError } from '../body/body-error.ts'
import { type BodyFolder, derivedPath, freeBytes } from '../body/folder.ts'
import { CatalogError } from '../catalog/catalog-error.ts'
import type { RecordingId } from '../catalog/identifiers.ts'

export type NewDerivedFile = {
  id: RecordingId
  sha256: Buffer
  made: MadeFile
  reserveBytes: number
  signal: AbortSignal
}

/**
 * Puts a file beside a recording's body, durably, under the name of its digest.
 *
 * @throws BodyError `storage-full`, `storage-failed`; CatalogError `recording-not-found`: it was deleted meanwhile
 */
export async function storeDerivedFile(folder: BodyFolder, file: NewDerivedFile): Promise<void> {
  const { id, sha256, made, reserveBytes, signal } = file
  if ((await freeBytes(folder)) < made.length + reserveBytes)
    throw new BodyError('storage-full', 'the disk has no room for what is made')
  const path = derivedPath(folder, id, sha256)
  const temporary = join(dirname(path), `.${randomUUID()}`)
  try {
    await makeFolder(dirname(path))
    await pipeline(made.open(), createWriteStream(temporary, { flags: 'wx', mode: 0o640, flush: true }), { signal })
    await rename(temporary, path)
    await syncFolder(dirname(path))
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
