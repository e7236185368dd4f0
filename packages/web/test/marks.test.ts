// Marks, from the key that sets one while recording to the list beside the video, for its maker and for guests.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asOwner, type OwnerPages, serveOwnerPages } from './owner-pages.ts'
import { besideInspection, inspect } from './page-inspection.ts'
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
    const counts = () => page.locator('.mark-count').allTextContents()
    await expect.poll(counts, { timeout: 10_000 }).toEqual(['marked 2 times', 'marked 1 times'])
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
    await expect.poll(at, { timeout: 10_000 }).toBeCloseTo(seconds[1]!, 1)
    await guest.page.keyboard.press('Tab')
    await guest.page.keyboard.press('Enter')
    await expect.poll(at, { timeout: 10_000 }).toBeCloseTo(seconds[2]!, 1)
    await inspect(guest.page, 'marks-watch')
    expect(besideInspection(guest.faults)).toEqual([])
  })
})
