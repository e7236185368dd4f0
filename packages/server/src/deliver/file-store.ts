// The files of a delivery that are not (yet) part of a recording's body: `recordings/ID/files/NAME`.
//
//   absent ── receive part ──> NAME.part ── complete, synced, read back, right ──> NAME
//                                  └── read back, wrong ──> absent
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ListedFile } from '@rushes/protocol'
import { syncFolder } from '../body/append-file.ts'
import { storageError } from '../body/body-error.ts'
import { DeliveryError } from './delivery-error.ts'
import { type ReadBack, readBack } from './read-back.ts'

export interface FileStore {
  /** Names of the files that lie here, proved. */
  names(): Promise<string[]>
  pathOf(name: string): string
  /** Bytes of a file that came so far; 0 when nothing did. */
  received(name: string): Promise<number>
  /**
   * Appends to a file from `offset` on what `bytes` gives; when it has all of `file`, proves and keeps it (F2).
   *
   * @throws DeliveryError `wrong-offset`, `digest-mismatch`; BodyError `storage-full`, `storage-failed`; what `bytes` throws
   */
  receive(file: ListedFile, offset: number, bytes: AsyncIterable<Uint8Array>): Promise<ReadBack | null>
  remove(name: string): Promise<void>
  /** The file, or what came of it. */
  discard(name: string): Promise<void>
}

export async function openFileStore(folder: string): Promise<FileStore> {
  const path = join(folder, 'files')
  try {
    if ((await mkdir(path, { recursive: true, mode: 0o750 })) !== undefined) await syncFolder(folder)
  } catch (cause) {
    throw storageError(cause)
  }
  const pathOf = (name: string): string => join(path, name)
  // Names begin with a letter (C1), so a file of this kind is never anybody's.
  const partOf = (name: string): string => join(path, `.${name}.part`)

  async function received(name: string): Promise<number> {
    return (await stat(partOf(name)).catch(() => null))?.size ?? 0
  }

  async function append(file: ListedFile, offset: number, bytes: AsyncIterable<Uint8Array>): Promise<number> {
    const part = await open(partOf(file.name), offset === 0 ? 'w' : 'r+', 0o640).catch((cause: unknown) => {
      throw storageError(cause)
    })
    try {
      let end = offset
      for await (const chunk of bytes) {
        if (end + chunk.length > file.size) throw new DeliveryError('wrong-offset', 'more bytes than are listed', end)
        await writeAll(part, chunk, end)
        end += chunk.length
      }
      if (end === file.size) {
        await part.datasync().catch(async (cause: unknown) => {
          // Never synced again (append-file.ts): the sender has the bytes and sends them once more.
          await rm(partOf(file.name), { force: true })
          throw storageError(cause)
        })
      }
      return end
    } finally {
      await part.close()
    }
  }

  return {
    pathOf,
    received,
    names: async () => (await readdir(path)).filter((name) => !name.startsWith('.')),

    async receive(file, offset, bytes) {
      const before = await received(file.name)
      if (offset !== 0 && offset !== before) {
        throw new DeliveryError('wrong-offset', `${before} bytes of ${file.name} are here`, before)
      }
      const end = await append(file, offset, bytes)
      if (end < file.size) return null
      const stored = await readBack(partOf(file.name)).catch((cause: unknown) => {
        throw storageError(cause)
      })
      if (stored.digest !== file.digest) {
        await rm(partOf(file.name), { force: true })
        throw new DeliveryError('digest-mismatch', `${file.name} was stored as ${stored.digest}; send it again`)
      }
      try {
        await rename(partOf(file.name), pathOf(file.name))
        await syncFolder(path)
      } catch (cause) {
        throw storageError(cause)
      }
      return stored
    },

    async remove(name) {
      await rm(pathOf(name), { force: true })
    },

    async discard(name) {
      await rm(partOf(name), { force: true })
      await rm(pathOf(name), { force: true })
    },
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0
  try {
    while (written < bytes.length) {
      const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written)
      written += bytesWritten
    }
  } catch (cause) {
    throw storageError(cause)
  }
}
