import { apiClient, type EncoderReport } from '@rushes/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uuidV7 } from '../src/catalog/identifiers.ts'
import { startTestServer, type TestServer } from './server-for-tests.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => {
  await server.close()
})

const introduction = { name: 'Chapel', version: '1.0', host: 'rack-1' }

function reportOf(change: Partial<EncoderReport> = {}): EncoderReport {
  return {
    ...{ applied: 0, state: 'idle', event: null, sources: [] },
    ...{ queue: { files: 0, bytes: 0, oldestSeconds: null }, bytesPerSecond: 0, spoolLimit: 1e9, diskFree: 5e9 },
    ...{ warning: null, lastError: null, nextStart: null },
    ...change,
  }
}

function eventOf(id: string, title = 'Sunday'): EncoderReport['event'] {
  return { id, title, startedAt: '2026-01-04T10:00:00.000Z', endsAt: null, segments: 1, bytes: 2, lost: 0 }
}

async function introduced(): Promise<string> {
  const id = uuidV7()
  await server.client.introduceEncoder(id, introduction)
  return id
}

const sunday = {
  ...{ title: 'Service', weekdays: [7], time: '09:30', timeZone: 'Europe/Berlin', durationSeconds: 5400 },
}

describe('an encoder', () => {
  it('[FL1] introduces itself again and again, and keeps the name that it was given here', async () => {
    const id = uuidV7()
    const { client } = server
    expect(await client.introduceEncoder(id, introduction)).toMatchObject({ id, name: 'Chapel', online: false })
    expect(await client.introduceEncoder(id, { ...introduction, name: 'Hall' })).toMatchObject({ name: 'Hall' })
    expect(await client.renameEncoder(id, 'Main hall')).toMatchObject({ name: 'Main hall' })
    const again = await client.introduceEncoder(id, { name: 'Hall', version: '2.0', host: 'rack-2' })
    expect(again).toMatchObject({ name: 'Main hall', version: '2.0', host: 'rack-2' })
    expect((await client.encoders()).filter((encoder) => encoder.id === id)).toHaveLength(1)
  })

  it('[FL1] [FL2] is refused without an id of its own, without a key, and when it was forgotten', async () => {
    const { client } = server
    await expect(client.introduceEncoder('rack-1', introduction)).rejects.toMatchObject({ status: 400 })
    await expect(client.reportEncoder(uuidV7(), reportOf(), 0)).rejects.toMatchObject({ status: 404 })
    const id = await introduced()
    const nobody = apiClient({ server: server.url })
    await expect(nobody.reportEncoder(id, reportOf(), 0)).rejects.toMatchObject({ status: 401 })
    await expect(nobody.encoders()).rejects.toMatchObject({ status: 401 })
    await client.removeEncoder(id)
    await expect(client.reportEncoder(id, reportOf(), 0)).rejects.toMatchObject({ status: 404 })
    expect(await client.introduceEncoder(id, introduction)).toMatchObject({ id })
  })

  it('[FL2] [FL5] is shown as it reported last', async () => {
    const id = await introduced()
    const report = reportOf({
      state: 'recording',
      event: eventOf(uuidV7()),
      sources: [{ name: 'main', state: 'running', fps: 30, speed: 1, dropped: 0, detail: '' }],
      queue: { files: 3, bytes: 3e6, oldestSeconds: 7.5 },
      bytesPerSecond: 250_000,
      lastError: 'connect ECONNREFUSED',
    })
    await server.client.reportEncoder(id, report, 0)
    expect(await server.client.encoder(id)).toMatchObject({ online: true, report, order: null })
    await server.client.reportEncoder(id, { ...report, state: 'off' }, 0)
    expect(await server.client.encoder(id)).toMatchObject({ online: false, report: { state: 'off' } })
  })

  it.each<[string, object]>([
    ['a negative size', { bytesPerSecond: -1 }],
    ['words without end', { lastError: 'x'.repeat(501) }],
    [
      'too many sources',
      { sources: Array(17).fill({ name: 'a', state: 'lost', fps: 0, speed: 0, dropped: 0, detail: '' }) },
    ],
    ['an event that is no UUIDv7', { event: eventOf('..') }],
    ['a time that is none', { nextStart: 'tomorrow' }],
    ['a fraction of a generation', { applied: 0.5 }],
  ])('[FL2] reports nothing beyond the bounds: %s', async (_name, change) => {
    const id = await introduced()
    await expect(server.client.reportEncoder(id, reportOf(change), 0)).rejects.toMatchObject({ status: 400 })
    expect((await server.client.encoder(id)).report).toBeNull()
  })
})

describe('an order', () => {
  it('[FL3] reaches an encoder that waits for it, as often as it asks, until it says that it took it', async () => {
    const id = await introduced()
    const waiting = server.client.reportEncoder(id, reportOf(), 20)
    const given = await server.client.orderEncoder(id, { action: 'start', title: 'Concert', durationSeconds: 60 })
    expect(given.order).toMatchObject({ action: 'start', title: 'Concert', state: 'offered' })
    const { generation, order } = await waiting
    expect(order).toMatchObject({ generation, action: 'start', title: 'Concert', durationSeconds: 60 })
    // The answer was lost: the same again, not another event.
    expect(await server.client.reportEncoder(id, reportOf(), 20)).toEqual({ generation, order, schedule: [] })
    const event = eventOf(order!.event, 'Concert')
    await server.client.reportEncoder(id, reportOf({ applied: generation, state: 'recording', event }), 0)
    expect((await server.client.encoder(id)).order).toMatchObject({ state: 'taken', event: order!.event })
    await expect(server.client.orderEncoder(id, { action: 'start' })).rejects.toMatchObject({
      code: 'already-recording',
    })
    await server.client.orderEncoder(id, { action: 'stop', event: order!.event })
    const next = await server.client.reportEncoder(id, reportOf({ applied: generation }), 20)
    expect(next.order).toEqual({ generation: generation + 1, action: 'stop', event: order!.event })
  })

  it('[FL3] is above every generation that the encoder has, also after the server forgot it', async () => {
    const id = await introduced()
    await server.client.reportEncoder(id, reportOf({ applied: 41 }), 0)
    await server.client.orderEncoder(id, { action: 'start' })
    const { generation, order } = await server.client.reportEncoder(id, reportOf({ applied: 41 }), 20)
    expect([generation, order!.generation]).toEqual([42, 42])
  })

  it('[FL3] given twice is refused the second time, so that one click too many starts nothing', async () => {
    const id = await introduced()
    await server.client.reportEncoder(id, reportOf(), 0)
    const both = await Promise.allSettled([
      server.client.orderEncoder(id, { action: 'start' }),
      server.client.orderEncoder(id, { action: 'start' }),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('[FL2] ends the wait of the newest report alone', async () => {
    const id = await introduced()
    const older = server.client.reportEncoder(id, reportOf(), 20)
    // The second can only be told from the first once that waits.
    while (!(await server.client.encoder(id)).online) await new Promise((resolve) => setTimeout(resolve, 10))
    const newer = server.client.reportEncoder(id, reportOf({ state: 'draining' }), 20)
    expect(await older).toMatchObject({ generation: 0, order: null })
    await server.client.orderEncoder(id, { action: 'stop', event: uuidV7() })
    expect((await newer).order).toMatchObject({ action: 'stop' })
  })
})

describe('a schedule', () => {
  it('[FL4] reaches the encoder; entries that did not change keep their id and their beginning', async () => {
    const id = await introduced()
    const { schedule } = await server.client.scheduleEncoder(id, { schedule: [sunday] })
    const [entry] = schedule
    expect(entry).toMatchObject({ ...sunday, from: expect.stringMatching(/Z$/) })
    const changed = await server.client.scheduleEncoder(id, {
      schedule: [
        { ...sunday, id: entry!.id },
        { ...sunday, weekdays: [3, 1], time: '18:00' },
      ],
    })
    expect(changed.schedule[0]).toEqual(entry)
    expect(changed.schedule[1]!.weekdays).toEqual([1, 3])
    const told = await server.client.reportEncoder(id, reportOf(), 20)
    expect(told).toMatchObject({ generation: 2, order: null, schedule: changed.schedule })
    const moved = await server.client.scheduleEncoder(id, { schedule: [{ ...sunday, id: entry!.id, time: '10:00' }] })
    expect(moved.schedule).toHaveLength(1)
    expect(Date.parse(moved.schedule[0]!.from)).toBeGreaterThanOrEqual(Date.parse(entry!.from))
    expect(moved.schedule[0]).toMatchObject({ id: entry!.id, time: '10:00' })
  })

  it.each<[string, object]>([
    ['a day that no week has', { weekdays: [8] }],
    ['no day', { weekdays: [] }],
    ['the same day twice', { weekdays: [1, 1] }],
    ['a time that no clock shows', { time: '24:00' }],
    ['a zone that is not on the map', { timeZone: 'Europe/Atlantis' }],
    ['an offset, whose clocks never change', { timeZone: '+01:00' }],
    ['more than a day', { durationSeconds: 86_401 }],
  ])('[FL4] is refused with %s', async (_name, change) => {
    const id = await introduced()
    const wrong = { schedule: [{ ...sunday, ...change }] }
    await expect(server.client.scheduleEncoder(id, wrong)).rejects.toMatchObject({ status: 400 })
  })
})
