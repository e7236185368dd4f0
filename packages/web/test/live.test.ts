// A delivery watched while it arrives: the real server, the pages as they are built, a real browser.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPages } from '../../../scripts/pages.ts'
import { type CmafEvent, makeCmafEvent, withGap, withSet } from '../../server/test/cmaf-event.ts'
import { createDelivery, type DeliverySender } from '../../server/test/delivery-sender.ts'
import { startTestServer, type TestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'
import { pagesFolder } from '../src/index.ts'
import { besideInspection, inspect } from './page-inspection.ts'
import { launchChromium } from './served-pages.ts'

const gapSeconds = 7
let server: TestServer
let browser: Browser
let event: CmafEvent

beforeAll(async () => {
  buildPages()
  server = await startTestServer({ webRoot: pagesFolder })
  browser = await launchChromium()
  event = withSet(withGap(makeCmafEvent(16), 4, gapSeconds), 'slides')
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await server?.close()
}, 30_000)

/** Lists and sends what an encoder would have by the end of segment `sequence`. */
async function deliverUpTo(sender: DeliverySender, sequence: number): Promise<void> {
  const { entries, files } = event
  const first = entries.findIndex(
    (entry) => entry.type === 'end' || (entry.type === 'segment' && entry.sequence > sequence),
  )
  const count = first === -1 ? entries.length : first
  expect((await sender.list(0, entries.slice(0, count))).status).toBe(200)
  for (const entry of entries.slice(0, count)) {
    const file = entry.type === 'segment' ? entry.file : entry.type === 'representation' ? entry.init : null
    if (file !== null) expect((await sender.put(file.name, files.get(file.name)!)).ok, file.name).toBe(true)
  }
}

/** As an encoder does at its end. */
async function deliverRest(sender: DeliverySender): Promise<void> {
  await sender.list(0, event.entries)
  for (const [name, bytes] of event.files) await sender.put(name, bytes)
}

type Opened = { page: Page; faults: string[] }

async function watch(url: string, extraHTTPHeaders: Record<string, string> = {}): Promise<Opened> {
  const context = await browser.newContext({ extraHTTPHeaders })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text())
  })
  await page.goto(url)
  return { page, faults }
}

const media = (page: Page) =>
  page.evaluate(() => {
    const video = document.querySelector('rushes-player')?.media
    if (video == null) return null
    const { currentTime, duration, paused, currentSrc, seeking } = video
    const frames = video.getVideoPlaybackQuality().totalVideoFrames
    return { currentTime, duration, paused, currentSrc, seeking, frames }
  })

/** Waits until the picture has moved on beyond `seconds`. */
const playedBeyond = (page: Page, seconds: number) =>
  page
    .waitForFunction(
      (least) => {
        const video = document.querySelector('rushes-player')?.media
        return (
          video != null &&
          !video.seeking &&
          video.currentTime > least &&
          video.getVideoPlaybackQuality().totalVideoFrames > 0
        )
      },
      seconds,
      { timeout: 30_000 },
    )
    .catch(async (cause: unknown) => {
      throw new Error(`not played beyond ${seconds} s: ${JSON.stringify(await media(page))}`, { cause })
    })

describe('a live page', { timeout: 120_000 }, () => {
  it('plays what has arrived, goes back and to what happens now, over a gap, and becomes the recording', async () => {
    const sender = await createDelivery(server)
    const share = (await server.client.recording(sender.id)).shareUrl!
    const { page, faults } = await watch(share)
    await page.getByText('Nothing of this event has arrived yet').waitFor()
    await inspect(page, 'live-nothing')

    await deliverUpTo(sender, 3)
    const live = page.getByRole('button', { name: /^(Live|.* Go to live)$/ })
    await live.waitFor()
    await page.keyboard.press('k')
    // Three target durations before the end of the 8 seconds that are there.
    await playedBeyond(page, 2.2)
    expect(await live.textContent()).toBe('Live')
    await inspect(page, 'live-now')

    // Back to the start; the distance is said, and there is a way back.
    await page.keyboard.press('0')
    await page.keyboard.press('k')
    await deliverUpTo(sender, 6)
    await page.getByRole('button', { name: /^−0:1\d Go to live$/ }).waitFor()
    expect((await media(page))!.currentTime).toBeLessThan(2)
    await inspect(page, 'live-behind')
    await live.click()
    await page.keyboard.press('k')
    await page.getByRole('button', { name: 'Live', exact: true }).waitFor()
    // 14 seconds are there: what happens now is at 8.
    expect((await media(page))!.currentTime).toBeGreaterThan(7)

    // The gap lies behind 10 seconds, and is not waited for.
    await playedBeyond(page, 10.5)
    const before = (await media(page))!
    expect(before.currentSrc).toMatch(/^blob:/)
    await deliverRest(sender)
    await page.waitForFunction(() => document.querySelector('rushes-player')?.media?.currentSrc.endsWith('/file.mp4'))
    await playedBeyond(page, before.currentTime + gapSeconds - 0.5)
    const after = (await media(page))!
    expect(after.paused).toBe(false)
    // Where one was: the file shows the gap as time, the stream did not.
    expect(after.currentTime).toBeLessThan(before.currentTime + gapSeconds + 8)
    await page.getByText('The recording is finished and can be watched.').waitFor({ state: 'attached' })
    expect(await live.count()).toBe(0)
    // Other sets have no file of their own: they are still played from their segments.
    await page.getByRole('radio', { name: 'Slides' }).check()
    await page.waitForFunction(() => document.querySelector('rushes-player')?.media?.currentSrc.startsWith('blob:'))
    await playedBeyond(page, 10.5)
    await inspect(page, 'live-finished-sets')
    expect(besideInspection(faults)).toEqual([])
    await page.context().close()
  })

  it('goes on by itself when the network of the viewer was away', async () => {
    const sender = await createDelivery(server)
    await deliverUpTo(sender, 3)
    const { page } = await watch((await server.client.recording(sender.id)).shareUrl!)
    await page.getByRole('button', { name: /^(Live|.* Go to live)$/ }).waitFor()
    await page.keyboard.press('k')
    await playedBeyond(page, 2.5)
    await page.waitForFunction(() => {
      const { buffered } = document.querySelector('rushes-player')!.media!
      return buffered.length > 0 && buffered.end(buffered.length - 1) > 7.5
    })
    await page.context().setOffline(true)
    await deliverUpTo(sender, 6)
    // All that it had is played, and it waits.
    await playedBeyond(page, 7.5)
    await page.waitForTimeout(6000)
    expect((await media(page))!.currentTime).toBeLessThan(8.5)
    await page.context().setOffline(false)
    await playedBeyond(page, 9)
    expect(await page.getByRole('alert').count()).toBe(0)
    await page.context().close()
  })

  it('is found in the library, with how much of the event is here', async () => {
    const sender = await createDelivery(server, undefined, 'Evening')
    await deliverUpTo(sender, 2)
    await sender.list(0, event.entries.slice(0, -1))
    const { page } = await watch(`${server.url}/library`, { authorization: `Bearer ${testOwnerKey}` })
    const line = page.locator('.recording', { hasText: 'Evening' })
    await line.getByText('Live', { exact: true }).waitFor()
    await line.getByRole('progressbar', { name: /^\d\d % of what is recorded has arrived$/ }).waitFor()
    await inspect(page, 'library-live')
    await line.getByRole('link', { name: 'Watch live: Evening' }).click()
    await page.getByRole('button', { name: /^(Live|.* Go to live)$/ }).waitFor()
    await page.goBack()
    await sender.list(0, event.entries)
    await line.getByText(/^The event is over\. \d\d % has arrived/).waitFor()
    await page.context().close()
  })
})
