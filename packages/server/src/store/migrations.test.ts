import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../test/postgres-for-tests.ts'
import { applyMigrations, migrationState, readMigrations } from './migrations.ts'

let database: TestDatabase
let clients: pg.Client[]
let folder: string
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'migrations-'))
  clients = [new pg.Client(database.url), new pg.Client(database.url)]
  await Promise.all(clients.map((client) => client.connect()))
  await client().query('drop schema public cascade')
  await client().query('create schema public')
})
afterEach(async () => {
  await Promise.all(clients.map((each) => each.end()))
  rmSync(folder, { recursive: true })
})

function client(): pg.Client {
  return clients[0]!
}

function migrations(...texts: string[]) {
  texts.forEach((sql, index) => {
    writeFileSync(join(folder, `000${index + 1}-step.sql`), sql)
  })
  return readMigrations(folder)
}

const first = 'create table one (a int); insert into one values (1);'
const second = 'alter table one add column b int default 2'

it('are applied in order, once, and the state says so', async () => {
  expect(await migrationState(client(), migrations(first))).toMatchObject({ applied: 0, pending: [{ number: 1 }] })
  expect(await applyMigrations(client(), migrations(first))).toBe(1)
  expect(await applyMigrations(client(), migrations(first, second))).toBe(1)
  expect(await applyMigrations(client(), migrations(first, second))).toBe(0)
  expect((await client().query('select * from one')).rows).toEqual([{ a: 1, b: 2 }])
})

it('started by two servers at once are applied by one', async () => {
  const both = migrations(`select pg_sleep(0.1); ${first}`, second)
  const applied = await Promise.all(clients.map((each) => applyMigrations(each, both)))
  expect(applied.sort()).toEqual([0, 2])
})

it('that fail leave nothing of themselves; the ones before stay', async () => {
  const failing = migrations(first, 'update one set a = 7; select 1/0')
  await expect(applyMigrations(client(), failing)).rejects.toMatchObject({
    code: 'migration-failed',
    message: expect.stringContaining('division by zero'),
  })
  expect((await client().query('select * from one')).rows).toEqual([{ a: 1 }])
  expect(await migrationState(clients[1]!, failing)).toMatchObject({ applied: 1, pending: [{ number: 2 }] })
})

it('that were changed after they were applied are refused; other line ends are no change', async () => {
  await applyMigrations(client(), migrations(`${first}\n`))
  expect(await applyMigrations(client(), migrations(`${first}\r\n`))).toBe(0)
  await expect(applyMigrations(client(), migrations(`${first} --`))).rejects.toMatchObject({
    code: 'migration-changed',
  })
})

it('of a newer release are refused', async () => {
  await applyMigrations(client(), migrations(first, second))
  const older = migrations(first, second).slice(0, 1)
  await expect(applyMigrations(client(), older)).rejects.toMatchObject({ code: 'migration-unknown' })
})

it('of this release have numbers without a gap and apply to an empty database', async () => {
  const ours = readMigrations()
  expect(await applyMigrations(client(), ours)).toBe(ours.length)
  expect((await client().query('select count(*)::int as n from recordings')).rows).toEqual([{ n: 0 }])
  writeFileSync(join(folder, '0007-gap.sql'), '')
  expect(() => readMigrations(folder)).toThrow('out of order')
})
