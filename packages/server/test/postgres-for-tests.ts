import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Schema } from '../src/catalog/schema.ts'
import { type DataFolderLock, lockDataFolder } from '../src/store/data-folder-lock.ts'
import { openDatabase } from '../src/store/database.ts'
import { silentLog } from '../src/store/log.ts'
import { readMigrations } from '../src/store/migrations.ts'
import { findBinaries } from '../src/store/postgres/binaries.ts'
import { clusterDirOf } from '../src/store/postgres/cluster.ts'
import { clearLeftovers } from '../src/store/postgres/leftovers.ts'
import { StoreError } from '../src/store/store-error.ts'

export type TestDatabase = { kysely: Kysely<Schema>; url: string; dataDir: string; close(): Promise<void> }

/** A test's rows need not outlive its power: everything but the disk is as in production. */
const unsafeSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '16MB',
  min_wal_size: '2MB',
}

/**
 * A real Postgres with the current schema and no rows, for one test file: call it in `beforeAll`, `close` in
 * `afterAll`. The data directory is a copy of a template, which is made once for each set of migrations.
 */
export async function startTestDatabase(): Promise<TestDatabase> {
  const dataDir = await newTestDataFolder()
  const database = await openDatabase<Schema>({ dataDir, log: silentLog, settings: unsafeSettings })
  return {
    kysely: database.kysely,
    url: database.url,
    dataDir,
    async close() {
      await database.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** A data folder with a database that has the current schema; `startTestDatabase` opens one like it. */
export async function newTestDataFolder(dataDir: string = newTestFolder()): Promise<string> {
  cpSync(await templateFolder(), dataDir, { recursive: true })
  return dataDir
}

/** An empty folder (mode 0700) that is swept by a later run if this one is killed. */
export function newTestFolder(): string {
  return mkdtempSync(join(tmpdir(), `rushes-test-${process.pid}-`))
}

async function templateFolder(): Promise<string> {
  const key = createHash('sha256').update(findBinaries().root).update(process.version)
  for (const { checksum } of readMigrations()) key.update(checksum)
  const uid = process.getuid?.() ?? 0
  const template = join(tmpdir(), `rushes-test-template-${uid}-${key.digest('hex').slice(0, 16)}`)
  if (existsSync(template)) return template
  // Test files run in processes of their own; the first makes the template, the others wait for it.
  const lock = await waitForLock(join(tmpdir(), `rushes-test-template-${uid}.lock`))
  try {
    if (existsSync(template)) return template
    await sweep()
    const fresh = newTestFolder()
    const database = await openDatabase({
      dataDir: fresh,
      log: silentLog,
      settings: unsafeSettings,
      // Copied for each test file, so kept small: WAL segments of 1 MB instead of 16.
      initArguments: ['--wal-segsize=1', '--no-sync'],
    })
    await database.close()
    renameSync(fresh, template)
    return template
  } finally {
    lock.release()
  }
}

async function waitForLock(folder: string): Promise<DataFolderLock> {
  for (;;) {
    try {
      return lockDataFolder(folder)
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'data-folder-in-use') throw error
      await sleep(20)
    }
  }
}

/** Test processes that were killed leave their folder and a running Postgres. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(/^rushes-test-(\d+)-/.exec(name)?.[1])
    if (!pid || isAlive(pid)) continue
    const folder = join(tmpdir(), name)
    await clearLeftovers(clusterDirOf(folder), silentLog)
    rmSync(folder, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
