import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'
import { fileOutput, openDecoder } from '../src/index.ts'
import { framesOf, type MadeEvent, makeEvent } from './made-event.ts'
import { runSeed, seededRandom } from './seeded-random.ts'

const seconds = 6
const random = seededRandom(runSeed)
let server: TestServer
let folder: string

beforeAll(async () => {
  console.log(`RUSHES_SEED=${runSeed}`)
  server = await startTestServer()
})
afterAll(() => server.close())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-decoder-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Delivers as an encoder does: the manifest a few entries at a time, files in any order behind it. */
async function deliver(event: MadeEvent): Promise<void> {
  const base = `${server.url}/api/v1/deliveries`
  const send = async (path: string, method: string, token: string, body: string | Uint8Array<ArrayBuffer>) => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(typeof body === 'string' && { 'content-type': 'application/json' }),
    }
    const response = await fetch(base + path, { method, headers, body })
    expect(response.ok, `${method} ${path}: ${response.status}`).toBe(true)
    return await response.json()
  }
  const { token } = (await send('', 'POST', testOwnerKey, JSON.stringify({ id: event.id, title: 'Made' }))) as {
    token: string
  }
  const waiting: string[] = []
  for (let from = 0; from < event.entries.length; from += 4) {
    const entries = event.entries.slice(from, from + 4)
    await send(`/${event.id}/manifest`, 'POST', token, JSON.stringify({ from, entries }))
    for (const entry of entries) {
      if (entry.type === 'representation') waiting.push(entry.init.name)
      if (entry.type === 'segment') waiting.push(entry.file.name)
    }
    waiting.sort(() => random() - 0.5)
    const isLast = from + 4 >= event.entries.length
    for (const name of waiting.splice(0, isLast ? waiting.length : 2)) {
      await send(`/${event.id}/${name}`, 'PUT', token, new Uint8Array(event.files.get(name)!))
    }
    await sleep(100)
  }
}

async function expectFrames(path: string, event: MadeEvent): Promise<void> {
  for (const { entry, whole } of event.representations) {
    const alone = join(folder, `${entry.id}.mp4`)
    await writeFile(alone, whole)
    const digests = (lines: string[]): string[] => lines.map((line) => line.split(',').slice(3).join())
    expect(digests(await framesOf(path, entry.kind))).toEqual(digests(await framesOf(alone, entry.kind)))
  }
}

describe('with the server itself', () => {
  it('plays while the delivery arrives, in any order, to its end', async () => {
    const event = await makeEvent({ seconds, kinds: ['video', 'audio'], wallClock: Date.now() })
    const path = join(folder, 'out.mp4')
    const delivered = deliver(event)
    // It is known from its first request on.
    await sleep(300)
    const decoder = await openDecoder({
      server: server.url,
      id: event.id,
      key: testOwnerKey,
      output: await fileOutput(path),
      cacheFolder: join(folder, 'cache'),
    })
    await delivered
    expect(await decoder.done).toMatchObject({ refetched: 0, holes: 0, complete: true })
    await expectFrames(path, event)
  })

  it('rushes decode prints what it did as JSON, and leaves no cache', async () => {
    const event = await makeEvent({ seconds, kinds: ['video', 'audio'], wallClock: Date.now() })
    await deliver(event)
    const path = join(folder, 'out.mp4')
    const address = `${server.url}/api/v1/deliveries/${event.id}/manifest`
    const result = await rushes('decode', address, '--key', testOwnerKey, '-o', path, '--json')
    const segments = event.representations.reduce((sum, each) => sum + each.segments.length, 0)
    expect(result).toMatchObject({ status: 0, answer: { segments, refetched: 0, holes: 0, missing: [], gaps: [] } })
    await expectFrames(path, event)
  })

  it('rushes decode without a key, or of nothing, says so', async () => {
    const event = await makeEvent({ seconds: 1, kinds: ['video'], wallClock: Date.now() })
    await deliver(event)
    const path = join(folder, 'out.mp4')
    const known = await rushes('decode', event.id, '--server', server.url, '-o', path, '--json')
    expect(known).toMatchObject({
      status: 1,
      answer: { error: { code: expect.stringMatching(/refused|no-such-delivery/) } },
    })
    const unknown = await rushes('decode', 'x', '--server', server.url, '-o', path, '--json')
    expect(unknown).toMatchObject({ status: 1, answer: { error: { code: 'bad-address' } } })
    const nowhere = await rushes('decode', event.id, '--server', server.url, '--json')
    expect(nowhere).toMatchObject({ status: 2, answer: { error: { code: 'misused' } } })
  })
})

async function rushes(...args: string[]): Promise<{ status: number; answer: unknown }> {
  const bin = join(import.meta.dirname, '..', '..', 'rushes', 'bin', 'rushes.js')
  const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'home') }
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env })
  let stdout = ''
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes
  })
  const [status] = await once(child, 'close')
  return { status, answer: JSON.parse(stdout) }
}
