// Nothing is lost: servers that go away, pages that are reloaded, browsers that are killed, disks that are full.
import { writeFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { decode, openBrowser, packets, spawnBrowser } from './browser.ts'
import { expectShown, expectUnbroken, type Moment, readClockFilm } from './clock-film.ts'
import { noFaults, type StoredRecording } from './receiver.ts'
import { openTestPage, openTestSite, type TestSite } from './site.ts'

let site: TestSite

beforeAll(async () => {
  site = await openTestSite()
})

afterAll(async () => {
  await site?.close()
})

beforeEach(async () => {
  Object.assign(site.receiver.faults, noFaults)
  await site.browser.setOffline(false)
})

// What a test that failed left open would record on beside all that follow, and what it spooled be found by them.
afterEach(async () => {
  const left = site.browser.pages().filter((page) => page.url().startsWith(site.receiver.origin))
  if (left.length === 0) return
  Object.assign(site.receiver.faults, noFaults)
  await site.browser.setOffline(false)
  await Promise.all(left.map((page) => page.close()))
  const page = await openTestPage(site)
  await expect.poll(() => page.evaluate(deleteSpools), { timeout: busyMs }).toBe(0)
  await page.close()
})

/** All that nobody has open; answers how many there were besides. */
const deleteSpools = async (): Promise<number> => {
  const spools = await rooms.sdk.listSpools()
  for (const { id, busy } of spools) if (!busy) await rooms.sdk.deleteSpool(id)
  return spools.filter(({ busy }) => busy).length
}

/** For what takes a second where nothing else runs: other tests run beside these, with browsers and encoders of their own. */
const busyMs = 30_000
/** With RUSHES_OUTAGE_SECONDS=60 the network is away for a minute in mid-recording. */
const outageMs = 1000 * Number(process.env['RUSHES_OUTAGE_SECONDS'] ?? 10)

type Start = {
  memoryBytes?: number
  prefer?: 'opfs' | 'indexeddb' | 'memory'
  patienceMs?: number
  noise?: boolean
  colour?: string
}

/** Starts a recording that goes on; it is `rooms.recording`, and a clock is in its picture. */
async function start(page: Page, options: Start = {}): Promise<void> {
  await page.evaluate(async ({ memoryBytes, prefer, patienceMs, noise, colour }) => {
    rooms.capture = rooms.canvasCapture({
      clock: true,
      ...(noise && { width: 1280, height: 720, noise }),
      ...(colour && { colour }),
    })
    rooms.recording = await rooms.sdk.startRecording({
      server: '',
      capture: rooms.capture,
      title: 'kept',
      ...(patienceMs && { patienceMs }),
      spool: { ...(memoryBytes && { memoryBytes }), ...(prefer && { prefer }), retryMs: 500 },
    })
    rooms.recording.on('notice', ({ code }) => rooms.notices.push(code))
    rooms.recording.on('state', ({ state }) => rooms.notices.push(`state ${state}`))
  }, options)
}

const progress = (page: Page) => page.evaluate(() => rooms.recording!.progress)
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function stop(page: Page): Promise<StoredRecording> {
  const id = await page.evaluate(async () => {
    const view = await rooms.recording!.stop()
    rooms.capture!.close()
    return view.id
  })
  return site.receiver.recordings.get(id)!
}

async function expectWhole(recording: StoredRecording, page: Page): Promise<void> {
  const made = await page.evaluate(async () =>
    Math.max(0, ...[rooms.produced.reduce((sum, { length }) => sum + length, 0)]),
  )
  expect(recording.durable.offset).toBe(made)
  expect(await sha256(await site.receiver.body(recording.id))).toBe(await page.evaluate(() => rooms.producedSha256()))
  expect(await decode(recording.path)).toEqual([])
}

/** What the picture shows now, by the recording and by the clock in it. */
const moment = (page: Page): Promise<Moment> =>
  page.evaluate(() => ({ mediaMs: rooms.recording!.progress.durationMs, clockMs: Date.now() }))

/** Every picture decodes and shows its time, from the first to the last without a hole. Answers the colours beside it. */
async function expectFilmed(recording: StoredRecording, moments: Moment[]): Promise<string[]> {
  const { pictures, unreadable, soundGapMs, faults } = await readClockFilm(recording.path)
  expect([faults, unreadable]).toEqual([[], 0])
  expect(soundGapMs).toBeLessThan(500)
  expectUnbroken(pictures)
  expectShown(pictures, moments)
  return [...new Set(pictures.map(({ colour }) => colour))]
}

async function sha256(bytes: Buffer): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))).toString('hex')
}

describe('the server', () => {
  it(`is away at the start, and the network for ${outageMs / 1000} s: the recording starts at once, arrives whole, and shows all of it`, {
    timeout: 60_000 + 2 * outageMs,
  }, async () => {
    const page = await openTestPage(site)
    site.receiver.leave()
    await start(page)
    expect((await page.evaluate(() => rooms.recording!.state)).state).toBe('recording')
    await wait(2000)
    site.receiver.back()
    await expect.poll(async () => (await progress(page)).connection, { timeout: busyMs }).toBe('sending')
    const moments = [await moment(page)]
    site.receiver.leave()
    await page.context().setOffline(true)
    const left = await progress(page)
    for (let half = 0; half < 2; half++) {
      await wait(outageMs / 2)
      moments.push(await moment(page))
    }
    const later = await progress(page)
    expect(later.waitingBytes).toBeGreaterThan(left.waitingBytes + 50_000)
    expect(later.unspooledBytes).toBeLessThan(200_000)
    site.receiver.back()
    await page.context().setOffline(false)
    await wait(1000)
    moments.push(await moment(page))
    await wait(1000)
    const recording = await stop(page)
    await expectWhole(recording, page)
    await expectFilmed(recording, moments)
    expect(await page.evaluate(() => rooms.notices)).toEqual(['state stopping', 'state published'])
    await page.close()
  })

  it('cuts every connection after 50 kB and answers late: the body arrives whole, in pieces', async () => {
    const page = await openTestPage(site)
    site.receiver.faults.dropAfterBytes = 50_000
    site.receiver.faults.ackDelayMs = 50
    await start(page)
    await expect
      .poll(() => [...site.receiver.recordings.values()].at(-1)?.connections, { timeout: busyMs })
      .toBeGreaterThan(3)
    site.receiver.faults.dropAfterBytes = null
    const recording = await stop(page)
    expect(recording.connections).toBeGreaterThan(3)
    await expectWhole(recording, page)
    await page.close()
  })

  it('is away from the moment when the sources are open, pages and all: the recording still starts', async () => {
    const page = await openTestPage(site)
    await page.evaluate(async () => {
      rooms.opened = await rooms.sdk.openCapture({ camera: true, microphone: true })
      await new Promise((resolve) => setTimeout(resolve, 1500)) // as a countdown does
    })
    site.receiver.leave()
    site.receiver.faults.pagesToo = true
    const encoder = await page.evaluate(async () => {
      rooms.recording = await rooms.sdk.startRecording({ server: '', capture: rooms.opened! })
      return rooms.recording.encoder
    })
    expect(encoder).toMatchObject({ kind: 'webcodecs', video: 'avc', audio: 'aac' })
    await expect.poll(async () => (await progress(page)).recordedBytes, { timeout: busyMs }).toBeGreaterThan(20_000)
    site.receiver.back()
    const id = await page.evaluate(async () => (await rooms.recording!.stop()).id)
    await expectWhole(site.receiver.recordings.get(id)!, page)
    await page.close()
  })

  it('is away at the end: the recording is kept, plays from an export, and is published when the server is back', async () => {
    const page = await openTestPage(site)
    site.receiver.leave()
    await start(page, { patienceMs: 500 })
    await wait(2000)
    const refusal = await page.evaluate(() => rooms.recording!.stop().catch((fault) => [fault.name, fault.code]))
    expect(refusal).toEqual(['RecordingError', 'kept'])
    const exported = await page.evaluate(async () => {
      const blob = await rooms.sdk.exportSpool(rooms.recording!.spoolId)
      return ((await blob.bytes()) as Uint8Array & { toBase64(): string }).toBase64()
    })
    const path = `${site.folder}/exported.mp4`
    await writeFile(path, Buffer.from(exported, 'base64'))
    expect(await decode(path)).toEqual([])
    expect((await packets(path, 'v')).length).toBeGreaterThan(40)
    site.receiver.back()
    await page.waitForFunction(() => rooms.recording!.state.state === 'published', undefined, { timeout: busyMs })
    const [id] = [...site.receiver.recordings.keys()].slice(-1)
    await expectWhole(site.receiver.recordings.get(id!)!, page)
    await page.close()
  })

  it('[Q2] published it while nobody could reach it: the rest becomes a second recording that plays', async () => {
    const page = await openTestPage(site)
    await start(page)
    await expect.poll(async () => (await progress(page)).safeBytes, { timeout: busyMs }).toBeGreaterThan(50_000)
    const first = (await page.evaluate(() => rooms.recording!.id))!
    site.receiver.publishQuietly(first)
    await wait(2500)
    const second = await stop(page)
    expect(second.id).not.toBe(first)
    expect(await page.evaluate(() => rooms.notices)).toContain('continued')
    expect(await decode(second.path)).toEqual([])
    // Together they are the whole: the second begins with a fragment that the first does not have, or not whole.
    const produced = await page.evaluate(() => rooms.produced.reduce((sum, { length }) => sum + length, 0))
    const body = await site.receiver.body(second.id)
    const firstBytes = site.receiver.recordings.get(first)!.durable.offset
    expect(firstBytes + body.length).toBeGreaterThanOrEqual(produced)
    const all = Buffer.from(await page.evaluate(pageProduced), 'base64')
    const tail = body.subarray(body.indexOf('moof') - 4)
    expect(all.subarray(all.length - tail.length).equals(tail)).toBe(true)
    await page.close()
  })

  it('refuses for want of a session: kept as forbidden, delivered by a later visit', async () => {
    const page = await openTestPage(site)
    site.receiver.faults.refuseCreate = 401
    await start(page)
    await wait(1500)
    const refusal = await page.evaluate(() => rooms.recording!.stop().catch((fault) => fault.code))
    expect(refusal).toBe('kept')
    expect(await page.evaluate(() => rooms.recording!.state)).toMatchObject({ state: 'kept', reason: 'forbidden' })
    site.receiver.faults.refuseCreate = null
    const recovered = await page.evaluate(() => rooms.sdk.recoverRecordings({ server: '' }))
    expect(recovered).toMatchObject([{ outcome: 'published' }])
    const [result] = recovered
    const id = result?.outcome === 'published' ? result.recording.id : ''
    await expectWhole(site.receiver.recordings.get(id)!, page)
    await page.close()
  })

  it('forgets a recording that is cancelled, and so does this machine', async () => {
    const page = await openTestPage(site)
    await start(page)
    await expect.poll(async () => (await progress(page)).safeBytes, { timeout: busyMs }).toBeGreaterThan(1000)
    const before = site.receiver.recordings.size
    await page.evaluate(() => rooms.recording!.cancel())
    expect(site.receiver.recordings.size).toBe(before - 1)
    expect(await page.evaluate(() => rooms.sdk.listSpools())).toEqual([])
    await page.close()
  })
})

const pageProduced = async (): Promise<string> => {
  const whole = await new Blob(rooms.produced as Uint8Array<ArrayBuffer>[]).bytes()
  return (whole as Uint8Array & { toBase64(): string }).toBase64()
}

describe('the page', () => {
  it.each(['reload', 'close'] as const)('%s in mid-recording: all that was spooled is recovered', async (way) => {
    const told: Buffer[] = []
    const page = await openTestPage(site, { told: (bytes) => told.push(bytes) })
    site.receiver.leave()
    await start(page)
    await wait(2000)
    const moments = [await moment(page)]
    await wait(2000)
    const { recordedBytes, unspooledBytes } = await progress(page)
    if (way === 'reload') await page.reload()
    else await page.close()
    site.receiver.back()
    const next = way === 'reload' ? page : await openTestPage(site)
    await next.waitForFunction(() => 'rooms' in globalThis)
    const listed = await next.evaluate(() => rooms.sdk.listSpools())
    expect(listed).toMatchObject([{ title: 'kept', busy: false, kind: 'opfs' }])
    await expectRecovered(next, told, recordedBytes - unspooledBytes, moments)
    await next.close()
  })

  it('finds three of earlier visits, in two stores: one whole, one torn within a fragment, one that the server refuses; none holds up another', async () => {
    const page = await openTestPage(site)
    await start(page)
    await expect.poll(async () => (await progress(page)).safeBytes, { timeout: busyMs }).toBeGreaterThan(100_000)
    await stop(page)
    const made = Buffer.from(await page.evaluate(pageProduced), 'base64')
    const left = [
      { kind: 'opfs', title: 'whole', bytes: made.length },
      { kind: 'indexeddb', title: 'torn', bytes: made.lastIndexOf('moof') + 100 },
      { kind: 'opfs', title: 'refused', bytes: made.length },
    ] as const
    await page.evaluate(async (left) => {
      const body = await new Blob(rooms.produced as Uint8Array<ArrayBuffer>[]).bytes()
      for (const [createdAt, { kind, title, bytes }] of left.entries()) {
        const store = await rooms.stores[kind]()
        const file = await store.create({
          id: crypto.randomUUID(),
          title,
          contentType: 'video/mp4',
          createdAt,
          state: 'recording', // nobody was there to say that it stopped
          target: null,
          headBytes: 0,
        })
        for (let at = 0; at < bytes; at += 50_000) await file.append(body.slice(at, Math.min(at + 50_000, bytes)))
        await file.close()
        store.close?.()
      }
    }, left)
    site.receiver.faults.refuseTitle = 'refused'
    const outcomes = await page.evaluate(async () =>
      (await rooms.sdk.recoverRecordings({ server: '' })).map((one) => ({
        title: one.spool.title,
        kind: one.spool.kind,
        outcome: one.outcome,
        ...(one.outcome === 'published' && { id: one.recording.id }),
        ...(one.outcome === 'kept' && { reason: one.reason }),
      })),
    )
    const of = (title: string) => outcomes.find((one) => one.title === title)
    expect(outcomes).toHaveLength(3)
    expect(of('refused')).toEqual({ title: 'refused', kind: 'opfs', outcome: 'kept', reason: 'forbidden' })
    for (const { kind, title, bytes } of left.slice(0, 2)) {
      expect(of(title)).toMatchObject({ kind, outcome: 'published' })
      const body = await site.receiver.body(of(title)!.id!)
      expect(body.equals(made.subarray(0, bytes)), title).toBe(true)
    }
    expect(await page.evaluate(() => rooms.sdk.listSpools())).toMatchObject([{ title: 'refused' }])
    site.receiver.faults.refuseTitle = null
    expect(await page.evaluate(() => rooms.sdk.recoverRecordings({ server: '' }))).toMatchObject([
      { outcome: 'published' },
    ])
    expect(await page.evaluate(() => rooms.sdk.listSpools())).toEqual([])
    await page.close()
  })

  it('two tabs at once do not mix, and neither takes the other for an orphan', async () => {
    const [one, two] = [await openTestPage(site), await openTestPage(site)]
    await start(one, { colour: '#f00' })
    await start(two, { colour: '#00f' })
    await one.evaluate(() => rooms.recording!.mark('of the first'))
    await two.evaluate(() => rooms.recording!.mark('of the second'))
    await wait(1500)
    const moments = [await moment(one), await moment(two)] as const
    const seen = await two.evaluate(async () => ({
      recovered: await rooms.sdk.recoverRecordings({ server: '' }),
      busy: (await rooms.sdk.listSpools()).map(({ busy }) => busy),
    }))
    expect(seen).toEqual({ recovered: [], busy: [true, true] })
    const other = await one.evaluate(() => rooms.recording!.spoolId)
    expect(await two.evaluate((id) => rooms.sdk.exportSpool(id).catch((fault) => fault.code), other)).toBe('busy')
    const first = await stop(one)
    const second = await stop(two)
    expect(first.id).not.toBe(second.id)
    await expectWhole(first, one)
    await expectWhole(second, two)
    expect(await expectFilmed(first, [moments[0]])).toEqual(['red'])
    expect(await expectFilmed(second, [moments[1]])).toEqual(['blue'])
    expect(first.events.map(({ data }) => data)).toEqual([{ label: 'of the first' }])
    expect(second.events.map(({ data }) => data)).toEqual([{ label: 'of the second' }])
    await one.close()
    await two.close()
  })

  it.each(['indexeddb', 'memory'] as const)('records with the %s store too', async (prefer) => {
    const page = await openTestPage(site)
    await start(page, { prefer })
    expect(await page.evaluate(() => rooms.recording!.spool)).toBe(prefer)
    await wait(1500)
    await expectWhole(await stop(page), page)
    await page.close()
  })

  it('whose own thread is blocked for 1.5 s misses no picture', async () => {
    const page = await openTestPage(site)
    await page.evaluate(async () => {
      const stream = await navigator.mediaDevices.getUserMedia({ video: true })
      for (const track of stream.getTracks()) track.stop()
      rooms.recording = await rooms.sdk.startRecording({
        server: '',
        capture: await rooms.sdk.openCapture({ camera: true, microphone: true }),
      })
      await new Promise((resolve) => setTimeout(resolve, 800))
      for (const until = performance.now() + 1500; performance.now() < until; );
      await new Promise((resolve) => setTimeout(resolve, 500))
    })
    const id = await page.evaluate(async () => (await rooms.recording!.stop()).id)
    const times = (await packets(site.receiver.recordings.get(id)!.path, 'v')).map(({ time }) => time)
    const steps = times.slice(1).map((time, index) => time - times[index]!)
    // 45 pictures fall into the block; a pipeline on the page's thread would make none of them, a busy machine most.
    const missed = Math.max(...steps) * 30
    expect(missed).toBeLessThan(30)
    expect(times.length).toBeGreaterThan(50)
    await page.close()
  })
})

describe('the browser', () => {
  it('is killed in mid-recording: another one with the same profile recovers what was spooled', async () => {
    const told: Buffer[] = []
    const profile = `${site.folder}/killed`
    const killed = await spawnBrowser(profile)
    const page = await openTestPage(site, { browser: killed.context, told: (bytes) => told.push(bytes) })
    await start(page)
    await wait(2000)
    await expect.poll(async () => (await progress(page)).safeBytes, { timeout: busyMs }).toBeGreaterThan(0)
    const moments = [await moment(page)]
    await wait(500)
    site.receiver.leave()
    await wait(500)
    moments.push(await moment(page)) // in the spool alone
    await wait(2000)
    const { recordedBytes, unspooledBytes, safeBytes } = await progress(page)
    expect(safeBytes).toBeGreaterThan(0)
    expect(safeBytes).toBeLessThan(recordedBytes)
    await killed.kill()
    site.receiver.back()
    const again = await openBrowser(profile)
    const next = await openTestPage(site, { browser: again })
    await expectRecovered(next, told, recordedBytes - unspooledBytes, moments)
    await again.close()
  })
})

describe('storage', () => {
  /** From now on the browser gives this origin no more than `quotaSize` bytes; without one, what it likes. */
  async function limitStorage(page: Page, quotaSize?: number): Promise<void> {
    const session = await page.context().newCDPSession(page)
    const origin = site.receiver.origin
    await session.send('Storage.overrideQuotaForOrigin', quotaSize === undefined ? { origin } : { origin, quotaSize })
  }
  afterEach(async () => {
    const page = await openTestPage(site)
    await limitStorage(page)
    await page.evaluate(deleteSpools)
    await page.close()
  })

  it('that is full: the recording says so, goes on from memory while it is being sent, and arrives whole', async () => {
    const page = await openTestPage(site)
    site.receiver.leave()
    await start(page, { noise: true })
    await limitStorage(page, 1000)
    await expect.poll(() => page.evaluate(() => rooms.notices), { timeout: busyMs }).toContain('spool-full')
    const { unspooledBytes } = await progress(page)
    expect(unspooledBytes).toBeGreaterThan(0)
    const moments = [await moment(page)]
    site.receiver.back()
    await expect.poll(async () => (await progress(page)).waitingBytes, { timeout: busyMs }).toBe(0)
    moments.push(await moment(page))
    await wait(1200)
    const recording = await stop(page)
    await expectWhole(recording, page)
    await expectFilmed(recording, moments)
    await page.close()
  })

  it('that is full for a while: what waited in memory is stored when there is room again', async () => {
    const page = await openTestPage(site)
    site.receiver.leave()
    await start(page, { noise: true })
    await limitStorage(page, 1000)
    await expect.poll(() => page.evaluate(() => rooms.notices), { timeout: busyMs }).toContain('spool-full')
    const moments = [await moment(page)]
    await limitStorage(page)
    await expect.poll(() => page.evaluate(() => rooms.notices), { timeout: busyMs }).toContain('spool-recovered')
    moments.push(await moment(page))
    await expect.poll(async () => (await progress(page)).unspooledBytes).toBe(0)
    await wait(500)
    site.receiver.back()
    const recording = await stop(page)
    await expectWhole(recording, page)
    await expectFilmed(recording, moments)
    await page.close()
  })

  it('that is full while the server is away: at the bound of memory the recording ends, and is published whole', async () => {
    const page = await openTestPage(site)
    site.receiver.leave()
    await start(page, { noise: true, memoryBytes: 12_000_000, patienceMs: 500 })
    await wait(1000)
    const moments = [await moment(page)]
    await limitStorage(page, 1000)
    await expect.poll(() => page.evaluate(() => rooms.notices), { timeout: busyMs }).toContain('spool-full')
    moments.push(await moment(page)) // from here on it is in memory alone
    await page.waitForFunction(() => rooms.recording!.state.state === 'kept', undefined, { timeout: busyMs })
    expect(await page.evaluate(() => rooms.notices)).toEqual(
      expect.arrayContaining(['memory-full', 'state stopping', 'state kept']),
    )
    site.receiver.back()
    await page.waitForFunction(() => rooms.recording!.state.state === 'published', undefined, { timeout: busyMs })
    const recording = [...site.receiver.recordings.values()].at(-1)!
    const all = Buffer.from(await page.evaluate(pageProduced), 'base64')
    const body = await site.receiver.body(recording.id)
    expect(body.length).toBeGreaterThan(1_000_000)
    expect(all.subarray(0, body.length).equals(body)).toBe(true)
    await expectFilmed(recording, moments)
    await page.close()
  })

  it.each(['opfs', 'indexeddb'] as const)(
    '%s that is full: a typed refusal, nothing half there, and it goes on later',
    async (kind) => {
      // Of its own, since browsers remember for half a minute how much room there was.
      const fresh = await openBrowser(`${site.folder}/full-${kind}`)
      const page = await openTestPage(site, { browser: fresh })
      await limitStorage(page, 3 * 1024 * 1024)
      await page.evaluate(async (kind) => {
        const store = await rooms.stores[kind]()
        const id = crypto.randomUUID()
        const meta = {
          id,
          title: '',
          contentType: 'video/mp4',
          createdAt: 1,
          state: 'recording' as const,
          target: null,
          headBytes: 0,
        }
        rooms.file = await store.create(meta)
        await rooms.file.append(new Uint8Array(1000).fill(1))
      }, kind)
      const append = () =>
        page.evaluate(async () => {
          // Browsers let a file grow into a reserve before they ask for quota again: enough to come to its end.
          for (let at = 0; at < 12; at++) {
            const before = rooms.file!.size
            try {
              await rooms.file!.append(rooms.grain)
            } catch (fault) {
              return { code: (fault as { code: string }).code, grew: rooms.file!.size - before }
            }
          }
          return null
        })
      expect(await append()).toEqual({ code: 'quota', grew: 0 })
      await limitStorage(page)
      await expect.poll(append, { timeout: busyMs, interval: 1000 }).toBeNull()
      const sums = await page.evaluate(async () => {
        const whole = await rooms.file!.read(0, rooms.file!.size)
        await rooms.file!.close()
        return {
          right: whole.every((byte, at) => byte === (at < 1000 ? 1 : rooms.grain[(at - 1000) % rooms.grain.length])),
          whole: (whole.length - 1000) % (1024 * 1024),
        }
      })
      expect(sums).toEqual({ right: true, whole: 0 })
      await fresh.close()
    },
  )

  it.each(['opfs', 'indexeddb', 'memory'] as const)('%s keeps the contract of spool stores', async (kind) => {
    const page = await openTestPage(site)
    const held = await page.evaluate(async (kind) => {
      const store = await rooms.stores[kind]()
      return rooms.spoolContract(store, async () => (kind === 'indexeddb' ? rooms.stores[kind]() : store))
    }, kind)
    expect(held.length).toBeGreaterThanOrEqual(6)
    await page.close()
  })
})

async function expectRecovered(page: Page, told: Buffer[], spooledBytes: number, moments: Moment[]): Promise<void> {
  const before = new Set(site.receiver.recordings.keys())
  const waiting = await page.evaluate(() => rooms.sdk.recoverRecordings({ server: '' }))
  expect(waiting).toMatchObject([{ outcome: 'published' }])
  const [result] = waiting
  const id = result?.outcome === 'published' ? result.recording.id : ''
  const body = await site.receiver.body(id)
  expect(spooledBytes).toBeGreaterThan(50_000)
  expect(body.length).toBeGreaterThanOrEqual(spooledBytes)
  const produced = Buffer.concat(told)
  // What was spooled last may have been told to nobody: the page went with the message.
  const common = Math.min(produced.length, body.length)
  expect(common).toBeGreaterThanOrEqual(spooledBytes)
  expect(produced.subarray(0, common).equals(body.subarray(0, common))).toBe(true)
  expect((await packets(site.receiver.recordings.get(id)!.path, 'v')).length).toBeGreaterThan(60)
  await expectFilmed(site.receiver.recordings.get(id)!, moments)
  expect(await page.evaluate(() => rooms.sdk.listSpools())).toEqual([])
  expect(before.size).toBeLessThanOrEqual(site.receiver.recordings.size)
}
