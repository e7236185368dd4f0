import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GapEntry, ManifestEntry, SegmentEntry } from '@rushes/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uuidV7 } from '../../server/src/catalog/identifiers.ts'
import { startTestServer, type TestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'
import { parseInput } from '../src/acquire/input.ts'
import { type Encode, type EncodeOptions, startEncode } from '../src/encode.ts'
import { EventListing } from '../src/spool/event-listing.ts'
import { openSpool, type Spool } from '../src/spool/spool.ts'

let server: TestServer
let folder: string
let trial = 0

beforeAll(async () => {
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'rushes-encode-'))
})

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

function newSpool(at = server.url): Promise<Spool> {
  const head = { id: uuidV7(), title: 'Sunday', server: at, segmentMs: 1000, epochMs: Date.now() }
  return openSpool(join(folder, String(++trial)), head)
}

function encode(spool: Spool, options: Partial<EncodeOptions> = {}): Promise<Encode> {
  return startEncode({
    ...{ spool, key: testOwnerKey, workers: { least: 1, most: 2 }, order: 'oldest', spoolBytes: 1e9 },
    ...{ inputs: [parseInput('test:')], pace: 'live', renditions: [{ width: 320, height: 180, bitrate: 200_000 }] },
    ...options,
  })
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20))
}

const all = (spool: Spool): ManifestEntry[] => spool.entries(0, 100_000)
const segmentsOf = (spool: Spool, id: string): SegmentEntry[] =>
  all(spool).filter((entry): entry is SegmentEntry => entry.type === 'segment' && entry.representation === id)
const gapsOf = (spool: Spool): GapEntry[] => all(spool).filter((entry) => entry.type === 'gap')

describe('an event', () => {
  it('is recorded, delivered while it is, and published as it ends', async () => {
    const spool = await newSpool()
    const run = await encode(spool, { durationMs: 4000 })
    await until(() => spool.counts().delivered > 2)
    expect(run.progress.state).toBe('acquiring')
    expect(await run.done).toBe(join(spool.folder, 'certificate.json'))
    expect(segmentsOf(spool, 'main-v1').map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3])
    const recording = await server.client.recording(spool.head.id)
    expect(recording).toMatchObject({ state: 'published', title: 'Sunday' })
    expect(run.progress.delivery.shareUrl).toBe(recording.shareUrl)
    expect(recording.durationMs! / 1000).toBeCloseTo(4, 0)
    expect(run.progress).toMatchObject({ state: 'done', lost: 0, warning: null })
    spool.close()
  })

  it('goes on where it was suspended, with the gap between marked', async () => {
    const spool = await newSpool()
    const first = await encode(spool)
    await until(() => segmentsOf(spool, 'main-v1').length > 1)
    first.suspend()
    expect(await first.done).toBeNull()
    expect(first.progress.state).toBe('suspended')
    expect(spool.ended).toBe(false)
    const before = segmentsOf(spool, 'main-v1')
    spool.close()

    const again = await openSpool(spool.folder)
    const second = await encode(again)
    await until(() => segmentsOf(again, 'main-v1').length > before.length + 1)
    second.finish()
    expect(await second.done).not.toBeNull()
    const after = segmentsOf(again, 'main-v1')
    expect(after.map(({ sequence }) => sequence)).toEqual(after.map((_, index) => index))
    expect(all(again).filter(({ type }) => type === 'representation')).toHaveLength(2)
    expect(gapsOf(again)).toMatchObject([{ set: 'main', reason: 'the encoder was restarted' }])
    expect((await server.client.recording(again.head.id)).state).toBe('published')
    again.close()
  })

  it('is recorded although the server refuses it; all of it waits', async () => {
    const spool = await newSpool()
    const run = await encode(spool, { key: 'not-a-key', durationMs: 3000 })
    await expect(run.done).rejects.toMatchObject({ name: 'DeliveryRefusal' })
    expect(segmentsOf(spool, 'main-v1')).toHaveLength(3)
    expect(spool.counts().pending).toBe(spool.listedFiles().length)
    spool.close()
  })

  it('of which the spool could not hold a part is delivered but for that, with the gap marked', async () => {
    const away = createServer((_request, response) => response.writeHead(503).end())
    await new Promise<void>((resolve) => away.listen(0, '127.0.0.1', resolve))
    const { port } = away.address() as AddressInfo
    const spool = await newSpool(`http://127.0.0.1:${port}`)
    const run = await encode(spool, { spoolBytes: 150_000 })
    await until(() => run.progress.lost > 2)
    expect(run.progress.warning).toContain('segments are lost')
    expect(spool.counts().heldBytes).toBeLessThanOrEqual(150_000)
    // The server is back, at the same address.
    await new Promise((resolve) => away.close(resolve).closeAllConnections())
    const target = new URL(server.url)
    const { createServer: createProxy, connect } = await import('node:net')
    const proxy = createProxy((socket) => {
      const onward = connect(Number(target.port), target.hostname)
      socket.pipe(onward).pipe(socket)
      for (const each of [socket, onward]) each.on('error', () => socket.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', resolve))
    await until(() => gapsOf(spool).length > 0)
    run.finish()
    expect(await run.done).not.toBeNull()
    const [gap] = gapsOf(spool)
    expect(gap!.reason).toContain('full of files that are not delivered')
    expect(Date.parse(gap!.to) - Date.parse(gap!.from)).toBeGreaterThan(1000)
    const recording = await server.client.recording(spool.head.id)
    expect(recording.state).toBe('published')
    proxy.close()
    spool.close()
  })
})

describe('a spool whose process died', () => {
  it('between the writing of a segment and its listing: the segment is listed, half a segment is not', async () => {
    const spool = await newSpool()
    await (await encode(spool, { durationMs: 3000, pace: 'fast' })).done
    const made = all(spool)
    const copy = await newSpool()
    const last = segmentsOf(spool, 'main-v1').at(-1)!
    for (const entry of made) {
      const file = entry.type === 'segment' ? entry.file : entry.type === 'representation' ? entry.init : null
      if (file !== null) await copy.files.write(file.name, await spool.files.read(file.name))
      if (entry.type !== 'end' && entry !== made.find((each) => each.type === 'segment' && each.file === last.file)) {
        copy.list(entry)
      }
    }
    await copy.files.write('main-v1-00000099.m4s', new Uint8Array(10))
    const { starts } = await EventListing.open(copy, 1e9)
    const { wallClock: _, ...same } = last
    expect(segmentsOf(copy, 'main-v1').at(-1)).toMatchObject(same)
    expect(starts['main-v1']).toMatchObject({ sequence: last.sequence + 1, end: last.start + last.duration })
    expect(await copy.files.names()).not.toContain('main-v1-00000099.m4s')
    spool.close()
    copy.close()
  })
})
