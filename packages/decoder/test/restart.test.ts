import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fileOutput, openDecoder } from '../src/index.ts'
import { type DeliveryServer, serveDelivery } from './delivery-server.ts'
import { framesOf, type MadeEvent, makeEvent } from './made-event.ts'

const seconds = 10
let event: MadeEvent
let folder: string
let server: DeliveryServer
let frames: string[]
const started: ChildProcess[] = []

beforeAll(async () => {
  event = await makeEvent({ seconds, kinds: ['video'], wallClock: Date.UTC(2026, 10, 20, 10) })
  frames = await framesOf(event.representations[0]!.whole, 'video')
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-decoder-'))
  server = await serveDelivery(event)
})
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const options = () => ({ server: server.url, id: event.id, cacheFolder: join(folder, 'cache') })

/** Starts a decoder in a process, and kills it once it has given so many segments. */
async function killAfter(segments: number, extra: object): Promise<void> {
  const script = join(import.meta.dirname, 'decode-process.ts')
  const text = JSON.stringify({ ...options(), output: join(folder, 'killed.mp4'), ...extra })
  const child = spawn(process.execPath, [script, text], { stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(child)
  const exited = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout! })) {
    if (Number(/^segments (\d+)/.exec(line)?.[1] ?? 0) >= segments) child.kill('SIGKILL')
  }
  expect(await exited).toEqual([null, 'SIGKILL'])
}

async function playAgain(extra: object = {}) {
  const path = join(folder, 'again.mp4')
  const decoder = await openDecoder({ ...options(), output: await fileOutput(path), ...extra })
  return { ...(await decoder.done), frames: await framesOf(path, 'video') }
}

describe('killed with kill -9 in the middle', () => {
  it('plays again from its cache: no file that was whole is asked for twice', async () => {
    await killAfter(4, { startAt: Date.now() - 500 })
    const cached = await readdir(join(folder, 'cache', event.id))
    expect(cached.filter((name) => /^[0-9a-f]{64}$/.test(name)).length).toBeGreaterThanOrEqual(4)
    const result = await playAgain()
    expect(result).toMatchObject({ segments: seconds, holes: 0, refetched: 0, complete: true })
    expect(result.frames).toEqual(frames)
    const names = [...event.files.keys()]
    expect(names.map((name) => server.served.get(name))).toEqual(names.map(() => 1))
  })

  it('plays again without any server, when everything had come', async () => {
    await killAfter(seconds - 2, { startAt: Date.now() - 500 })
    server.dead = true
    const asked = [...server.asked.values()].reduce((sum, count) => sum + count, 0)
    expect(await playAgain()).toMatchObject({ segments: seconds, holes: 0, complete: true })
    expect([...server.asked.values()].reduce((sum, count) => sum + count, 0)).toBe(asked)
  })

  it('a part of a file goes on where it was; a manifest cut in a line is read up to it', async () => {
    server.mischief = (name) => (name.endsWith('6.m4s') ? 'stall' : 'none')
    await killAfter(4, { startAt: Date.now() - 500 })
    const cache = join(folder, 'cache', event.id)
    expect((await readdir(cache)).filter((name) => name.endsWith('.part'))).toHaveLength(1)
    await appendFile(join(cache, 'manifest.jsonl'), '{"type":"segm')
    server.mischief = () => 'none'
    expect(await playAgain()).toMatchObject({ segments: seconds, holes: 0, refetched: 0, complete: true })
  })

  it('what was altered on this disk is fetched again', async () => {
    await killAfter(4, { startAt: Date.now() - 500 })
    const cache = join(folder, 'cache', event.id)
    const name = (await readdir(cache)).find((each) => /^[0-9a-f]{64}$/.test(each))!
    const bytes = await readFile(join(cache, name))
    bytes[bytes.length >> 1]! ^= 1
    await writeFile(join(cache, name), bytes)
    const result = await playAgain()
    expect(result).toMatchObject({ segments: seconds, holes: 0, refetched: 1, complete: true })
    expect(result.frames).toEqual(frames)
  })
})
