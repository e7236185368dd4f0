import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { StoreError } from './store-error.ts'

/** int8: sizes and epochs, all far below 2^53; a value above is an error rather than a wrong number. */
const int8 = 20

export function createPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({
    max: 10,
    // Kept open, so that publishing after a quiet hour does not wait for a new backend.
    min: 2,
    idleTimeoutMillis: 60_000,
    connectionTimeoutMillis: 5000,
    application_name: 'rushes',
    ...config,
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        oid === int8 ? exactNumber : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
    },
  })
  // An idle connection that broke is out of the pool by now; whoever asks next gets a new one or an error.
  pool.on('error', () => {})
  // A connection that breaks while it is lent out says so twice: by rejecting the query, and as an event that
  // without a listener would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

function exactNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new StoreError('database-number-too-large', `${text} is above 2^53`)
  return value
}

/** The pool as Kysely takes it, with the database's absence as a StoreError. */
export function kyselyPool(pool: pg.Pool): PostgresPool {
  const wrapped = new WeakMap<pg.PoolClient, PostgresPoolClient>()
  const wrap = (client: pg.PoolClient): PostgresPoolClient => {
    // The pool would lend it out again until its socket, too, has noticed.
    let broken = false
    const query = async (sql: string, parameters: ReadonlyArray<unknown>): Promise<unknown> => {
      try {
        return await client.query(sql, [...parameters])
      } catch (error) {
        const known = storeErrorOf(error)
        if (known instanceof StoreError && known.code === 'database-unavailable') broken = true
        throw known
      }
    }
    return {
      // Kysely's other overload takes cursors, which we give it none of.
      query: query as unknown as PostgresPoolClient['query'],
      release: (destroy) => client.release(destroy === true || broken),
    }
  }
  return {
    options: pool.options,
    async connect() {
      let client: pg.PoolClient
      try {
        client = await pool.connect()
      } catch (error) {
        throw storeErrorOf(error)
      }
      let connection = wrapped.get(client)
      if (!connection) {
        connection = wrap(client)
        wrapped.set(client, connection)
      }
      return connection
    },
    end: () => pool.end(),
  }
}

/** Postgres errors, appendix A: class 08 is connections, 57P01–57P05 shutdown, crash and start. */
const unavailableStates = /^(08...|57P0[1-5]|53300)$/
const systemErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
])
/** What pg says without a code when the connection goes while it is used, or none can be had in time. */
const connectionMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/

/** The error itself, or a StoreError when it says that the database is away or its disk full. */
export function storeErrorOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const code = String((error as { code?: unknown }).code ?? '')
  if (code === '53100')
    return new StoreError('database-full', `the database's disk is full: ${error.message}`, { cause: error })
  if (unavailableStates.test(code) || systemErrors.has(code) || connectionMessages.test(error.message)) {
    return new StoreError('database-unavailable', `the database cannot be reached: ${error.message}`, { cause: error })
  }
  return error
}
