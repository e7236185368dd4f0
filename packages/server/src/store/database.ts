import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'
import { createPool, kyselyPool, storeErrorOf } from './connection-pool.ts'
import { type EmbeddedDatabase, startEmbeddedDatabase } from './embedded-database.ts'
import type { Log } from './log.ts'
import { applyMigrations } from './migrations.ts'
import type { PostgresState } from './postgres/supervisor.ts'
import { StoreError } from './store-error.ts'

export type DatabaseOptions = {
  /** A Postgres of the user's own (14 or newer); without it the embedded one is started. */
  url?: string | undefined
  dataDir: string
  log: Log
  /** Postgres settings over the embedded one's usual ones; for tests. */
  settings?: Readonly<Record<string, string>>
  /** Further arguments of initdb; for tests. */
  initArguments?: readonly string[]
}

export type Database<Schema> = {
  kysely: Kysely<Schema>
  /** For other processes; that of an embedded Postgres names its socket's folder. */
  url: string
  readonly state: PostgresState | { state: 'external' }
  close(): Promise<void>
}

const closePatienceMs = 2000

/** Features we use: `gen_random_uuid`, multiranges; 14 is also the oldest that is maintained in Debian stable's time. */
const oldestVersion = 140_000

/**
 * The catalog's database, with its schema brought up to date. Queries throw StoreError `database-unavailable`
 * while it is away; whether a statement under way was done is then unknown.
 * @throws StoreError
 */
export async function openDatabase<Schema>(options: DatabaseOptions): Promise<Database<Schema>> {
  if (options.url) {
    const pool = createPool({ connectionString: options.url })
    try {
      await prepare(pool)
    } catch (error) {
      await pool.end()
      throw error
    }
    return opened(pool, options.url, undefined)
  }
  const embedded = await startEmbeddedDatabase(options)
  const pool = createPool(embedded.poolConfig)
  try {
    await prepare(pool)
  } catch (error) {
    await pool.end()
    await embedded.stop()
    throw error
  }
  return opened(pool, socketUrl(embedded.poolConfig), embedded)
}

function opened<Schema>(pool: pg.Pool, url: string, embedded: EmbeddedDatabase | undefined): Database<Schema> {
  const kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: kyselyPool(pool) }) })
  let closing: Promise<void> | undefined
  return {
    kysely,
    url,
    get state() {
      return embedded?.state ?? { state: 'external' as const }
    },
    close() {
      closing ??= (async () => {
        // Kysely ends only a pool it has used. A query under way is waited for, but not for ever.
        const ended = kysely.destroy().then(() => (pool.ending || pool.ended ? undefined : pool.end()))
        await Promise.race([ended, sleep(closePatienceMs, undefined, { ref: false })])
        await embedded?.stop()
      })()
      return closing
    },
  }
}

async function prepare(pool: pg.Pool): Promise<void> {
  let client: pg.PoolClient
  try {
    client = await pool.connect()
  } catch (error) {
    throw storeErrorOf(error)
  }
  try {
    await checkServer(client)
    await applyMigrations(client)
  } catch (error) {
    throw storeErrorOf(error)
  } finally {
    client.release()
  }
}

/** @throws StoreError `database-version` */
export async function checkServer(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ number: string; encoding: string; version: string }>(
    `select current_setting('server_version_num') as number, current_setting('server_version') as version,
            current_setting('server_encoding') as encoding`,
  )
  const { number, encoding, version } = rows[0]!
  if (Number(number) < oldestVersion) {
    throw new StoreError('database-version', `Postgres ${version} is too old`, {
      advice: 'Rushes needs Postgres 14 or newer.',
    })
  }
  if (encoding !== 'UTF8') {
    throw new StoreError('database-version', `the database's encoding is ${encoding}`, {
      advice: "Make the database with: create database rushes encoding 'UTF8' template template0",
    })
  }
  return version
}

/** The host parameter wins over the one in front, which is there because a URL has to have one. */
function socketUrl({ host, user, database }: { host: string; user: string; database: string }): string {
  return `postgresql://${user}@localhost:5432/${database}?host=${encodeURIComponent(host)}&sslmode=disable&options=-c%20timezone%3DUTC`
}
