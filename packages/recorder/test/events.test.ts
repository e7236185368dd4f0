// What happens in a recording besides picture and sound: at its time in the picture, and delivered whatever happens.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SpoolKind } from '../src/index.ts'
import { flashes, packets } from './browser.ts'
import type { StoredRecording } from './receiver.ts'
import { openTestPage, openTestSite, type TestSite } from './site.ts'

let site: TestSite

beforeAll(async () => {
  site = await openTestSite()
})

afterAll(async () => {
  await site?.close()
})

beforeEach(() => {
  site.receiver.back()
})

async function start(page: Page, prefer: SpoolKind = 'opfs'): Promise<void> {
  await page.evaluate(async (prefer) => {
    rooms.capture = rooms.canvasCapture({})
    rooms.recording = await rooms.sdk.startRecording({ server: '', capture: rooms.capture, spool: { prefer } })
    rooms.recording.on('notice', ({ code }) => rooms.notices.push(code))
  }, prefer)
}

const stop = async (page: Page): Promise<StoredRecording> => {
  const id = await page.evaluate(async () => {
    const view = await rooms.recording!.stop()
    rooms.capture!.close()
    return view.id
  })
  return site.receiver.recordings.get(id)!
}

const progress = (page: Page) => page.evaluate(() => rooms.recording!.progress)
const note = (page: Page, from: number, count: number) =>
  page.evaluate(
    ({ from, count }) => {
      for (let number = from; number < from + count; number++) {
        rooms.recording!.addEvent({ kind: 'annotation', data: { op: 'add', number } })
      }
    },
    { from, count },
  )
const numbersOf = (recording: StoredRecording) => recording.events.map(({ data }) => data['number'])
const upTo = (count: number, from = 0) => Array.from({ length: count - from }, (_, index) => from + index)

describe('an event', () => {
  const ways = ['webcodecs', 'mediarecorder'] as const
  it.each(ways)('stands at the time at which the picture shows it, also after a pause: %s', async (prefer) => {
    const page = await openTestPage(site)
    const { id, noted, at } = await page.evaluate(async (prefer) => {
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      const capture = rooms.canvasCapture({ marks: true, audio: true })
      const recording = await rooms.sdk.startRecording({ server: '', capture, encoder: { prefer } })
      // Noted in the very moment in which the picture turns white.
      let white = false
      const at: number[] = []
      const { fillRect } = CanvasRenderingContext2D.prototype
      CanvasRenderingContext2D.prototype.fillRect = function (...area) {
        fillRect.apply(this, area)
        if (this.canvas.isConnected) return // the page's own
        if (this.fillStyle !== '#ffffff') white = false
        else if (!white) {
          white = true
          at.push(performance.now())
          recording.mark('white')
        }
      }
      const noted: number[] = []
      recording.on('event', ({ t }) => noted.push(t))
      for (let flash = 0; flash < 4; flash++) {
        await wait(450)
        if (flash === 2) {
          recording.pause()
          await wait(400)
          recording.resume()
          await wait(300)
        }
        capture.mark()
      }
      await wait(500)
      const { id } = await recording.stop()
      CanvasRenderingContext2D.prototype.fillRect = fillRect
      capture.close()
      return { id, noted, at }
    }, prefer)
    await page.close()
    const recording = site.receiver.recordings.get(id)!
    expect(recording.events).toEqual(noted.map((t) => ({ t, kind: 'mark', data: { label: 'white' } })))
    const shown = (await flashes(recording.path)).map((seconds) => seconds * 1000)
    expect(shown.length).toBe(4)
    for (const [one, other] of [
      [0, 1],
      [2, 3],
    ] as const) {
      const late = [one, other].map((index) => shown[index]! - noted[index]!)
      // A picture comes later than what it shows, on a busy machine much later, but never earlier: the quicker one before
      // and after the pause tells how the clocks stand …
      expect(Math.min(...late)).toBeGreaterThan(-50)
      expect(Math.min(...late)).toBeLessThan(50)
      // … and the page's own clock that they stand so for both.
      expect(Math.abs(noted[other]! - noted[one]! - (at[other]! - at[one]!))).toBeLessThan(20)
    }
  })

  it('is noted of everything that is drawn, at the time at which it is, with whether the picture was kept clean', async () => {
    const page = await openTestPage(site)
    await start(page)
    const told = await page.evaluate(async () => {
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      const { annotations } = rooms.capture!
      const told: object[] = []
      rooms.recording!.on('annotated', ({ data }) => told.push(data))
      const shape = { kind: 'arrow', colour: '#f00', width: 0.01, from: { x: 0, y: 0 }, to: { x: 1, y: 1 } } as const
      annotations.add(shape)
      await wait(500)
      rooms.capture!.compose({ clean: true })
      await wait(200)
      annotations.add(shape)
      annotations.undo()
      await wait(500)
      return told
    })
    expect(told).toHaveLength(3)
    const { events } = await stop(page)
    const wanted = told.map((data, index) => (index === 0 ? data : { ...data, clean: true })) as { t: number }[]
    expect(events).toEqual(wanted.map((data) => ({ t: Math.round(data.t * 1000) / 1000, kind: 'annotation', data })))
    await page.close()
  })

  it('that is none is refused, and the recording goes on', async () => {
    const page = await openTestPage(site)
    await start(page)
    const refusals = await page.evaluate(() => {
      const recording = rooms.recording!
      const refused = (work: () => unknown) => {
        try {
          return JSON.stringify(work())
        } catch (fault) {
          return `${(fault as Error).name} ${(fault as { code: string }).code}`
        }
      }
      return [
        refused(() => recording.addEvent({ kind: 'Not a kind' })),
        refused(() => recording.addEvent({ kind: 'mark', data: {} })),
        refused(() => recording.addEvent({ kind: 'poll', t: Number.NaN })),
        refused(() => recording.addEvent({ kind: 'poll', data: { text: 'x'.repeat(40_000) } })),
        refused(() => recording.addEvent({ kind: 'poll', t: 12.3456 })),
        refused(() => recording.mark('')),
      ]
    })
    const bad = 'RecordingError bad-event'
    expect(refusals).toEqual([bad, bad, bad, bad, '{"t":12.346,"kind":"poll","data":{}}', bad])
    expect((await stop(page)).events.length).toBe(1)
    const late = await page.evaluate(() => {
      try {
        return rooms.recording!.mark('too late').kind
      } catch (fault) {
        return (fault as { code: string }).code
      }
    })
    expect(late).toBe('not-recording')
    await page.close()
  })
})

describe('events', () => {
  it('are delivered while it is recorded, and all of them before it is published', async () => {
    const page = await openTestPage(site)
    await start(page)
    await note(page, 0, 3)
    await expect.poll(async () => (await progress(page)).safeEvents, { timeout: 8000 }).toBe(3)
    expect((await progress(page)).events).toBe(3)
    await note(page, 3, 1200)
    const recording = await stop(page)
    expect(numbersOf(recording)).toEqual(upTo(1203))
    expect(await page.evaluate(() => rooms.notices)).toEqual([])
    await page.close()
  })

  it('are delivered from a spool in memory too', async () => {
    const page = await openTestPage(site)
    await start(page, 'memory')
    await note(page, 0, 20)
    expect(numbersOf(await stop(page))).toEqual(upTo(20))
    await page.close()
  })

  it.each(['opfs', 'indexeddb'] as const)('outlive a reload while the server is away: %s', async (prefer) => {
    const page = await openTestPage(site)
    await start(page, prefer)
    await note(page, 0, 5)
    await expect.poll(async () => (await progress(page)).safeEvents, { timeout: 8000 }).toBe(5)
    site.receiver.leave()
    await note(page, 5, 7)
    await expect.poll(async () => (await progress(page)).recordedBytes, { timeout: 10_000 }).toBeGreaterThan(50_000)
    await page.reload()
    await page.waitForFunction(() => 'rooms' in globalThis)
    site.receiver.back()
    const [result] = await page.evaluate(() => rooms.sdk.recoverRecordings({ server: '' }))
    expect(result).toMatchObject({ outcome: 'published' })
    const id = result?.outcome === 'published' ? result.recording.id : ''
    expect(numbersOf(site.receiver.recordings.get(id)!)).toEqual(upTo(12))
    await page.close()
  })

  it('[Q2, V8] of what is left of a recording that ended early go with it, at the times of its pictures', async () => {
    const page = await openTestPage(site)
    await start(page)
    await note(page, 0, 2)
    await expect.poll(async () => (await progress(page)).safeBytes, { timeout: 8000 }).toBeGreaterThan(50_000)
    await expect.poll(async () => (await progress(page)).safeEvents).toBe(2)
    const first = site.receiver.recordings.get((await page.evaluate(() => rooms.recording!.id))!)!
    site.receiver.leave()
    await note(page, 2, 3)
    await page.waitForTimeout(1500)
    await note(page, 5, 1)
    site.receiver.publishQuietly(first.id)
    site.receiver.back()
    await page.waitForTimeout(1500)
    await note(page, 6, 1)
    const second = await stop(page)
    expect(second.id).not.toBe(first.id)
    expect(numbersOf(first)).toEqual([0, 1])
    expect(numbersOf(second).slice(-5)).toEqual([2, 3, 4, 5, 6])
    // By the timestamps of its own pictures, which go on from those of the first.
    const times = (await packets(second.path, 'v')).map(({ time }) => time * 1000)
    const last = second.events.at(-1)!.t
    expect(last).toBeGreaterThan(times[0]!)
    expect(last).toBeLessThan(times.at(-1)! + 100)
    expect(await page.evaluate(() => rooms.notices)).toContain('continued')
    await page.close()
  })
})
