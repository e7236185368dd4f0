import { createHash, randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deliveryCertificate } from '@rushes/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uuidV7 } from '../../server/src/catalog/identifiers.ts'
import { type CmafEvent, makeCmafEvent } from '../../server/test/cmaf-event.ts'
import { startTestServer, type TestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'
import { runDelivery } from '../src/deliver/delivery-run.ts'
import { openSpool, readSpool, type Spool } from '../src/spool/spool.ts'
import { verifyCertificate } from '../src/spool/verify.ts'

let server: TestServer
let event: CmafEvent
let folder: string
let trial = 0

beforeAll(async () => {
  event = makeCmafEvent(21)
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'rushes-delivery-run-'))
})

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

function newSpool(at: string): Promise<Spool> {
  const head = { id: uuidV7(), title: 'Sunday', server: at, segmentMs: 2000, epochMs: 1_800_000_000_000 }
  return openSpool(join(folder, String(++trial)), head)
}

async function fill(spool: Spool, from = 0, to = event.entries.length): Promise<void> {
  for (const entry of event.entries.slice(from, to)) {
    const file = entry.type === 'segment' ? entry.file : entry.type === 'representation' ? entry.init : null
    if (file !== null) await spool.files.write(file.name, event.files.get(file.name)!)
    spool.list(entry)
  }
}

const run = (spool: Spool) => runDelivery({ spool, key: testOwnerKey, workers: { least: 2, most: 4 }, order: 'oldest' })

async function expectWhole(spool: Spool, path: string): Promise<void> {
  const certificate = deliveryCertificate.parse(JSON.parse(readFileSync(path, 'utf8')))
  expect(await verifyCertificate(spool, certificate, null)).toMatchObject({ ok: true, files: event.files.size })
  const recording = await server.client.recording(spool.head.id)
  const body = [event.files.get('video-init.mp4')!, event.files.get('audio-init.mp4')!]
  const sizes = [...event.files.values()].reduce((sum, { length }) => sum + length, 0)
  expect(recording.state).toBe('published')
  // Of the two headers one is left, which is shorter than both together.
  expect(recording.bytes).toBeGreaterThan(sizes - body[0]!.length - body[1]!.length)
  for (const [name, bytes] of event.files) {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    const response = await fetch(`${server.url}/api/v1/deliveries/${spool.head.id}/${name}/digest`, {
      headers: { authorization: `Bearer ${testOwnerKey}` },
    })
    expect(await response.json(), name).toEqual({ name, size: bytes.length, digest })
  }
}

/** Between the two, and unkind: answers 503, cuts connections, and alters bytes on their way. */
async function openUnkindProxy(): Promise<{
  url: string
  server: Server
  faults: Record<string, number>
  gone: boolean
}> {
  const faults: Record<string, number> = { refused: 0, cut: 0, altered: 0, lostAnswers: 0 }
  const to = new URL(server.url)
  const proxy = createServer((incoming, outgoing) => {
    const fault = state.gone ? 1 : incoming.method === 'PUT' ? randomInt(10) : 9
    if (fault === 0) {
      faults['refused']!++
      incoming.resume()
      outgoing.writeHead(503, { 'retry-after': '0' }).end()
      return
    }
    if (fault === 1) {
      faults['cut']!++
      incoming.once('data', () => incoming.destroy())
      if (incoming.method !== 'PUT') incoming.destroy()
      return
    }
    const onward = request(
      { host: to.hostname, port: to.port, method: incoming.method, path: incoming.url, headers: incoming.headers },
      (answer) => {
        if (fault === 2) {
          faults['lostAnswers']!++
          answer.resume()
          outgoing.destroy()
          return
        }
        outgoing.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(outgoing)
      },
    )
    onward.on('error', () => outgoing.destroy())
    incoming.on('error', () => onward.destroy())
    incoming.on('data', (data: Buffer) => {
      if (fault === 3 && data.length > 100) {
        faults['altered']!++
        data[randomInt(data.length)]! ^= 1 << randomInt(8)
      }
      onward.write(data)
    })
    incoming.on('end', () => onward.end())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const state = { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, server: proxy, faults, gone: false }
  return state
}

describe('a spool is delivered', () => {
  it('while it grows, file by file proved, and certified', async () => {
    const spool = await newSpool(server.url)
    const delivery = run(spool)
    for (let from = 0; from < event.entries.length; from += 3) {
      await fill(spool, from, from + 3)
      delivery.wake()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await expectWhole(spool, await delivery.done)
    expect(spool.counts()).toMatchObject({ pending: 0, pendingBytes: 0, delivered: event.files.size, failed: 0 })
    expect(delivery.progress.retransmitted).toBe(0)
    spool.close()
  })

  it('through refusals, cut connections, lost answers and altered bytes', async () => {
    const proxy = await openUnkindProxy()
    const spool = await newSpool(proxy.url)
    await fill(spool)
    const delivery = run(spool)
    await expectWhole(spool, await delivery.done)
    // Else the test would have shown nothing.
    expect(Object.values(proxy.faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(3)
    spool.close()
    proxy.server.close()
  })

  it('by another process after the first was gone, and after the server was away', async () => {
    const proxy = await openUnkindProxy()
    proxy.gone = true
    const first = await newSpool(proxy.url)
    await fill(first)
    const path = first.folder
    const away = run(first)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(away.progress).toMatchObject({ state: 'introducing', lastError: expect.stringContaining('no answer') })
    proxy.gone = false
    while (first.counts().delivered < 3) await new Promise((resolve) => setTimeout(resolve, 10))
    await away.stop()
    first.close()
    const second = await openSpool(path)
    expect(second.counts().pending).toBeGreaterThan(0)
    await expectWhole(second, await run(second).done)
    second.close()
    proxy.server.close()
  })

  it('and let go of when it is stopped, with answers on their way', async () => {
    let folder = ''
    for (let stop = 0; stop < 4; stop++) {
      const spool = await newSpool(server.url)
      folder = spool.folder
      await fill(spool)
      const delivery = run(spool)
      while (spool.counts().delivered <= stop) await new Promise((resolve) => setImmediate(resolve))
      await delivery.stop()
      spool.close()
    }
    // An answer that came after would have been marked in a closed spool, and broken the process.
    const last = await openSpool(folder)
    await expectWhole(last, await run(last).done)
    last.close()
  })
})

describe('a spool', () => {
  it('has one writer, and readers', async () => {
    const spool = await newSpool(server.url)
    await fill(spool, 0, 4)
    await expect(openSpool(spool.folder)).rejects.toMatchObject({ code: 'spool-in-use' })
    const reader = await readSpool(spool.folder)
    expect(reader.counts()).toMatchObject({ pending: 4, delivered: 0, entries: 4 })
    reader.close()
    spool.close()
    await expect(openSpool(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'no-spool' })
  })

  it('tells a certificate that is not its own, or was altered', async () => {
    const spool = await newSpool(server.url)
    await fill(spool)
    const certificate = deliveryCertificate.parse(JSON.parse(readFileSync(await run(spool).done, 'utf8')))
    const altered = structuredClone(certificate)
    altered.files[3]!.digest = `sha256:${'0'.repeat(64)}`
    expect((await verifyCertificate(spool, altered, null)).problems).toContain('the root is not that of the files')
    expect(
      (await verifyCertificate(spool, { ...certificate, issuedAt: '2026-01-01T00:00:00.000Z' }, null)).problems,
    ).toEqual(['the signature is wrong'])
    expect((await verifyCertificate(spool, certificate, 'another')).ok).toBe(false)
    spool.close()
  })
})
