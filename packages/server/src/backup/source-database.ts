import { existsSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { storeErrorOf } from '../store/connection-pool.ts'
import { checkServer } from '../store/database.ts'
import { runningDatabase, startEmbeddedDatabase } from '../store/embedded-database.ts'
import { silentLog } from '../store/log.ts'
import { clusterDirOf } from '../store/postgres/cluster.ts'
import { StoreError } from '../store/store-error.ts'
import { BackupError } from './backup-error.ts'

export type DatabasePlace = {
  dataDir: string
  /** A Postgres of the operator's own; undefined: the embedded one of the data folder. */
  databaseUrl: string | undefined
}

export type SourceDatabase = {
  client: pg.Client
  /** Of Postgres. */
  version: string
  close(): Promise<void>
}

/**
 * The catalog's database, whether its server runs or not: that of a running one is asked beside it, over its own socket;
 * that of a stopped one is started, and a server that is started meanwhile says that its folder is taken.
 *
 * @throws BackupError `nothing-to-back-up`, `not-permitted`; StoreError
 */
export async function openSourceDatabase({ dataDir, databaseUrl }: DatabasePlace): Promise<SourceDatabase> {
  if (databaseUrl !== undefined) return connected(new pg.Client({ connectionString: databaseUrl }))
  if (!existsSync(join(clusterDirOf(dataDir), 'PG_VERSION'))) {
    throw new BackupError(
      'nothing-to-back-up',
      `${dataDir} has no database; name the data folder of the server with RUSHES_DATA`,
    )
  }
  try {
    const embedded = await startEmbeddedDatabase({ dataDir, log: silentLog })
    const stop = (): Promise<void> => embedded.stop()
    return await connected(new pg.Client(embedded.poolConfig), stop).catch(async (error: unknown) => {
      await stop()
      throw error
    })
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'data-folder-in-use') throw error
    return connected(new pg.Client(runningDatabase(dataDir)))
  }
}

/** @throws StoreError `database-unavailable` and its like */
export async function connected(client: pg.Client, stop?: () => Promise<void>): Promise<SourceDatabase> {
  // Said twice: by the query that fails, and as an event that without a listener would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    const version = await checkServer(client)
    return {
      client,
      version,
      async close() {
        await client.end().catch(() => {})
        await stop?.()
      },
    }
  } catch (error) {
    await client.end().catch(() => {})
    throw storeErrorOf(error)
  }
}
