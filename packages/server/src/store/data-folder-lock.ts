import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreError } from './store-error.ts'

export type DataFolderLock = { release(): void }

/**
 * Claims the data folder for this process. Node has no flock, but the SQLite inside it takes an fcntl lock,
 * which the kernel gives back however the process ends: no stale lock to guess about after a kill -9, and no
 * pid that another process has got since. The folder's holder is written beside it for the message only.
 * @throws StoreError `data-folder-in-use`, `data-folder-unusable`
 */
export function lockDataFolder(dataDir: string): DataFolderLock {
  return lockFolder(dataDir, 'server')
}

/** The same for a folder that something else than a server works in. */
export function lockFolder(dataDir: string, name: 'server' | 'backup'): DataFolderLock {
  const holder = join(dataDir, `${name}.pid`)
  let database: DatabaseSync
  try {
    // Recordings are nobody else's: a folder we make is ours alone.
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    database = new DatabaseSync(join(dataDir, `${name}.lock`), { timeout: 0 })
  } catch (error) {
    throw unusable(dataDir, error)
  }
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    // SQLITE_BUSY: https://sqlite.org/rescode.html#busy
    if ((error as { errcode?: unknown }).errcode !== 5) throw unusable(dataDir, error)
    throw new StoreError('data-folder-in-use', `another server (pid ${holderOf(holder)}) uses ${dataDir}`, {
      advice: 'Stop it first, or give this one a folder of its own with RUSHES_DATA.',
    })
  }
  try {
    writeFileSync(holder, `${process.pid}\n`)
  } catch {
    // The lock holds without it; only the other server's message is poorer.
  }
  return {
    release() {
      if (database.isOpen) database.close()
    },
  }
}

function holderOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim().slice(0, 20)
  } catch {
    return 'unknown'
  }
}

function unusable(dataDir: string, cause: unknown): StoreError {
  return new StoreError('data-folder-unusable', `the data folder ${dataDir} cannot be used: ${cause}`, {
    cause,
    advice: 'Give the server a folder it may write to with RUSHES_DATA.',
  })
}
