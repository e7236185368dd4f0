// Marks, from the key that sets one while recording to the list beside the video, for its maker and for guests.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asOwner, type OwnerPages, serveOwnerPages } from './owner-pages.ts'
import { inspect } from './page-inspection.ts'
import { type OpenedPage, openPage } from './served-pages.ts'

let served: OwnerPages
let opened: OpenedPage
let page: Page
let guest: OpenedPage

beforeAll(async () => {
  served = await serveOwnerPages()
  opened = await openPage(served, asOwner)
  page = opened.page
}, 120_000)
afterAll(async () => {
  await served?.close()
}, 30_000)

const list = (of: Page) => of.locator('rushes-moments .moment-words')
const newest = async () => {
  const { recordings } = (await (await page.request.get(`${served.origin}/api/v1/recordings`)).json()) as {
    recordings: { id: string; shareUrl: string }[]
  }
  return recordings[0]!
}

describe('marks', { timeout: 90_000 }, () => {
  it('are set by a click or one key each, and counted', async () => {
    await page.goto(`${served.origin}/record`)
    await page.getByRole('radio', { name: /^Camera/ }).check()
    await page.getByRole('checkbox', { name: /Count down/ }).uncheck()
    await page.getByRole('button', { name: 'Record', exact: true }).click()
    await page.getByText(/^(All safe|Safe as you go)$/).waitFor()
    await page.getByRole('button', { name: /^Important/ }).click()
    await page
      .getByRole('status')
      .filter({ hasText: /Important marked at 0:\d\d/ })
      .waitFor()
    await page.waitForTimeout(1200)
    await page.keyboard.press('q')
    await page
      .getByRole('status')
      .filter({ hasText: /Question marked/ })
      .waitFor()
    await page.waitForTimeout(1200)
    await page.keyboard.press('I')
    await expect.poll(() => page.locator('.mark-count').allTextContents()).toEqual(['marked 2 times', 'marked 1 times'])
    await inspect(page, 'marks-live')
  })

  it('grow on the page of whoever has the link, while it is recorded', async () => {
    guest = await openPage(served)
    await guest.page.goto((await newest()).shareUrl)
    await expect
      .poll(() => list(guest.page).allTextContents(), { timeout: 15_000 })
      .toEqual(['Important', 'Question', 'Important'])
    await page.keyboard.press('q')
    await expect.poll(() => list(guest.page).count(), { timeout: 15_000 }).toBe(4)
  })

  it('lead to their places in the video, by a click and by the keyboard alone, and stand on its bar', async () => {
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByText('Ready to watch').waitFor({ timeout: 30_000 })
    await guest.page.locator('rushes-player').waitFor({ timeout: 15_000 })
    await expect.poll(() => guest.page.locator('rushes-player >> .marks line').count(), { timeout: 15_000 }).toBe(4)
    const { id } = await newest()
    const timeline = (await (await page.request.get(`${served.origin}/api/v1/recordings/${id}/timeline`)).json()) as {
      events: { t: number }[]
    }
    const seconds = timeline.events.map(({ t }) => t / 1000)
    const at = () => guest.page.evaluate(() => document.querySelector('rushes-player')?.media?.currentTime ?? -1)
    await guest.page
      .getByRole('button', { name: /Question$/ })
      .first()
      .click()
    await expect.poll(at).toBeCloseTo(seconds[1]!, 1)
    await guest.page.keyboard.press('Tab')
    await guest.page.keyboard.press('Enter')
    await expect.poll(at).toBeCloseTo(seconds[2]!, 1)
    await inspect(guest.page, 'marks-watch')
    expect(guest.faults.filter((fault) => !fault.includes('Applying inline style'))).toEqual([])
  })
})

describe('drawings that were kept beside the picture', { timeout: 60_000 }, () => {
  it('are shown over it at their times, and can be switched off', async () => {
    const { shareUrl } = await newest()
    const operation = (t: number, data: object) => ({ kind: 'annotation', t, data: { clean: true, ...data } })
    const shape = { kind: 'rectangle', colour: '#ff0000', width: 0.1, from: { x: 0.5, y: 0.5 }, to: { x: 0.9, y: 0.9 } }
    const events = [
      operation(1000, { op: 'add', id: 'a', drawnMs: 0, shape }),
      operation(3000, { op: 'clear' }),
      operation(1, { op: 'add', id: 'b', shape: { kind: 'scribble', points: 'everywhere' } }),
    ].map((event, number) => ({ number, ...event }))
    const other = await openPage(served)
    await other.page.route('**/timeline?from=0', (route) =>
      route.fulfill({ json: { state: 'complete', durationMs: 8000, events, next: null } }),
    )
    await other.page.goto(shareUrl)
    const canvas = other.page.locator('rushes-drawn-overlay canvas')
    await canvas.waitFor()
    /** Of the whole overlay, and where the left side of the rectangle is drawn. */
    const painted = (seconds: number) =>
      other.page.evaluate(async (seconds) => {
        const player = document.querySelector('rushes-player')!
        player.seek(seconds)
        await new Promise((resolve) => player.media!.addEventListener('seeked', resolve, { once: true }))
        for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
        const canvas = document.querySelector<HTMLCanvasElement>('rushes-drawn-overlay canvas')!
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
        const at = 4 * (Math.round(0.7 * canvas.height) * canvas.width + Math.round(0.5 * canvas.width))
        return { any: data.some((value) => value > 0), there: [...data.slice(at, at + 4)] }
      }, seconds)
    expect(await painted(0.5)).toMatchObject({ any: false })
    expect(await painted(2)).toEqual({ any: true, there: [255, 0, 0, 255] })
    await inspect(other.page, 'drawn-watch')
    expect(await painted(3.5)).toMatchObject({ any: false })
    await other.page.getByLabel('Show drawings').uncheck()
    expect(await canvas.count()).toBe(0)
    expect(other.faults.filter((fault) => !fault.includes('Applying inline style'))).toEqual([])
    await other.context.close()
  })
})
