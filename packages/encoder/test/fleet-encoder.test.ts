import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ScheduleEntry } from '@rushes/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uuidV7 } from '../../server/src/catalog/identifiers.ts'
import { startTestServer, type TestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'
import { parseInput } from '../src/acquire/input.ts'
import { type FleetEncoder, openFleetEncoder } from '../src/fleet/fleet-encoder.ts'

let server: TestServer
let root: string
let trial = 0

beforeAll(async () => {
  server = await startTestServer()
  root = mkdtempSync(join(tmpdir(), 'rushes-fleet-'))
})
afterAll(async () => {
  await server.close()
  rmSync(root, { recursive: true, force: true })
})

const newFolder = (): string => join(root, String(++trial))

function open(folder: string, at = server.url, inputs = [parseInput('test:')]): Promise<FleetEncoder> {
  return openFleetEncoder({
    ...{ folder, server: at, segmentMs: 1000, newId: uuidV7, everySeconds: 1 },
    introduction: { name: 'Chapel', version: 'test', host: 'rack-1' },
    encode: {
      ...{ key: testOwnerKey, workers: { least: 1, most: 2 }, order: 'oldest', spoolBytes: 1e9 },
      ...{ inputs, pace: 'live', audioCodec: 'none', renditions: [{ width: 320, height: 180, bitrate: 200_000 }] },
    },
  })
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}

const shown = (encoder: FleetEncoder) => server.client.encoder(encoder.id)
const isOnline = async (encoder: FleetEncoder) =>
  (await server.client.encoders()).some(({ id, online }) => id === encoder.id && online)

/** Orders a start and waits until something is recorded. */
async function started(encoder: FleetEncoder, title: string, durationSeconds: number | null = null): Promise<string> {
  await until(() => isOnline(encoder))
  const { order } = await server.client.orderEncoder(encoder.id, { action: 'start', title, durationSeconds })
  await until(() => encoder.report.event?.id === order!.event && encoder.report.event.segments > 1)
  return order!.event
}

describe('an encoder of a fleet', () => {
  it('[FL3] is started and stopped from the server, and what it recorded is published there', async () => {
    const encoder = await open(newFolder())
    const event = await started(encoder, 'Concert')
    await until(async () => (await shown(encoder)).report?.state === 'recording')
    expect(await shown(encoder)).toMatchObject({
      order: { action: 'start', state: 'taken' },
      report: { event: { id: event, title: 'Concert' }, sources: [{ name: 'main', state: 'running' }] },
    })
    await server.client.orderEncoder(encoder.id, { action: 'stop', event: uuidV7() })
    await until(async () => (await shown(encoder)).order?.state === 'taken')
    expect(encoder.report.state).toBe('recording')
    await server.client.orderEncoder(encoder.id, { action: 'stop', event })
    await until(async () => (await shown(encoder)).report?.state === 'idle')
    expect(await server.client.recording(event)).toMatchObject({ title: 'Concert', state: 'published' })
    await encoder.close()
    expect(await shown(encoder)).toMatchObject({ online: false, report: { state: 'off' } })
  })

  it('[FL3] ends an event after its duration, and begins another while the first may still be on its way', async () => {
    const folder = newFolder()
    const encoder = await open(folder)
    const first = await started(encoder, 'Short', 4)
    await until(async () => (await shown(encoder)).report?.state !== 'recording')
    const second = await started(encoder, 'Second')
    expect(second).not.toBe(first)
    await until(async () => (await server.client.recording(first)).state === 'published')
    await encoder.close()
    // What is proved delivered made room for the second; its list and its certificate are still there.
    await until(() => readdirSync(join(folder, 'events', first)).includes('certificate.json'))
    expect((await server.client.recording(first)).durationMs).toBeGreaterThan(2000)
  })

  it('[FL3] goes on with the same event, and with no other, after it was cut off in the middle', async () => {
    const folder = newFolder()
    const first = await open(folder)
    const event = await started(first, 'Sunday')
    const { id } = first
    await first.close()
    const second = await open(folder)
    expect(second.id).toBe(id)
    await until(() => second.report.state === 'recording' && (second.report.event?.segments ?? 0) > 1)
    expect(second.report.event).toMatchObject({ id: event, title: 'Sunday' })
    await until(() => isOnline(second))
    await server.client.orderEncoder(id, { action: 'stop', event })
    await until(async () => (await shown(second)).report?.state === 'idle')
    expect(await server.client.recording(event)).toMatchObject({ title: 'Sunday', state: 'published' })
    expect(readdirSync(join(folder, 'events'))).toEqual([event])
    await second.close()
  })

  it('[FL3] that was stopped before anything came from its source is idle again, and delivers nothing', async () => {
    const nowhere = parseInput('rtsp://127.0.0.1:9/none')
    const encoder = await open(newFolder(), server.url, [nowhere])
    await until(() => isOnline(encoder))
    const { order } = await server.client.orderEncoder(encoder.id, { action: 'start', title: 'Nothing' })
    await until(() => encoder.report.state === 'recording')
    await server.client.orderEncoder(encoder.id, { action: 'stop', event: order!.event })
    await until(async () => (await shown(encoder)).report?.state === 'idle')
    expect(encoder.report.queue.files).toBe(0)
    await encoder.close()
  })

  it('[FL4] follows the schedule that it was given last without any server', async () => {
    const folder = newFolder()
    mkdirSync(folder, { recursive: true })
    const now = new Date()
    const entry: ScheduleEntry = {
      ...{ id: uuidV7(), title: 'Service', weekdays: [1, 2, 3, 4, 5, 6, 7], timeZone: 'UTC', durationSeconds: 3600 },
      ...{ time: now.toISOString().slice(11, 16), from: '2020-01-01T00:00:00.000Z' },
    }
    const standing = { id: uuidV7(), applied: 3, schedule: [entry], current: null, taken: {} }
    writeFileSync(join(folder, 'encoder.json'), JSON.stringify(standing))
    const encoder = await open(folder, 'http://127.0.0.1:9')
    await until(() => encoder.report.state === 'recording' && (encoder.report.event?.segments ?? 0) > 1)
    expect(encoder.report.event!.title).toBe(`Service, ${now.toISOString().slice(0, 10)}`)
    expect(Date.parse(encoder.report.event!.endsAt!) - Date.parse(`${now.toISOString().slice(0, 16)}Z`)).toBe(3600_000)
    expect(encoder.serverError).toContain('no answer')
    await encoder.close()
    const kept = JSON.parse(readFileSync(join(folder, 'encoder.json'), 'utf8')) as { taken: object; current: unknown }
    expect(Object.keys(kept.taken)).toEqual([entry.id])
    expect(kept.current).not.toBeNull()
  })

  it('[FL4] is given a schedule by the server, and says when it will begin', async () => {
    const encoder = await open(newFolder())
    await until(() => isOnline(encoder))
    const daily = { title: 'Vespers', weekdays: [1, 2, 3, 4, 5, 6, 7], timeZone: 'Europe/Berlin', durationSeconds: 600 }
    await server.client.scheduleEncoder(encoder.id, { schedule: [{ ...daily, time: '18:00' }] })
    await until(async () => (await shown(encoder)).report?.nextStart != null)
    const { nextStart } = (await shown(encoder)).report!
    const local = new Date(nextStart!).toLocaleTimeString('sv-SE', { timeZone: 'Europe/Berlin', timeStyle: 'short' })
    expect(local).toBe('18:00')
    await server.client.scheduleEncoder(encoder.id, { schedule: [] })
    await until(async () => (await shown(encoder)).report?.nextStart === null)
    await encoder.close()
  })

  it('is one process: a second one on the same folder is refused', async () => {
    const folder = newFolder()
    const encoder = await open(folder)
    await expect(open(folder)).rejects.toMatchObject({ code: 'spool-in-use' })
    await encoder.close()
  })
})
