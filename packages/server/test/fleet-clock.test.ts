// What the fleet does as time goes by, on a clock of the test's own.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EncoderReport } from '@rushes/protocol'
import type { Kysely } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { prepareOwner } from '../src/access/owner.ts'
import { type EncoderId, type UserId, uuidV7 } from '../src/catalog/identifiers.ts'
import type { Schema } from '../src/catalog/schema.ts'
import { findOwner } from '../src/catalog/users.ts'
import type { Encoder } from '../src/fleet/encoder.ts'
import { type Fleet, openFleet } from '../src/fleet/fleet.ts'
import { type Database, openDatabase } from '../src/store/database.ts'
import { startTestDatabase, type TestDatabase } from './postgres-for-tests.ts'
import { testOwnerKey } from './server-for-tests.ts'

const log = pino({ level: 'silent' })
let postgres: TestDatabase
let database: Database<Schema>
let db: Kysely<Schema>
let dataDir: string
let ownerId: UserId
let clock = 0

beforeAll(async () => {
  postgres = await startTestDatabase()
  dataDir = mkdtempSync(join(tmpdir(), 'rushes-fleet-clock-'))
  database = await openDatabase<Schema>({ url: postgres.url, dataDir, log })
  db = database.kysely
  await prepareOwner(db, testOwnerKey)
  ownerId = (await findOwner(db))!.id
})
afterAll(async () => {
  await database.close()
  await postgres.close()
  rmSync(dataDir, { recursive: true, force: true })
})
beforeEach(() => {
  clock = Date.parse('2026-01-04T09:00:00Z')
})

const open = (): Promise<Fleet> => openFleet({ db, log, onMessages() {}, now: () => clock })
const at = (seconds: number): void => {
  clock = Date.parse('2026-01-04T09:00:00Z') + seconds * 1000
}
const now = AbortSignal.abort()
const idle: EncoderReport = {
  ...{ applied: 0, state: 'idle', event: null, sources: [], bytesPerSecond: 0, spoolLimit: 1e9, diskFree: null },
  ...{ queue: { files: 0, bytes: 0, oldestSeconds: null }, warning: null, lastError: null, nextStart: null },
}

async function introduced(fleet: Fleet): Promise<Encoder> {
  const id = uuidV7() as EncoderId
  return (await fleet.introduce(ownerId, id, { name: 'Chapel', version: '1', host: 'rack' })).encoder
}

it('[FL3] a start that nobody took for ten minutes is offered no longer; a stop always is', async () => {
  const fleet = await open()
  const encoder = await introduced(fleet)
  await fleet.order(encoder, { action: 'start', title: 'Concert' })
  at(599)
  expect((await fleet.report(encoder, idle, now)).order).toMatchObject({ action: 'start' })
  at(601)
  const late = await fleet.report(encoder, idle, now)
  expect(late.order).toBeNull()
  // It took the generation, not the order.
  await fleet.report(encoder, { ...idle, applied: late.generation }, now)
  expect(encoder.view(clock).order).toMatchObject({ state: 'expired', title: 'Concert' })
  await fleet.order(encoder, { action: 'stop', event: uuidV7() })
  at(100_000)
  expect((await fleet.report(encoder, idle, now)).order).toMatchObject({ action: 'stop' })
  await fleet.close()
})

it('[FL2] [FL5] the last report and order are there after a restart, and the encoder is not online for that', async () => {
  const first = await open()
  const { row } = await introduced(first)
  await first.order(first.get(row.id)!, { action: 'start', title: 'Concert' })
  const report = { ...idle, applied: 1, lastError: 'a\u0000b' }
  await first.report(first.get(row.id)!, report, now)
  await first.close()
  at(30)
  const second = await open()
  expect(second.get(row.id)!.view(clock)).toMatchObject({
    ...{ online: false, order: { state: 'taken', title: 'Concert' } },
    report: { applied: 1, lastError: 'a\ufffdb' },
  })
  await second.close()
})

it('[FL6] silence counts from when the server began to listen', async () => {
  const first = await open()
  const { row } = await introduced(first)
  await first.report(first.get(row.id)!, idle, now)
  await first.close()
  at(3600)
  const second = await open()
  const encoder = second.get(row.id)!
  const kinds = (): string[] => encoder.view(clock).alerts.map(({ kind }) => kind)
  // A beat of the room's own clock later it has looked, and found nothing.
  await new Promise((resolve) => setTimeout(resolve, 6000))
  expect(kinds()).toEqual([])
  at(3600 + 61)
  while (kinds().length === 0) await new Promise((resolve) => setTimeout(resolve, 50))
  expect(kinds()).toEqual(['silent'])
  await second.report(encoder, idle, now)
  while (kinds().length > 0) await new Promise((resolve) => setTimeout(resolve, 50))
  await second.close()
})
