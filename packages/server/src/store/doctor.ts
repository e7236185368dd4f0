import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createPool, storeErrorOf } from './connection-pool.ts'
import { lockDataFolder } from './data-folder-lock.ts'
import { checkServer } from './database.ts'
import { startEmbeddedDatabase } from './embedded-database.ts'
import { silentLog } from './log.ts'
import { migrationState } from './migrations.ts'
import { findBinaries } from './postgres/binaries.ts'
import { cachePlaces, reachableBinaries } from './postgres/binary-cache.ts'
import { clusterDirOf } from './postgres/cluster.ts'
import { choosePostgresUser } from './postgres/postgres-user.ts'
import { StoreError } from './store-error.ts'

export type StoreCheck = { name: string; ok: boolean | 'warning'; detail: string; advice?: string }
export type StoreConfig = { dataDir: string; url?: string | undefined }

/**
 * What `rushes doctor` asks of the store, one answer at a time, each check after those it builds on: where one
 * fails that later ones need, they are left out. Works beside a running server, and changes no data.
 */
export async function* runStoreChecks(config: StoreConfig): AsyncIterable<StoreCheck> {
  const dataDir = resolve(config.dataDir)
  const writable = await check('data folder', () => checkFolder(dataDir))
  yield writable
  if (writable.ok === false) return
  yield await check('disk space', () => checkSpace(dataDir))
  yield await check('disk sync', () => checkSync(dataDir))
  if (config.url) {
    yield* checkDatabase({ connectionString: config.url })
    return
  }
  const binaries = await check('Postgres binaries', () => ({ detail: findBinaries().root }))
  yield binaries
  const user = await check('Postgres user', () => checkUser(dataDir))
  yield user
  if (binaries.ok === false || user.ok === false) return
  const runs = await check('Postgres runs', () => checkRuns(dataDir))
  yield runs
  if (runs.ok === false) return
  yield* checkEmbedded(dataDir)
}

type Finding = { ok?: 'warning'; detail: string; advice?: string }

/** A thrown error is the check's answer, so that one bad disk does not hide the other findings. */
async function check(name: string, run: () => Finding | Promise<Finding>): Promise<StoreCheck> {
  try {
    const { ok, ...found } = await run()
    return { name, ok: ok ?? true, ...found }
  } catch (error) {
    return failed(name, error)
  }
}

function failed(name: string, error: unknown): StoreCheck {
  const detail = error instanceof Error ? error.message : String(error)
  const advice = error instanceof StoreError ? error.advice : undefined
  return { name, ok: false, detail, ...(advice === undefined ? {} : { advice }) }
}

function checkFolder(dataDir: string): Finding {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    const probe = join(dataDir, `.doctor-${process.pid}`)
    rmSync(probe, { force: true })
    closeSync(openSync(probe, 'wx'))
    renameSync(probe, `${probe}.renamed`)
    rmSync(`${probe}.renamed`)
  } catch (error) {
    throw new StoreError('data-folder-unusable', String(error), {
      advice: 'Give the server a folder it may write to with RUSHES_DATA.',
    })
  }
  return { detail: dataDir }
}

const gibibyte = 2 ** 30

function checkSpace(dataDir: string): Finding {
  const disk = statfsSync(dataDir)
  const free = disk.bavail * disk.bsize
  const detail = `${(free / gibibyte).toFixed(1)} GiB free`
  if (disk.ffree === 0 && disk.files > 0) throw new Error('no inodes are left on the disk')
  // The database alone may use 0.5 GiB for its log (max_wal_size).
  if (free < gibibyte) throw new StoreError('database-full', detail, { advice: 'Free space, or move RUSHES_DATA.' })
  // An hour at 2.5 Mbit/s is about 1.1 GB.
  if (free < 10 * gibibyte) return { ok: 'warning', detail, advice: 'An hour of video takes about 1.1 GB.' }
  return { detail }
}

function checkSync(dataDir: string): Finding {
  const probe = join(dataDir, `.doctor-${process.pid}`)
  const times: number[] = []
  try {
    const file = openSync(probe, 'w')
    try {
      for (let n = 0; n < 20; n += 1) {
        writeSync(file, Buffer.alloc(8192, n))
        const start = performance.now()
        fsyncSync(file)
        times.push(performance.now() - start)
      }
    } finally {
      closeSync(file)
    }
  } finally {
    rmSync(probe, { force: true })
  }
  const median = times.sort((a, b) => a - b)[10]!
  const detail = `fsync takes ${median.toFixed(2)} ms`
  if (median > 100) return { ok: 'warning', detail, advice: 'Every acknowledgement waits for it: use a faster disk.' }
  return { detail }
}

function checkUser(dataDir: string): Finding {
  const { name, uid, spawn } = choosePostgresUser(clusterDirOf(dataDir))
  return { detail: spawn.uid === undefined ? `this one (uid ${uid})` : `${name} (uid ${uid})` }
}

function checkRuns(dataDir: string): Finding {
  const { binaries, version } = reachableBinaries(
    findBinaries(),
    cachePlaces(dataDir),
    choosePostgresUser(clusterDirOf(dataDir)),
  )
  return { detail: `${version.text} in ${binaries.root}` }
}

/** Starts the database of the data folder and stops it again, unless a server is using it. */
async function* checkEmbedded(dataDir: string): AsyncIterable<StoreCheck> {
  try {
    lockDataFolder(dataDir).release()
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'data-folder-in-use') throw error
    yield { name: 'database', ok: true, detail: `in use: ${error.message}` }
    return
  }
  let database: Awaited<ReturnType<typeof startEmbeddedDatabase>>
  const start = performance.now()
  try {
    database = await startEmbeddedDatabase({ dataDir, log: silentLog })
  } catch (error) {
    yield failed('database', error)
    return
  }
  try {
    yield { name: 'database', ok: true, detail: `started in ${(performance.now() - start).toFixed(0)} ms` }
    yield* checkDatabase(database.poolConfig)
  } finally {
    await database.stop()
  }
}

async function* checkDatabase(config: Parameters<typeof createPool>[0]): AsyncIterable<StoreCheck> {
  const pool = createPool({ ...config, max: 1, min: 0 })
  try {
    const client = await pool.connect()
    try {
      yield await check('database version', async () => ({ detail: `Postgres ${await checkServer(client)}` }))
      yield await check('migrations', async () => {
        const { applied, pending } = await migrationState(client)
        return { detail: `${applied} applied, ${pending.length} to apply at the next start` }
      })
    } finally {
      client.release()
    }
  } catch (error) {
    yield failed('database connection', storeErrorOf(error))
  } finally {
    await pool.end()
  }
}
