import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MadeEvent, madeSegmentMs, makeEvent } from '../../../drill/spool/made-event.ts'
import { uuidV7 } from '../../server/src/catalog/identifiers.ts'
import { startTestServer, type TestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'
import { runDelivery } from '../src/deliver/delivery-run.ts'
import { EventListing } from '../src/spool/event-listing.ts'
import { openSpool, type Spool } from '../src/spool/spool.ts'
import { SpoolError } from '../src/spool/spool-error.ts'

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
