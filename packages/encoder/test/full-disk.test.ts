import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deliveryCertificate } from '@rushes/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MadeEvent, type MadeSegment, madeSegmentMs, makeEvent } from '../../../drill/spool/made-event.ts'
import { uuidV7 } from '../../server/src/catalog/identifiers.ts'
import { startTestServer, type TestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'
import { runDelivery } from '../src/deliver/delivery-run.ts'
import { EventListing } from '../src/spool/event-listing.ts'
import { openSpool, type Spool } from '../src/spool/spool.ts'
import { SpoolError } from '../src/spool/spool-error.ts'
import { verifyCertificate } from '../src/spool/verify.ts'

const epochMs = 1_800_000_000_000
let server: TestServer
let event: MadeEvent
let folder: string
let trial = 0

beforeAll(async () => {
  server = await startTestServer()
  event = await makeEvent(['video'], 120_000, epochMs)
  folder = mkdtempSync(join(tmpdir(), 'rushes-full-disk-'))
})

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

function newSpool(): Promise<Spool> {
  const head = { id: uuidV7(), title: 'Full', server: server.url, segmentMs: madeSegmentMs, epochMs }
  return openSpool(join(folder, String(++trial)), head)
}

/** The spool, on a disk of which a test says how much is free. */
function onDisk(spool: Spool, freeBytes: () => number): Spool {
  const files = { ...spool.files, freeBytes: async () => freeBytes() }
  return Object.assign(Object.create(spool) as Spool, { files })
}

const names = (spool: Spool): string[] =>
  spool.entries(0, 1000).map((entry) => (entry.type === 'segment' ? entry.file.name : entry.type))

/** The same segments once more, as a smaller rendition would have them. */
function renamed<Event extends MadeEvent['representations'][number] | MadeSegment>(made: Event): Event {
  if (made.type === 'segment') return { ...made, representation: 'main-v2' }
  return { ...made, representation: { ...made.representation, id: 'main-v2' } }
}

describe('a spool that is full', () => {
  it('gives up additional renditions where that is allowed, the newest first, and the main picture has no gap', async () => {
    const spool = await newSpool()
    const { listing } = await EventListing.open(spool, 400_000, 'drop-renditions')
    for (const each of event.representations) await listing.add(each)
    for (const each of event.representations) await listing.add(renamed(each))
    const most = 40
    let last = 0
    // Until the main picture alone has filled it, and nothing more can go.
    for (; last < most && listing.lost === 0; last++) {
      for (const segment of event.segments(last)) {
        await listing.add(segment)
        await listing.add(renamed(segment))
      }
    }
    expect(last).toBeLessThan(most)
    const entries = spool.entries(0, 1000)
    const gone = entries.flatMap((entry) => (entry.type === 'withdrawn' ? [entry.sequence] : []))
    // Those that found no room when they came are given up as they come, and then older ones, one after the other.
    expect(gone.length).toBe(new Set(gone).size)
    expect(entries.filter(({ type }) => type === 'gap')).toEqual([])
    const held = (id: string): number => spool.listedFiles().filter(({ name }) => name.startsWith(`${id}-0`)).length
    expect([held('main-v1'), held('main-v2')]).toEqual([last - 1, 0])
    const older = gone.filter((sequence) => sequence < gone[0]!)
    expect(older).toEqual(Array.from({ length: gone[0]! }, (_, index) => gone[0]! - 1 - index))
    expect(spool.counts()).toMatchObject({ withdrawn: gone.length, pending: spool.listedFiles().length })
    expect((await spool.files.names()).sort()).toEqual(
      spool
        .listedFiles()
        .map(({ name }) => name)
        .sort(),
    )
    // What is left is delivered, and certified without them.
    await listing.rest()
    spool.list({ type: 'end', wallClock: new Date(epochMs + last * madeSegmentMs).toISOString() })
    const delivery = runDelivery({ spool, key: testOwnerKey, workers: { least: 1, most: 2 }, order: 'oldest' })
    const certificate = deliveryCertificate.parse(JSON.parse(readFileSync(await delivery.done, 'utf8')))
    expect(await verifyCertificate(spool, certificate, null)).toMatchObject({ ok: true, files: last + 1 })
    spool.close()
  })

  it('gives up nothing where nobody allowed it', async () => {
    const spool = await newSpool()
    const { listing } = await EventListing.open(spool, 400_000)
    for (const each of event.representations) await listing.add(each)
    for (const each of event.representations) await listing.add(renamed(each))
    for (let index = 0; listing.lost === 0; index++) {
      for (const segment of event.segments(index)) {
        await listing.add(segment)
        await listing.add(renamed(segment))
      }
    }
    expect(spool.counts()).toMatchObject({ withdrawn: 0, pending: spool.listedFiles().length })
    spool.close()
  })
})

describe('a disk without room', () => {
  it('loses segments long before the database has none, and tells of the gap as soon as there is room', async () => {
    const real = await newSpool()
    let free = 1e9
    const spool = onDisk(real, () => free)
    const { listing } = await EventListing.open(spool, 1e12)
    for (const each of event.representations) await listing.add(each)
    const add = (index: number) => Promise.all(event.segments(index).map((segment) => listing.add(segment)))
    await add(0)
    await add(1)
    free = 5e6
    await add(2)
    await add(3)
    expect(listing.lost).toBe(2)
    expect(listing.warning).toContain('segments are lost')
    free = 1e9
    await add(4)
    expect(names(spool)).toEqual([
      ...['representation', 'main-v1-00000000.m4s', 'main-v1-00000001.m4s', 'gap', 'main-v1-00000002.m4s'],
    ])
    const gap = spool.entries(3, 1)[0]!
    const at = (index: number): string => new Date(epochMs + index * madeSegmentMs).toISOString()
    expect(gap).toMatchObject({ type: 'gap', from: at(2), to: at(4) })
    expect(listing.warning).toBeNull()
    real.close()
  })

  it('is given what was delivered, oldest first, before anything is lost; and never what was not', async () => {
    const real = await newSpool()
    let taken = 0
    const spool = onDisk(real, () => 8.4e6 + 100_000 - real.counts().heldBytes + taken)
    const { listing } = await EventListing.open(spool, 1e12)
    for (const each of event.representations) await listing.add(each)
    for (let index = 0; index < 20; index++) {
      for (const segment of event.segments(index)) await listing.add(segment)
      real.markDelivered(`main-v1-${String(index).padStart(8, '0')}.m4s`)
    }
    expect(listing.lost).toBe(0)
    const held = (await real.files.names()).sort()
    expect(held.length).toBeLessThan(10)
    expect(held.slice(-2)).toEqual(['main-v1-00000019.m4s', 'main-v1-init.mp4'])
    taken = -1e9
    for (const segment of event.segments(20)) await listing.add(segment)
    expect(listing.lost).toBe(1)
    expect(listing.warning).toContain('segments are lost')
    // Its only representation's header was never delivered.
    expect(await real.files.names()).toEqual(['main-v1-init.mp4'])
    real.close()
  })

  it('that can not take a mark: the file is found at the server, and marked later', async () => {
    const spool = await newSpool()
    const { listing } = await EventListing.open(spool, 1e12)
    for (const each of event.representations) await listing.add(each)
    for (let index = 0; index < 4; index++) for (const segment of event.segments(index)) await listing.add(segment)
    spool.list({ type: 'end', wallClock: new Date(epochMs + 4 * madeSegmentMs).toISOString() })
    let refusals = 3
    const full = Object.assign(Object.create(spool) as Spool, {
      markDelivered(name: string) {
        if (refusals-- > 0) throw new SpoolError('spool-full', 'database or disk is full')
        spool.markDelivered(name)
      },
    })
    const workers = { least: 1, most: 2 }
    const delivery = runDelivery({ spool: full, key: testOwnerKey, workers, order: 'oldest' })
    await delivery.done
    expect(refusals).toBeLessThan(0)
    expect(delivery.progress.retransmitted).toBe(0)
    expect(spool.counts()).toMatchObject({ pending: 0, delivered: 5 })
    spool.close()
  })
})
