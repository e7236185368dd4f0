import { createHash } from 'node:crypto'
import { open, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Sha256, SourceFile } from '@rushes/uploader'
import { CommandError } from '../output.ts'

/** A file on disk. It is opened for each read, so that thousands may wait for their turn. */
export async function diskFile(path: string): Promise<SourceFile> {
  const { size } = await stat(path)
  return {
    name: basename(path),
    size,
    type: '',
    async read(offset, length) {
      const file = await open(path, 'r')
      try {
        const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)))
        let filled = 0
        while (filled < bytes.length) {
          const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, offset + filled)
          if (bytesRead === 0) break
          filled += bytesRead
        }
        return bytes.subarray(0, filled)
      } finally {
        await file.close()
      }
    },
  }
}

/** Files by their paths: those that are named, and all that are in folders that are, hidden ones left out. */
export async function filesAt(paths: readonly string[]): Promise<string[]> {
  const files: string[] = []
  for (const path of paths) {
    const found = await stat(path).catch(() => null)
    if (found === null || !(found.isFile() || found.isDirectory())) {
      throw new CommandError('no-such-file', `${path} is no file and no folder`)
    }
    files.push(...(found.isFile() ? [path] : await filesIn(path)))
  }
  return [...new Set(files)]
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (path) =>
        !path
          .slice(folder.length)
          .split('/')
          .some((part) => part.startsWith('.')),
    )
    .sort()
}

export async function nodeSha256(): Promise<Sha256> {
  const hash = createHash('sha256')
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') }
}
