import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EncoderStatus } from '@rushes/encoder'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'
import { endCommands, type RunningCommand, runCommand, startCommand } from './command-for-tests.ts'

let server: TestServer
let folder: string

beforeAll(async () => {
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'rushes-service-'))
  writeFileSync(join(folder, 'key'), testOwnerKey, { mode: 0o600 })
})

afterEach(endCommands)

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const common = `
input = "camera=test:?size=160x90&rate=10"
rendition = "160x90@100k"
segment = 1
`

function configFile(name: string, lines: string): string {
  const path = join(folder, name)
  writeFileSync(path, `server = "${server.url}"\nkey-file = "${join(folder, 'key')}"\n${common}${lines}`)
  return path
}

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

async function recordings(command: RunningCommand, count: number): Promise<void> {
  while (command.stderr.split('\nrecording\n').length - 1 + Number(command.stderr.startsWith('recording\n')) < count) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('a service', () => {
  it('on SIGHUP keeps running when its new options are bad, and else starts itself again, going on with the event', async () => {
    const spool = join(folder, 'reloaded')
    const config = configFile('reloaded.toml', `spool = "${spool}"\n`)
    const command = startCommand(['encode', '--config', config, '--events'])
    await command.says(/"segments":[4-9]/)
    configFile('reloaded.toml', `spool = "${spool}"\nworkers = 0\n`)
    command.signal('SIGHUP')
    await command.says(/not started again, and going on as before: .*reloaded\.toml:8: workers: Give a number/)
    configFile('reloaded.toml', `spool = "${spool}"\nmetrics = 0\n`)
    command.signal('SIGHUP')
    // Only the new options have metrics.
    const [, url] = await command.says(/stopped; the event is open[\s\S]*metrics at (http:\S+)\/metrics/)
    await command.says(/"recorded":\{"segments":[2-9],"bytes":\d+,"lost":0,"gaps":1/)
    const status = await (await fetch(`${url}/status`)).json()
    command.signal('SIGINT')
    expect(await command.ended).toEqual({ status: 0, signal: null })
    const events = linesOf(command.stdout)
    expect(events.at(-1)).toMatchObject({ type: 'result', id: (status as EncoderStatus).event.id, pending: 0 })
    // One result: the process that was replaced had none.
    expect(events.filter(({ type }) => type === 'result')).toHaveLength(1)
    const verified = await runCommand(['spool', 'verify', spool, '--json'])
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, problems: [] })
  })

  it('records event after event, each in a folder of its own, delivers those before, and removes what is done', async () => {
    const root = join(folder, 'root')
    const refused = join(folder, 'refused-key')
    writeFileSync(refused, 'not-a-key', { mode: 0o600 })
    const config = configFile('series.toml', `spool-root = "${root}"\nduration = 2\n`)
    const first = startCommand(['encode', '--config', config, '--key-file', refused, '--events'])
    await recordings(first, 2)
    first.signal('SIGTERM')
    expect(await first.ended).toEqual({ status: 0, signal: null })
    const left = readdirSync(root).sort()
    expect(left.length).toBeGreaterThanOrEqual(2)
    for (const name of left) expect(name).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[0-9a-f]{8}$/)
    expect(left.some((name) => existsSync(join(root, name, 'certificate.json')))).toBe(false)

    const second = startCommand(['encode', '--config', config, '--keep', '0', '--events'])
    await second.says(new RegExp(`removed ${join(root, left[0]!)}`))
    await second.says(new RegExp(`delivered ${join(root, left[1]!)}`))
    second.signal('SIGTERM')
    expect(await second.ended).toEqual({ status: 0, signal: null })
    expect(readdirSync(root)).not.toContain(left[0])
    const events = linesOf(second.stdout)
    const { recordings: all } = await server.client.recordings()
    expect(all.filter(({ state }) => state === 'published').length).toBeGreaterThanOrEqual(2)
    expect(events.some(({ older }) => (older as { files: number } | undefined)?.files !== 0)).toBe(true)
  })

  it('tells its service manager that it is ready, how it is, and that it stops', async () => {
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    const said = join(folder, 'said')
    writeFileSync(join(bin, 'systemd-notify'), `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >>'${said}'\n`)
    chmodSync(join(bin, 'systemd-notify'), 0o755)
    const config = configFile('notice.toml', `spool = "${join(folder, 'notice')}"\n`)
    const environment = { PATH: `${bin}:${process.env['PATH']}`, NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '3000000' }
    const command = startCommand(['encode', '--config', config], environment)
    const words = (): string => (existsSync(said) ? readFileSync(said, 'utf8') : '')
    await expect.poll(() => words().split('WATCHDOG=1').length, { timeout: 30_000 }).toBeGreaterThan(3)
    command.signal('SIGTERM')
    expect(await command.ended).toEqual({ status: 0, signal: null })
    expect(words()).toMatch(/^\/run\/x READY=1$/m)
    expect(words()).toMatch(/^\/run\/x WATCHDOG=1 STATUS=recorded 0:\d\d:\d\d · camera /m)
    expect(words()).toMatch(/^\/run\/x STOPPING=1$/m)
  })

  it('says what is wrong with its file, or who may read its key, and does nothing', async () => {
    const config = configFile('wrong.toml', 'spool = "x"\nvideo = "h266"\n')
    const wrong = await runCommand(['encode', '--config', config])
    expect(wrong).toMatchObject({ status: 1, stderr: expect.stringContaining('wrong.toml:8: video: Allowed choices') })
    const key = join(folder, 'open-key')
    writeFileSync(key, testOwnerKey, { mode: 0o644 })
    const open = await runCommand(['spool', 'resume', folder, '--key-file', key])
    expect(open).toMatchObject({ status: 1, stderr: expect.stringContaining(`chmod 600 ${key}`) })
    const unit = await runCommand([
      'encode',
      '--config',
      configFile('unit.toml', 'spool-root = "/x"\n'),
      '--print-systemd-unit',
    ])
    expect(unit).toMatchObject({ status: 0, stdout: expect.stringContaining('LoadCredential=key:') })
  })
})
