// The files of a spool: FOLDER/files/NAME, each written, synced and renamed before anybody hears of it.
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { ListedFile } from '@rushes/protocol'
import { spoolError } from './spool-error.ts'

export interface SpoolFiles {
  pathOf(name: string): string
  /** Resolves when the bytes and the name are on disk. @throws SpoolError */
  write(name: string, bytes: Uint8Array): Promise<ListedFile>
  read(name: string): Promise<Buffer>
  names(): Promise<string[]>
  remove(name: string): Promise<void>
  /** That their disk has for this process. */
  freeBytes(): Promise<number>
}

export async function openSpoolFiles(folder: string): Promise<SpoolFiles> {
  const path = join(folder, 'files')
  const pathOf = (name: string): string => join(path, name)
  try {
    await mkdir(path, { recursive: true, mode: 0o750 })
    await syncFolder(folder)
    // What a crash left half written was never listed: its source is gone with the process.
    for (const name of await readdir(path)) if (name.startsWith('.')) await rm(pathOf(name), { force: true })
  } catch (cause) {
    throw spoolError(cause)
  }
  return {
    pathOf,
    read: (name) => readFile(pathOf(name)),
    names: async () => (await readdir(path)).filter((name) => !name.startsWith('.')),

    async write(name, bytes) {
      const temporary = pathOf(`.${name}`)
      try {
        const file = await open(temporary, 'w', 0o640)
        try {
          await file.writeFile(bytes)
          await file.datasync()
        } finally {
          await file.close()
        }
        await rename(temporary, pathOf(name))
        await syncFolder(path)
      } catch (cause) {
        await rm(temporary, { force: true }).catch(() => {})
        throw spoolError(cause)
      }
      return describeFile(name, bytes)
    },

    async remove(name) {
      await rm(pathOf(name), { force: true }).catch((cause: unknown) => {
        throw spoolError(cause)
      })
    },

    async freeBytes() {
      const { bavail, bsize } = await statfs(path).catch((cause: unknown) => {
        throw spoolError(cause)
      })
      return bavail * bsize
    },
  }
}

export function describeFile(name: string, bytes: Uint8Array): ListedFile {
  return { name, size: bytes.length, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` }
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
