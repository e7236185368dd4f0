// A backup into an empty data folder:
//
//   empty ── marked ──> files ──> rows, in one transaction ──> newer migrations ── unmarked ──> a server may start
//               └── cut off ──> the same command goes on; a server refuses to start
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { syncFolder } from '../body/append-file.ts'
import { storeErrorOf } from '../store/connection-pool.ts'
import { lockDataFolder } from '../store/data-folder-lock.ts'
import { startEmbeddedDatabase } from '../store/embedded-database.ts'
import { silentLog } from '../store/log.ts'
import { applyMigrations, checkLineage, readMigrations } from '../store/migrations.ts'
import { BackupError, backupError } from './backup-error.ts'
import { damaged, readFileList, readManifest, recordingsFolder, snapshotFolder, writeDurably } from './backup-folder.ts'
import type { BackupManifest, CopiedFile } from './backup-manifest.ts'
import { copyFile } from './file-copy.ts'
import { connected, type SourceDatabase } from './source-database.ts'
import { copyTablesIn, hasTables } from './table-copies.ts'
import type { BackupOptions } from './take-backup.ts'
import { restoringName } from './unfinished-restore.ts'

export type RestoreOptions = Omit<BackupOptions, 'version'>
export type RestoreResult = { takenAt: string; recordings: number; files: number; bytes: number }

/** What may lie in a folder that counts as empty: what a lock leaves, and what mkfs does. */
const nothing = new Set(['server.lock', 'server.pid', 'lost+found'])

/** @throws BackupError, StoreError */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreResult> {
  const folder = resolve(options.folder)
  const dataDir = resolve(options.dataDir)
  const blobs = resolve(options.blobsDir ?? join(dataDir, 'blobs'))
  try {
    const manifest = await readManifest(folder)
    checkLineage(manifest.migrations)
    const files = await readFileList(folder, manifest)
    await mark(dataDir, blobs, folder)
    const lock = lockDataFolder(dataDir)
    try {
      await copyFiles(options, files, join(blobs, 'recordings'), folder, manifest.files.bytes)
    } finally {
      lock.release()
    }
    await restoreRows(options, manifest, dataDir, folder)
    await rm(join(dataDir, restoringName))
    await syncFolder(dataDir)
    const { takenAt, recordings, files: all } = manifest
    return { takenAt, recordings, files: all.count, bytes: all.bytes }
  } catch (error) {
    throw backupError(storeErrorOf(error), dataDir)
  }
}

/** Takes an empty folder, or one that an earlier restore of this very backup began with. */
async function mark(dataDir: string, blobs: string, folder: string): Promise<void> {
  const path = join(dataDir, restoringName)
  const begun = await readFile(path, 'utf8').catch(() => null)
  if (begun?.trim() === folder) return
  const filled = await Promise.all([namesIn(dataDir), namesIn(join(blobs, 'recordings'))])
  if (begun !== null || filled.some((names) => names.length > 0)) {
    const place = begun === null && filled[0].length === 0 ? blobs : dataDir
    throw new BackupError(
      'target-not-empty',
      `${place} is not empty; restore into an empty folder, named with RUSHES_DATA, and nothing will be overwritten`,
    )
  }
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await writeDurably(path, [`${folder}\n`])
  await syncFolder(dataDir)
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names.filter((name) => !nothing.has(name))
}

async function copyFiles(
  { signal, onProgress }: RestoreOptions,
  files: ReadonlyMap<string, CopiedFile>,
  target: string,
  folder: string,
  totalBytes: number,
): Promise<void> {
  let done = 0
  const onBytes = (count: number): void => {
    done += count
    onProgress('files', done, totalBytes)
  }
  await mkdir(target, { recursive: true, mode: 0o750 })
  for (const { path, at, size, sha256 } of files.values()) {
    const from = join(recordingsFolder(folder), at ?? path)
    const to = join(target, path)
    const copying = { from, to, size, known: null, signal, onBytes }
    let copied = await copyFile(copying).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw damaged(from)
      throw error
    })
    if (copied === null) {
      // Of a restore that was cut off, and not what was meant: it is ours to write again.
      await rm(to)
      copied = await copyFile(copying)
    }
    if (copied?.size !== size || copied.sha256 !== sha256) throw damaged(from)
    for (const each of [join(target, path, '..'), target]) await syncFolder(each)
  }
}

async function restoreRows(
  { databaseUrl, signal, onProgress }: RestoreOptions,
  manifest: BackupManifest,
  dataDir: string,
  folder: string,
): Promise<void> {
  onProgress('rows', 0, 0)
  const { client, close } = await openTarget(dataDir, databaseUrl)
  try {
    if (await hasTables(client)) {
      if (databaseUrl !== undefined) {
        throw new BackupError(
          'target-not-empty',
          'the database of RUSHES_DATABASE_URL has tables already; make an empty one and name it there',
        )
      }
      // Of a restore that was cut off: nobody else was here, for the folder was empty.
      await client.query('drop schema public cascade; create schema public')
    }
    await applyMigrations(client, readMigrations().slice(0, manifest.migrations.length))
    const tables = join(snapshotFolder(folder, manifest.snapshot), 'tables')
    await copyTablesIn(client, tables, manifest, signal, async () => {
      await client.query('delete from recordings where id = any($1::uuid[])', [manifest.gone])
    })
    await applyMigrations(client)
  } finally {
    await close()
  }
}

async function openTarget(dataDir: string, databaseUrl: string | undefined): Promise<SourceDatabase> {
  if (databaseUrl !== undefined) return connected(new pg.Client({ connectionString: databaseUrl }))
  const embedded = await startEmbeddedDatabase({ dataDir, log: silentLog })
  try {
    return await connected(new pg.Client(embedded.poolConfig), () => embedded.stop())
  } catch (error) {
    await embedded.stop()
    throw error
  }
}
