import { join, resolve } from 'node:path'
import { backupError } from './backup-error.ts'
import { readFileList, readManifest, recordingsFolder, snapshotFolder } from './backup-folder.ts'
import { digestOfFile } from './file-copy.ts'
import type { BackupOptions } from './take-backup.ts'

export type VerifyResult = { takenAt: string; recordings: number; files: number; bytes: number; problems: string[] }

/** Reads a finished backup, all of it, and compares it with its digests. @throws BackupError */
export async function verifyBackup(
  options: Pick<BackupOptions, 'folder' | 'signal' | 'onProgress'>,
): Promise<VerifyResult> {
  const folder = resolve(options.folder)
  try {
    const manifest = await readManifest(folder)
    const files = await readFileList(folder, manifest)
    const problems: string[] = []
    const total = manifest.files.bytes
    let done = 0
    const onBytes = (count: number): void => {
      done += count
      options.onProgress('files', done, total)
    }
    const check = async (path: string, size: number, sha256: string): Promise<void> => {
      const found = await digestOfFile(path, size, { signal: options.signal, onBytes })
      if (found !== sha256) problems.push(found === null ? `${path}: cut off or missing` : `${path}: altered`)
    }
    for (const { name, size, sha256 } of manifest.tables) {
      await check(join(snapshotFolder(folder, manifest.snapshot), 'tables', `${name}.copy`), size, sha256)
    }
    for (const { path, at, size, sha256 } of files.values()) {
      await check(join(recordingsFolder(folder), at ?? path), size, sha256)
    }
    const { takenAt, recordings, files: all } = manifest
    return { takenAt, recordings, files: all.count, bytes: all.bytes, problems }
  } catch (error) {
    throw backupError(error, folder)
  }
}
