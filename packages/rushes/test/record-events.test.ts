import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { madeByFfmpeg } from '../../media/test/made-media.ts'
import { startTestServer, type TestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'
import { endCommands, runCommand, startCommand } from './command-for-tests.ts'

let server: TestServer
let folder: string
let input: string

beforeAll(async () => {
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'rushes-record-events-'))
  input = await madeByFfmpeg('webm', [
    ...['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30', '-t', '4'],
    ...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-live', '1'],
  ])
})
afterAll(async () => {
  endCommands()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const environment = () => ({ RUSHES_SERVER: server.url, RUSHES_KEY: testOwnerKey })

function eventFile(lines: readonly unknown[]): string {
  const path = join(folder, `${crypto.randomUUID()}.jsonl`)
  writeFileSync(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'))
  return path
}

const mark = (t: number, label: string) => ({ t, kind: 'mark', data: { label } })

describe('rushes record --events', () => {
  it('sends the events of a file with the recording; the result is as without', async () => {
    const path = eventFile([mark(3500, 'later'), '', { t: 10.5, kind: 'chat', data: { sender: 'A', text: 'ü' } }])
    const { status, stdout } = await runCommand(['record', input, '--events', path, '--json'], environment())
    expect(status).toBe(0)
    const result = JSON.parse(stdout) as Record<string, unknown>
    const keys = ['id', 'bytes', 'sha256', 'shareUrl', 'mp4Url', 'mp4State', 'webmUrl', 'webmState', 'waitMs']
    expect(Object.keys(result)).toEqual(keys)
    expect(await server.client.timeline(String(result['id']))).toMatchObject({
      events: [
        { number: 0, ...mark(3500, 'later') },
        { number: 1, t: 10.5, kind: 'chat', data: { sender: 'A', text: 'ü' } },
      ],
      next: null,
    })
  })

  it('follows a pipe while its other end writes', async () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const command = startCommand(['record', input, '--events', pipe, '--pace', 'live', '--json'], environment())
    const writer = await open(pipe, 'w')
    await writer.write(`${JSON.stringify(mark(100, 'first'))}\n`)
    const live = async () => (await server.client.recordings()).recordings.find(({ state }) => state === 'receiving')
    await expect.poll(async () => (await live())?.bytes ?? 0, { timeout: 15_000 }).toBeGreaterThan(0)
    const { id } = (await live())!
    await expect.poll(async () => (await server.client.timeline(id)).events.length, { timeout: 15_000 }).toBe(1)
    await writer.write(JSON.stringify(mark(200, 'second')))
    await writer.close()
    expect((await command.ended).status).toBe(0)
    expect((await server.client.timeline(id)).events.map(({ data }) => data['label'])).toEqual(['first', 'second'])
  })

  it('refuses a line that is no event, before anything is recorded', async () => {
    const before = (await server.client.recordings()).recordings.length
    const path = eventFile([mark(1, 'x'), { t: -1, kind: 'mark', data: {} }])
    const { status, stdout } = await runCommand(['record', input, '--events', path, '--json'], environment())
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'bad-event', message: expect.stringMatching(/line 2/) as string },
    })
    expect((await server.client.recordings()).recordings.length).toBe(before)
  })
})
