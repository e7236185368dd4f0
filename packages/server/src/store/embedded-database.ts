import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import pg from 'pg'
import { lockDataFolder } from './data-folder-lock.ts'
import type { Log } from './log.ts'
import { findBinaries } from './postgres/binaries.ts'
import { cachePlaces, reachableBinaries } from './postgres/binary-cache.ts'
import { checkClusterVersion, clusterDirOf, ensureCluster } from './postgres/cluster.ts'
import { choosePostgresUser } from './postgres/postgres-user.ts'
import { postgresSettings } from './postgres/settings.ts'
import { socketFolder } from './postgres/socket-folder.ts'
import { type PostgresState, PostgresSupervisor } from './postgres/supervisor.ts'

/** The role and the database of the application: no superuser, so that a hole in a query reads no files. */
const application = 'rushes'

export type EmbeddedOptions = {
  dataDir: string
  log: Log
  /** Over the usual ones; for tests. */
  settings?: Readonly<Record<string, string>>
  /** Further arguments of initdb; for tests. */
  initArguments?: readonly string[]
}

export type EmbeddedDatabase = {
  poolConfig: EmbeddedConnection
  readonly state: PostgresState
  stop(): Promise<void>
}

/** Complete, because pg fills in what is missing from PGPORT, PGSSLMODE and their like, meant for other servers. */
export type EmbeddedConnection = {
  host: string
  port: number
  user: string
  database: string
  ssl: false
  options: string
}

function connectionTo(host: string, user: string, database: string): EmbeddedConnection {
  return { host, port: 5432, user, database, ssl: false, options: '-c timezone=UTC' }
}

/**
 * The embedded Postgres of a data folder, started and supervised.
 * @throws StoreError `data-folder-in-use`, `data-folder-unusable`, `binaries-missing`, `binaries-unreachable`,
 *   `no-database-user`, `database-version`, `database-start-failed`
 */
export async function startEmbeddedDatabase(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { log } = options
  const lock = lockDataFolder(resolve(options.dataDir))
  const dataDir = realpathSync(options.dataDir)
  try {
    const clusterDir = clusterDirOf(dataDir)
    const user = choosePostgresUser(clusterDir)
    const { binaries, version } = reachableBinaries(findBinaries(), cachePlaces(dataDir), user)
    const made = await ensureCluster(clusterDir, binaries, user, options.initArguments)
    checkClusterVersion(clusterDir, version.major)
    const settings = { ...postgresSettings, ...options.settings }
    const supervisor = new PostgresSupervisor({ clusterDir, binaries, user, settings, log })
    await supervisor.start()
    const sockets = socketFolder(clusterDir)
    try {
      await ensureApplicationDatabase(sockets.path)
    } catch (error) {
      await supervisor.stop()
      throw error
    }
    log.info({ version: version.text, clusterDir, user: user.name || undefined, made }, 'embedded Postgres is ready')
    return {
      poolConfig: connectionTo(sockets.path, application, application),
      get state() {
        return supervisor.state
      },
      async stop() {
        await supervisor.stop()
        sockets.release()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** The way to the embedded database of a server that is running; what it needs of the file system stays for the server. */
export function runningDatabase(dataDir: string): EmbeddedConnection {
  return connectionTo(socketFolder(clusterDirOf(realpathSync(dataDir))).path, application, application)
}

/** Makes the role and its database where they are missing, also after an interrupted first start. */
async function ensureApplicationDatabase(host: string): Promise<void> {
  const client = new pg.Client(connectionTo(host, 'postgres', 'postgres'))
  await client.connect()
  try {
    const { rows } = await client.query<{ role: boolean; database: boolean }>(
      `select exists(select from pg_roles where rolname = $1) as role,
              exists(select from pg_database where datname = $1) as database`,
      [application],
    )
    if (!rows[0]!.role) await client.query(`create role ${application} login`)
    if (!rows[0]!.database) await client.query(`create database ${application} owner ${application}`)
  } finally {
    await client.end()
  }
}
