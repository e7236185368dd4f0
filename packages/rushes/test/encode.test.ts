import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EncoderStatus } from '@rushes/encoder'
import parsePrometheus from 'parse-prometheus-text-format'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'
import { endCommands, runCommand, startCommand, startOnTerminal } from './command-for-tests.ts'

let server: TestServer
let folder: string
let trial = 0

beforeAll(async () => {
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'rushes-command-'))
})

afterEach(endCommands)

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const picture = ['--input', 'camera=test:?size=160x90&rate=10', '--rendition', '160x90@100k', '--segment', '1']
const environment = () => ({ RUSHES_SERVER: server.url, RUSHES_KEY: testOwnerKey })
const newSpool = (): string => join(folder, `spool-${++trial}`)

describe('rushes encode', () => {
  it('records, delivers, and what it delivered can be verified', async () => {
    const spool = newSpool()
    const args = ['encode', ...picture, '--spool', spool, '--duration', '4', '--title', 'Sunday', '--json']
    const encoded = await runCommand(args, environment())
    expect(encoded).toMatchObject({ status: 0, stderr: '' })
    const result = JSON.parse(encoded.stdout)
    expect(result).toMatchObject({ pending: 0, lost: 0, certificate: join(spool, 'certificate.json') })
    expect((await server.client.recording(result.id)).title).toBe('Sunday')
    const verified = await runCommand(['spool', 'verify', spool, '--json'])
    expect(verified.status).toBe(0)
    // Two headers, and the segments of picture and sound.
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, problems: [], files: result.segments + 2 })
    const again = await runCommand(['encode', ...picture, '--spool', spool], environment())
    expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('has ended') })
  })

  it('without a terminal writes plain lines and no sequences', async () => {
    const command = startCommand(['encode', ...picture, '--spool', newSpool(), '--duration', '3'], environment())
    expect(await command.ended).toEqual({ status: 0, signal: null })
    const lines = command.stderr.trimEnd().split('\n')
    expect(lines).toEqual(expect.arrayContaining(['recording', 'source camera running', 'server reachable']))
    expect(lines.at(-1)).toBe('everything is delivered and certified')
    expect(lines.some((line) => /^recorded 0:\d\d:\d\d · /.test(line))).toBe(true)
    expect(`${command.stdout}${command.stderr}`).not.toContain('\x1b')
  })

  it('on SIGTERM finishes the segment and leaves the event open; started again, it goes on with a gap', async () => {
    const spool = newSpool()
    const first = startCommand(['encode', ...picture, '--spool', spool, '--events'], environment())
    await first.says(/"segments":[4-9]/)
    first.signal('SIGTERM')
    expect(await first.ended).toEqual({ status: 0, signal: null })
    const before = JSON.parse(first.stdout.trimEnd().split('\n').at(-1)!)
    expect(before).toMatchObject({ type: 'result', certificate: null })
    const second = await runCommand(
      ['encode', ...picture, '--spool', spool, '--events', '--duration', '3'],
      environment(),
    )
    const events = second.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events.at(-1)).toMatchObject({ type: 'result', id: before.id, pending: 0 })
    expect(events.at(-2)).toMatchObject({ event: { state: 'done' }, recorded: { gaps: 1 } })
    const verified = await runCommand(['spool', 'verify', spool, '--json'])
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, files: before.segments + events.at(-1).segments + 2 })
  })

  it('says where it is as lines of JSON, as metrics and as a status, all the same', async () => {
    const command = startCommand(
      ['encode', ...picture, '--spool', newSpool(), '--events', '--metrics', '0'],
      environment(),
    )
    const [, url] = await command.says(/metrics at (http:\/\/127\.0\.0\.1:\d+)\/metrics/)
    await command.says(/"segments":[4-9]/)
    const scraped = await fetch(`${url}/metrics`)
    expect(scraped.headers.get('content-type')).toContain('text/plain; version=0.0.4')
    const metrics = new Map(parsePrometheus(await scraped.text()).map((metric) => [metric.name, metric]))
    const sampleOf = (name: string): number => Number(metrics.get(`rushes_encoder_${name}`)!.metrics[0]!.value)
    expect(metrics.get('rushes_encoder_segments_total')!.type).toBe('COUNTER')
    expect(sampleOf('segments_total')).toBeGreaterThanOrEqual(4)
    expect(sampleOf('server_up')).toBe(1)
    expect(sampleOf('spool_limit_bytes')).toBe(40e9)
    expect(metrics.get('rushes_encoder_source_state')!.metrics).toContainEqual({
      ...{ labels: { source: 'camera', state: 'running' }, value: '1' },
    })
    const status = (await (await fetch(`${url}/status`)).json()) as EncoderStatus
    expect(status.recorded.segments).toBeGreaterThanOrEqual(sampleOf('segments_total'))
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405)
    expect((await fetch(`${url}/etc/passwd`)).status).toBe(404)
    command.signal('SIGINT')
    expect(await command.ended).toEqual({ status: 0, signal: null })
    const events = command.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const shape = Object.keys(status)
    for (const { type, news: _, ...event } of events) {
      if (type === 'status') expect(Object.keys(event)).toEqual(shape)
    }
    expect(events.some(({ news }) => news?.includes('source camera running'))).toBe(true)
  })

  it('says so when its metrics can not be served, before it records', async () => {
    const port = new URL(server.url).port
    const spool = newSpool()
    const failed = await runCommand(['encode', ...picture, '--spool', spool, '--metrics', port], environment())
    expect(failed).toMatchObject({ status: 1, stderr: expect.stringContaining(`127.0.0.1:${port} is taken`) })
  })
})

/** The last whole screen that was drawn. */
function lastScreen(output: string): string[] {
  const drawn = output.slice(0, output.lastIndexOf('\x1b[J')).split('\x1b[H').at(-1)!
  // biome-ignore lint/suspicious/noControlCharactersInRegex: sequences of a terminal
  return drawn.replaceAll(/\x1b\[[\d;?]*[A-Za-z]/g, '').split(/\r+\n/)
}

describe('on a terminal', () => {
  it('rushes encode takes all of it, says its keys, and gives it back', async () => {
    const size = { columns: 80, rows: 24, ...environment() }
    const args = ['encode', ...picture, '--spool', newSpool(), '--title', 'Sunday']
    const command = startOnTerminal(args, size)
    // The first segment of a second was delivered.
    await command.says(/[1-9] delivered/)
    const screen = lastScreen(command.stdout)
    expect(screen[0]).toMatch(/^Sunday {40,}RECORDING 0:\d\d:\d\d$/)
    expect(screen).toContainEqual(expect.stringMatching(/^Sources {4}camera running \d+ s {2}\d+ fps {2}\d\.\d\dx/))
    expect(screen).toContainEqual(expect.stringMatching(/^Server {5}reachable \d+ s {2}http/))
    expect(screen).toContainEqual('Gaps       none')
    expect(screen.at(-1)).toBe('q or Ctrl-C: end the event and deliver the rest')
    command.type('q')
    await command.says(/Really\?/)
    command.type('y')
    expect((await command.ended).status).toBe(0)
    const [, after] = command.stdout.split('\x1b[?1049l')
    expect(after).toMatch(/certificate +\/.*certificate\.json/)
    expect(command.stdout.split('\x1b[?1049h')).toHaveLength(2)
  })

  it('the screen is given back before an error that nobody caught is told', async () => {
    const broken = startOnTerminal([], { columns: 80, rows: 24 }, join(import.meta.dirname, 'breaking-screen.ts'))
    expect((await broken.ended).status).not.toBe(0)
    const [drawn, after] = broken.stdout.split('\x1b[?25h\x1b[?1049l')
    expect(drawn).toContain('Sunday service')
    expect(drawn).not.toContain('a bug')
    expect(after).toContain('Error: a bug')
  })

  it('rushes spool resume does the same, and Ctrl-C stops it', async () => {
    const spool = newSpool()
    const away = { ...environment(), RUSHES_SERVER: 'http://127.0.0.1:1' }
    const first = startCommand(['encode', ...picture, '--spool', spool, '--events'], away)
    await first.says(/"segments":[2-9]/)
    first.signal('SIGTERM')
    await first.ended
    const command = startOnTerminal(['spool', 'resume', spool], { columns: 40, rows: 12, NO_COLOR: '1', ...away })
    await command.says(/unreachable/)
    expect(lastScreen(command.stdout)[0]).toContain('DELIVERING')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
    expect(command.stdout).not.toMatch(/\x1b\[\d+m/)
    command.type('\x03')
    expect((await command.ended).status).toBe(0)
    expect(command.stdout.split('\x1b[?1049l')[1]).toMatch(/pending +[1-9]/)
  })
})
