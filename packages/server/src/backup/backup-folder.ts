// A backup as a folder:
//
//   backup.json               what the newest finished backup consists of; replaced as its last step
//   snapshots/TIME/NAME.copy  the rows of each table, all of one instant
//   snapshots/TIME/files.jsonl  every file: its size, its digest, and where it lies
//   recordings/ID/…           the files, the way they lie at the server
//   progress.jsonl            files copied since, while a backup is under way or was cut off
//
// Files only grow, as bodies do, and are never cut below what backup.json names: a backup that is cut off at any instant
// leaves the one before as it was.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { syncFolder } from '../body/append-file.ts'
import { lockFolder } from '../store/data-folder-lock.ts'
import { StoreError } from '../store/store-error.ts'
import { BackupError, backupError } from './backup-error.ts'
import { type BackupManifest, backupManifest, type CopiedFile, copiedFile, formatOf } from './backup-manifest.ts'

const manifestName = 'backup.json'
const progressName = 'progress.jsonl'
const longestLine = 4096

export function snapshotFolder(folder: string, snapshot: string): string {
  return join(folder, 'snapshots', snapshot)
}

export function recordingsFolder(folder: string): string {
  return join(folder, 'recordings')
}

/** Takes the folder for one backup at a time. @throws BackupError `wrong-folder`, `backup-running` */
export async function claimBackupFolder(folder: string): Promise<{ release(): void }> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const ours = names.includes(manifestName) || names.includes('backup.lock')
  // What mkfs leaves on a disk of its own.
  if (names.some((name) => name !== 'lost+found') && !ours) {
    throw new BackupError(
      'wrong-folder',
      `${folder} holds something else than a backup; name an empty folder, or a new one`,
    )
  }
  try {
    return lockFolder(folder, 'backup')
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    if (error.code !== 'data-folder-in-use') throw backupError(error.cause, folder)
    throw new BackupError('backup-running', `another backup into ${folder} is under way; wait for its end`, {
      cause: error,
    })
  }
}

/** @throws BackupError `no-backup`, `backup-newer`, `backup-damaged` */
export async function readManifest(folder: string): Promise<BackupManifest> {
  let text: string
  try {
    text = await readFile(join(folder, manifestName), 'utf8')
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    throw new BackupError('no-backup', `${folder} holds no finished backup; name the folder of one`, { cause: error })
  }
  const value = parseJson(text)
  const format = formatOf(value)
  if (format > 1) {
    throw new BackupError(
      'backup-newer',
      `${folder} was written by a newer release (format ${format}); restore it with that one`,
    )
  }
  const parsed = backupManifest.safeParse(value)
  if (!parsed.success) throw damaged(join(folder, manifestName))
  return parsed.data
}

/** The last step of a backup: from here on it counts, and what only the former one needed may go. */
export async function writeManifest(folder: string, manifest: BackupManifest): Promise<void> {
  const path = join(folder, manifestName)
  await writeDurably(`${path}.new`, [`${JSON.stringify(manifest, null, 1)}\n`])
  await rename(`${path}.new`, path)
  await syncFolder(folder)
  await rm(join(folder, progressName), { force: true })
}

/** All that a finished backup says of its files. @throws BackupError `backup-damaged` */
export async function readFileList(folder: string, manifest: BackupManifest): Promise<Map<string, CopiedFile>> {
  const path = join(snapshotFolder(folder, manifest.snapshot), 'files.jsonl')
  const files = new Map<string, CopiedFile>()
  const hash = createHash('sha256')
  for await (const line of linesOf(path)) {
    hash.update(`${line}\n`)
    const parsed = copiedFile.safeParse(parseJson(line))
    if (!parsed.success) throw damaged(path)
    files.set(parsed.data.path, parsed.data)
  }
  if (hash.digest('hex') !== manifest.files.sha256) throw damaged(path)
  return files
}

export async function writeFileList(snapshot: string, files: Iterable<CopiedFile>): Promise<BackupManifest['files']> {
  const hash = createHash('sha256')
  let count = 0
  let bytes = 0
  await writeDurably(
    join(snapshot, 'files.jsonl'),
    (function* () {
      for (const file of files) {
        const line = `${JSON.stringify(file)}\n`
        hash.update(line)
        count++
        bytes += file.size
        yield line
      }
    })(),
  )
  return { count, bytes, sha256: hash.digest('hex') }
}

/** Files that a backup which was cut off had copied; a torn last line is none. */
export async function readProgress(folder: string): Promise<CopiedFile[]> {
  const found: CopiedFile[] = []
  try {
    for await (const line of linesOf(join(folder, progressName))) {
      const parsed = copiedFile.safeParse(parseJson(line))
      if (parsed.success) found.push(parsed.data)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return found
}

export type ProgressLog = { add(file: CopiedFile): Promise<void>; close(): Promise<void> }

/** Written after a file is on disk; that a line itself may be lost costs reading its file again. */
export async function openProgressLog(folder: string): Promise<ProgressLog> {
  const log = await open(join(folder, progressName), 'a', 0o600)
  return {
    async add(file) {
      await log.write(`${JSON.stringify(file)}\n`)
    },
    close: () => log.close(),
  }
}

export async function writeDurably(path: string, parts: Iterable<string>): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  const file = await open(path, 'w', 0o600)
  try {
    for (const part of parts) await file.write(part)
    await file.datasync()
  } finally {
    await file.close()
  }
}

export function damaged(path: string): BackupError {
  return new BackupError(
    'backup-damaged',
    `${path} is not what the backup put there; take a new backup into another folder while the server is there`,
  )
}

async function* linesOf(path: string): AsyncGenerator<string> {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.length > longestLine) throw damaged(path)
    yield line
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
