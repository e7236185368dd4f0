import { sql } from 'kysely'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../test/postgres-for-tests.ts'
import { storeErrorOf } from './connection-pool.ts'
import { checkServer, openDatabase } from './database.ts'
import { runStoreChecks, type StoreCheck, type StoreConfig } from './doctor.ts'
import { silentLog } from './log.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.close())

describe('a database by URL', () => {
  it('is used and left running', async () => {
    const other = await openDatabase({ url: database.url, dataDir: '/nonexistent', log: silentLog })
    expect(other.state).toEqual({ state: 'external' })
    expect((await sql`select count(*) from recordings`.execute(other.kysely)).rows).toEqual([{ count: 0 }])
    await other.close()
    await other.close()
    expect((await sql`select 1 as one`.execute(database.kysely)).rows).toEqual([{ one: 1 }])
  })

  it.each(['postgresql://u@127.0.0.1:1/x', 'postgresql://u@localhost/x?host=/nonexistent'])(
    'that answers nobody (%s) is unavailable, at once',
    async (url) => {
      const before = performance.now()
      const opening = openDatabase({ url, dataDir: '/nonexistent', log: silentLog })
      await expect(opening).rejects.toMatchObject({ code: 'database-unavailable' })
      expect(performance.now() - before).toBeLessThan(2000)
    },
  )

  it.each([
    [{ number: '130014', version: '13.14', encoding: 'UTF8' }, 'is too old'],
    [{ number: '160002', version: '16.2', encoding: 'SQL_ASCII' }, 'encoding is SQL_ASCII'],
  ])('%o is refused', async (row, message) => {
    // No such server is at hand: its answer to the one query is.
    const answering = { query: async () => ({ rows: [row] }) } as unknown as pg.ClientBase
    await expect(checkServer(answering)).rejects.toMatchObject({
      code: 'database-version',
      message: expect.stringContaining(message),
    })
  })
})

describe('values', () => {
  it('of bigint are numbers, or an error above 2^53', async () => {
    const exact = sql`select ${2 ** 53 - 1}::bigint as n`.execute(database.kysely)
    expect((await exact).rows).toEqual([{ n: 2 ** 53 - 1 }])
    const above = sql`select 9007199254740993::bigint as n`.execute(database.kysely)
    await expect(above).rejects.toMatchObject({ code: 'database-number-too-large' })
    expect((await sql`select 1::bigint as n`.execute(database.kysely)).rows).toEqual([{ n: 1 }])
  })

  it.each(["'; drop table recordings; --", '\\', '%_', '日本\u{1f600}', '$1', '\ud800'])(
    'of text come back as they went in: %o',
    async (text) => {
      const { rows } = await sql<{ back: string }>`select ${text}::text as back`.execute(database.kysely)
      expect(rows[0]?.back).toBe(text.toWellFormed())
    },
  )
})

describe('errors', () => {
  it('of statements are Postgres’s own, with their SQLSTATE', async () => {
    await expect(sql`select 1/0`.execute(database.kysely)).rejects.toMatchObject({ code: '22012' })
  })

  it('of a terminated connection are database-unavailable, and the next query has a new one', async () => {
    const { kysely } = database
    const terminated = kysely.connection().execute(async (connection) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(connection)
      await sql`select pg_terminate_backend(${rows[0]!.pid})`.execute(kysely)
      await sql`select 1`.execute(connection)
    })
    await expect(terminated).rejects.toMatchObject({ code: 'database-unavailable' })
    expect((await sql`select 1 as one`.execute(kysely)).rows).toEqual([{ one: 1 }])
  })

  it('of a full disk are told apart', () => {
    expect(storeErrorOf(Object.assign(new Error('no space'), { code: '53100' }))).toMatchObject({
      code: 'database-full',
    })
  })
})

describe('the checks', () => {
  async function all(config: StoreConfig): Promise<StoreCheck[]> {
    const found: StoreCheck[] = []
    for await (const check of runStoreChecks(config)) found.push(check)
    return found
  }

  it('of a data folder in use say so and do not disturb it', async () => {
    const found = await all({ dataDir: database.dataDir })
    expect(found.map(({ name, ok }) => [name, ok === false])).toEqual([
      ['data folder', false],
      ['disk space', false],
      ['disk sync', false],
      ['Postgres binaries', false],
      ['Postgres user', false],
      ['Postgres runs', false],
      ['database', false],
    ])
    expect(found.at(-1)?.detail).toContain(`pid ${process.pid}`)
    expect((await sql`select 1 as one`.execute(database.kysely)).rows).toEqual([{ one: 1 }])
  })

  it('of a database by URL look at its version and migrations', async () => {
    const found = await all({ dataDir: database.dataDir, url: database.url })
    expect(found.slice(-2)).toMatchObject([
      { name: 'database version', ok: true, detail: expect.stringMatching(/^Postgres 18/) },
      { name: 'migrations', ok: true, detail: expect.stringContaining(' 0 to apply') },
    ])
    const away = await all({ dataDir: database.dataDir, url: 'postgresql://u@127.0.0.1:1/x' })
    expect(away.at(-1)).toMatchObject({ name: 'database connection', ok: false })
  })

  it('of a folder that is a file end with the first', async () => {
    const found = await all({ dataDir: import.meta.filename })
    expect(found).toMatchObject([{ name: 'data folder', ok: false, advice: expect.stringContaining('RUSHES_DATA') }])
  })
})
