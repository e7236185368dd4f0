import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'
import { endCommands, type RunningCommand, runCommand, startCommand } from './command-for-tests.ts'

let server: TestServer
let folder: string

beforeAll(async () => {
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'rushes-fleet-command-'))
})
afterAll(async () => {
  endCommands()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const environment = () => ({ RUSHES_SERVER: server.url, RUSHES_KEY: testOwnerKey })
const encode = ['--input', 'test:', '--rendition', '320x180@200k', '--audio', 'none', '--segment', '1']
const start = (): RunningCommand =>
  startCommand(['encode', '--fleet', 'Chapel', ...encode, '--spool', folder], environment())

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50))
}

it('[FL3] an encoder is started and stopped from the server, and killed in between: one event, published', async () => {
  const first = start()
  const [, id] = await first.says(/encoder ([0-9a-f-]{36})/)
  const shown = () => server.client.encoder(id!)
  await until(async () => (await server.client.encoders()).some((encoder) => encoder.id === id && encoder.online))
  const { order } = await server.client.orderEncoder(id!, { action: 'start', title: 'Sunday' })
  await first.says(/recording “Sunday”/)
  await until(async () => ((await shown()).report?.event?.segments ?? 0) > 1)
  first.signal('SIGKILL')
  await first.ended

  const second = start()
  await second.says(new RegExp(`recording “Sunday” as ${order!.event}`))
  await until(async () => (await shown()).online && ((await shown()).report?.event?.segments ?? 0) > 1)
  second.signal('SIGHUP')
  await second.says(/encoder [0-9a-f-]{36}[\s\S]*encoder [0-9a-f-]{36}[\s\S]*recording/)
  await until(async () => (await shown()).online && ((await shown()).report?.event?.segments ?? 0) > 1)
  await server.client.orderEncoder(id!, { action: 'stop', event: order!.event })
  await until(async () => (await shown()).report?.state === 'idle')
  expect(await server.client.recording(order!.event)).toMatchObject({ title: 'Sunday', state: 'published' })
  second.signal('SIGTERM')
  expect(await second.ended).toEqual({ status: 0, signal: null })
  expect(await shown()).toMatchObject({ name: 'Chapel', report: { state: 'off' } })
  expect((await server.client.recordings()).recordings).toHaveLength(1)
}, 120_000)

it('refuses the spool of one event, and what the server decides', async () => {
  const spool = mkdtempSync(join(tmpdir(), 'rushes-fleet-spool-'))
  const one = await runCommand(['encode', ...encode, '--spool', spool, '--duration', '1', '--json'], environment())
  expect(one.status).toBe(0)
  const misused = await runCommand(['encode', '--fleet', 'Hall', ...encode, '--spool', spool], environment())
  expect(misused).toMatchObject({ status: 2, stderr: expect.stringContaining('a folder of its own') })
  const titled = await runCommand(['encode', '--fleet', 'Hall', ...encode, '--spool', folder, '--title', 'A'])
  expect(titled).toMatchObject({ status: 2, stderr: expect.stringContaining('the server says') })
  rmSync(spool, { recursive: true, force: true })
}, 60_000)
