// A backup of a server that may be running:
//
//   snapshot of all rows ──> per recording: its loose files, its body, what came beside it meanwhile ──> file list
//                        ──> manifest (counts from here)
//
// Rows first: a row says what had been acknowledged or published by then, and bodies only grow, so bytes that are copied
// later hold all of it. A delivery's files go into its body and then away: loose files first, or one could slip through.
// Loose files once more after the body: one of them, the header's, says where in the body the others lie.
import { readdir, rm } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import type pg from 'pg'
import { storeErrorOf } from '../store/connection-pool.ts'
import { appliedMigrations, checkLineage } from '../store/migrations.ts'
import { BackupError, backupError } from './backup-error.ts'
import {
  claimBackupFolder,
  openProgressLog,
  type ProgressLog,
  readFileList,
  readManifest,
  readProgress,
  recordingsFolder,
  snapshotFolder,
  writeFileList,
  writeManifest,
} from './backup-folder.ts'
import type { BackupManifest, CopiedFile } from './backup-manifest.ts'
import { copyFile } from './file-copy.ts'
import { type DatabasePlace, openSourceDatabase } from './source-database.ts'
import { filesOf, sizeOf } from './stored-files.ts'
import { copyTablesOut, inSnapshot, readSequences } from './table-copies.ts'

export type BackupProgress = (step: 'rows' | 'files', doneBytes: number, totalBytes: number) => void

export type BackupOptions = DatabasePlace & {
  /** Folder of the bodies; undefined: below the data folder. */
  blobsDir: string | undefined
  /** Where the backup lies or will lie. */
  folder: string
  version: string
  signal: AbortSignal
  onProgress: BackupProgress
}

export type BackupResult = {
  takenAt: string
  recordings: number
  files: number
  bytes: number
  /** Written by this run. */
  copiedBytes: number
  /** What is not as the database says it is: copied as it was found. */
  problems: string[]
}

type RecordingRow = { id: string; state: string; size: string | null; sha256: string | null }

/** @throws BackupError, StoreError */
export async function takeBackup(options: BackupOptions): Promise<BackupResult> {
  const folder = resolve(options.folder)
  const blobs = join(resolve(options.blobsDir ?? join(options.dataDir, 'blobs')), 'recordings')
  refuseNested(folder, resolve(options.dataDir))
  refuseNested(folder, resolve(blobs, '..'))
  try {
    const database = await openSourceDatabase(options)
    try {
      const claim = await claimBackupFolder(folder)
      try {
        return await new BackupRun(options, folder, blobs, database.client, database.version).run()
      } finally {
        claim.release()
      }
    } finally {
      await database.close()
    }
  } catch (error) {
    throw backupError(storeErrorOf(error), folder)
  }
}

class BackupRun {
  readonly #options: BackupOptions
  readonly #folder: string
  readonly #blobs: string
  readonly #client: pg.Client
  readonly #postgres: string
  readonly #files = new Map<string, CopiedFile>()
  readonly #problems: string[] = []
  readonly #gone: string[] = []
  #known = new Map<string, CopiedFile>()
  #former: BackupManifest | null = null
  #copiedBytes = 0
  #doneBytes = 0
  #totalBytes = 0

  constructor(options: BackupOptions, folder: string, blobs: string, client: pg.Client, postgres: string) {
    this.#options = options
    this.#folder = folder
    this.#blobs = blobs
    this.#client = client
    this.#postgres = postgres
  }

  async run(): Promise<BackupResult> {
    const { signal, version } = this.#options
    await this.#takeUpFormer()
    const takenAt = new Date()
    const snapshot = takenAt.toISOString().replaceAll(/[-:.]/g, '')
    const { recordings, ...rows } = await this.#copyRows(snapshot, takenAt)
    const plan = await this.#plan(recordings)
    const log = await openProgressLog(this.#folder)
    try {
      for (const { recording, names } of plan) {
        signal.throwIfAborted()
        await this.#copyRecording(recording, names, log)
      }
    } finally {
      await log.close()
    }
    const files = await writeFileList(snapshotFolder(this.#folder, snapshot), this.#files.values())
    const kept = recordings.length - this.#gone.length
    const about = { version, postgres: this.#postgres, recordings: kept, gone: this.#gone }
    await writeManifest(this.#folder, { format: 1, ...rows, ...about, snapshot, files })
    await this.#prune(snapshot)
    const { count, bytes } = files
    const copied = { copiedBytes: this.#copiedBytes, problems: this.#problems }
    return { takenAt: rows.takenAt, recordings: kept, files: count, bytes, ...copied }
  }

  async #takeUpFormer(): Promise<void> {
    try {
      this.#former = await readManifest(this.#folder)
      this.#known = await readFileList(this.#folder, this.#former)
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'no-backup') throw error
    }
    for (const file of await readProgress(this.#folder)) this.#known.set(file.path, file)
  }

  async #copyRows(snapshot: string, takenAt: Date) {
    const client = this.#client
    const { signal, onProgress } = this.#options
    onProgress('rows', 0, 0)
    return await inSnapshot(client, async () => {
      const migrations = await appliedMigrations(client)
      if (migrations.length === 0)
        throw new BackupError('nothing-to-back-up', 'the database is empty; start the server once')
      checkLineage(migrations)
      const { rows: owners } = await client.query<{ id: string }>("select id from users where role = 'owner'")
      const owner = owners[0]?.id ?? null
      const before = this.#former?.owner ?? owner
      if (before !== owner)
        throw new BackupError('other-server', `${this.#folder} is another server's backup; name a folder of its own`)
      const { rows: recordings } = await client.query<RecordingRow>(
        `select id, state, size::text, encode(sha256, 'hex') as sha256 from recordings
          where deleted_at is null and state <> 'discarded' order by id`,
      )
      const tables = await copyTablesOut(client, join(snapshotFolder(this.#folder, snapshot), 'tables'), signal)
      const sequences = await readSequences(client)
      return { takenAt: takenAt.toISOString(), owner, migrations, recordings, tables, sequences }
    })
  }

  /** What there is to copy, the body of each recording last, and how much that is. */
  async #plan(recordings: readonly RecordingRow[]): Promise<{ recording: RecordingRow; names: string[] }[]> {
    const plan = []
    for (const recording of recordings) {
      const names = await filesOf(join(this.#blobs, recording.id))
      for (const name of names) this.#totalBytes += Math.max(await sizeOf(join(this.#blobs, recording.id, name)), 0)
      plan.push({ recording, names })
    }
    return plan
  }

  async #copyRecording(recording: RecordingRow, planned: readonly string[], log: ProgressLog): Promise<void> {
    const { id, state } = recording
    const loose = planned.filter((name) => name !== 'body')
    for (const name of loose) await this.#copy(`${id}/${name}`, null, null, log)
    const published = state === 'published'
    const size = published ? Number(recording.size) : null
    const body = await this.#copy(`${id}/body`, size, published ? recording.sha256 : null, log)
    const before = new Set([...planned, 'body'])
    const came = (await filesOf(join(this.#blobs, id))).filter((name) => !before.has(name))
    for (const name of came) await this.#copy(`${id}/${name}`, null, null, log)
    if (body === null) {
      // Nothing may have been sent yet; of one that is published it is a loss, unless it was deleted by now.
      if (!published) return
      if (await this.#isDeleted(id)) this.#gone.push(id)
      else this.#problems.push(`${id}: published, and its body is missing`)
    } else if (published && (body.size !== size || (recording.sha256 !== null && body.sha256 !== recording.sha256))) {
      this.#problems.push(`${id}: the stored body is not what was published`)
    }
  }

  /** Null: it is not there. `sha256`: what it must be, where that is known. */
  async #copy(path: string, size: number | null, sha256: string | null, log: ProgressLog): Promise<CopiedFile | null> {
    const { signal, onProgress } = this.#options
    const from = join(this.#blobs, path)
    const known = this.#known.get(path) ?? null
    const onBytes = (count: number): void => {
      this.#doneBytes += count
      onProgress('files', this.#doneBytes, Math.max(this.#totalBytes, this.#doneBytes))
    }
    if (known !== null && (await this.#isUnchanged(known, from, size, sha256))) {
      onBytes(known.size)
      this.#files.set(path, known)
      return known
    }
    const copyTo = (at: string, expected: CopiedFile | null) => {
      const to = join(recordingsFolder(this.#folder), at)
      return copyFile({ from, to, size, known: expected, signal, onBytes })
    }
    try {
      let at = known?.at ?? path
      let copied = await copyTo(at, known)
      for (let attempt = 1; copied === null; attempt++) {
        // Something else lies there, which the former backup may need.
        at = `${path}.${attempt}`
        copied = await copyTo(at, null)
      }
      const file: CopiedFile = { path, size: copied.size, sha256: copied.sha256, ...(at !== path && { at }) }
      this.#copiedBytes += copied.copiedBytes
      this.#files.set(path, file)
      await log.add(file)
      return file
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && (await sizeOf(from)) === -1) return null
      throw error
    }
  }

  /** Without reading it: a published body is what its digest says, and a proved file of a delivery never changes. */
  async #isUnchanged(known: CopiedFile, from: string, size: number | null, sha256: string | null): Promise<boolean> {
    const isProved = known.path.split('/')[1] === 'files' && (await sizeOf(from)) === known.size
    const isPublished = size === known.size && sha256 === known.sha256
    if (!isProved && !isPublished) return false
    return (await sizeOf(join(recordingsFolder(this.#folder), known.at ?? known.path))) >= known.size
  }

  async #isDeleted(id: string): Promise<boolean> {
    const { rows } = await this.#client.query('select from recordings where id = $1 and deleted_at is null', [id])
    return rows.length === 0
  }

  /** What only former backups needed. */
  async #prune(snapshot: string): Promise<void> {
    for (const name of await readdir(join(this.#folder, 'snapshots'))) {
      if (name !== snapshot) await rm(snapshotFolder(this.#folder, name), { recursive: true, force: true })
    }
    const kept = new Set([...this.#files.values()].map(({ path, at }) => at ?? path))
    const root = recordingsFolder(this.#folder)
    for (const id of await readdir(root).catch(() => [])) {
      const names = await filesOf(join(root, id))
      const unused = names.filter((name) => !kept.has(`${id}/${name}`))
      if (unused.length === names.length) await rm(join(root, id), { recursive: true, force: true })
      else for (const name of unused) await rm(join(root, id, name), { force: true })
    }
  }
}

function refuseNested(folder: string, source: string): void {
  const [inside, around] = [
    `${folder}${sep}`.startsWith(`${source}${sep}`),
    `${source}${sep}`.startsWith(`${folder}${sep}`),
  ]
  if (!inside && !around) return
  throw new BackupError(
    'wrong-folder',
    `${folder} lies in ${source} or around it; name a folder elsewhere, best on another disk`,
  )
}
