// A recording watched while it is made: the real server, the pages as they are built, a real browser.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPages } from '../../../scripts/pages.ts'
import { makeLiveBody } from '../../server/test/live-body.ts'
import { type LiveSender, startLiveSender } from '../../server/test/live-sender.ts'
import { startTestServer, type TestServer } from '../../server/test/server-for-tests.ts'
import { pagesFolder } from '../src/index.ts'
import { besideInspection, inspect } from './page-inspection.ts'
import { gatherFaults, launchChromium } from './served-pages.ts'

const seconds = 40
let server: TestServer
let browser: Browser
let bodies: { mp4: Uint8Array; vp8: Uint8Array }

beforeAll(async () => {
  buildPages()
  const [mp4, vp8] = await Promise.all([makeLiveBody('mp4', seconds), makeLiveBody('vp8', seconds)])
  bodies = { mp4, vp8 }
  server = await startTestServer({ webRoot: pagesFolder })
  browser = await launchChromium()
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await server?.close()
}, 30_000)

/** Sends from second `from` on as it would be recorded; `stop` says up to where. */
function record(sender: LiveSender, body: Uint8Array, from: number): { stop(): Promise<number> } {
  const startedAt = performance.now()
  const now = () => from + (performance.now() - startedAt) / 1000
  let running = true
  const sending = (async () => {
    while (running && now() < seconds) {
      await sender.sendUpTo(Math.floor((body.length * now()) / seconds))
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  })()
  return {
    async stop() {
      running = false
      await sending
      return now()
    },
  }
}

async function watch(url: string): Promise<{ page: Page; faults: string[] }> {
  const page = await (await browser.newContext()).newPage()
  const faults = gatherFaults(page)
  await page.goto(url)
  return { page, faults }
}

const position = (page: Page) => page.evaluate(() => document.querySelector('rushes-player')!.media!.currentTime)
/** Waits until it plays between two positions. @throws Error that tells what it does instead */
async function playing(page: Page, least: number, most = Number.MAX_VALUE): Promise<void> {
  const isThere = page.waitForFunction(
    ([from, to]) => {
      const video = document.querySelector('rushes-player')?.media
      return video != null && !video.seeking && !video.paused && video.currentTime > from! && video.currentTime < to!
    },
    [least, most],
    { timeout: 60_000 },
  )
  await isThere.catch(async (cause: unknown) => {
    throw new Error(`it does not play from ${least} on: ${await page.evaluate(standing)}`, { cause })
  })
}

function standing(): string {
  const media = document.querySelector('rushes-player')?.media
  if (media == null) return 'no player'
  const { currentTime, paused, seeking, ended, readyState, networkState, duration, buffered, error } = media
  const ranges = Array.from({ length: buffered.length }, (_, index) => [buffered.start(index), buffered.end(index)])
  const problem = error?.message
  return JSON.stringify({ currentTime, paused, seeking, ended, readyState, networkState, duration, ranges, problem })
}

describe('a recording that is watched while it is made', { timeout: 120_000 }, () => {
  for (const form of ['mp4', 'vp8'] as const) {
    it(`${form}: plays what happens now, goes back to the start and forth, and becomes the finished one`, async () => {
      const body = bodies[form]
      const sender = await startLiveSender(server, body)
      await sender.sendUpTo(Math.floor((body.length * 12) / seconds))
      const recording = record(sender, body, 12)
      const { page, faults } = await watch(sender.share)
      const live = page.getByRole('button', { name: /^(Live|.* Go to live)$/ })
      await live.waitFor()
      // What is pressed before there is anything to play starts nothing, and what is loaded then stays paused.
      await page.waitForFunction(() => (document.querySelector('rushes-player')?.media?.readyState ?? 0) > 0)
      await page.keyboard.press('k')
      await playing(page, 12)
      await page.getByRole('button', { name: 'Live', exact: true }).waitFor()
      expect(sender.isWatched).toBe(true)

      // Back to the start; the distance is said, and there is a way back.
      await page.keyboard.press('0')
      await playing(page, 0.5, 10)
      await page.getByRole('button', { name: /^−0:\d\d Go to live$/ }).waitFor()
      await live.click()
      await playing(page, 13)
      await page.getByRole('button', { name: 'Live', exact: true }).waitFor()

      // The sender loses its network, and finds it again.
      const reached = await recording.stop()
      sender.close()
      await page.getByText('The sender is away.').waitFor()
      if (form === 'mp4') await inspect(page, 'recording-live-away')
      sender.back()
      const rest = record(sender, body, reached)
      await page.getByText('The recording goes on.').waitFor()
      await playing(page, reached + 0.5)

      // It ends: the same page, the same place, and no reload.
      await page.evaluate(() => {
        ;(window as unknown as { kept: boolean }).kept = true
      })
      await rest.stop()
      const before = await position(page)
      await sender.end()
      const file = form === 'mp4' ? '/file.mp4' : '/file.webm'
      await page.waitForFunction(
        (name) => document.querySelector('rushes-player')?.media?.currentSrc.endsWith(name),
        file,
      )
      await playing(page, before, before + 15)
      expect(await page.evaluate(() => (window as unknown as { kept?: boolean }).kept)).toBe(true)
      expect(await live.count()).toBe(0)
      expect(besideInspection(faults)).toEqual([])
      await page.context().close()
    })
  }
})
