// What was recorded is published as it was, whatever became of the page: by the clock in each of its pictures, and by its
// marks.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OwnBrowser, spawnBrowser } from '../../recorder/test/browser.ts'
import { type ClockPicture, expectUnbroken, readClockFilm } from '../../recorder/test/clock-film.ts'
import { clockCameraScript } from '../../recorder/test/page/clock-picture.ts'
import { makeOwner, type OpenedPage, openPage, type ServedPages, servePages } from './served-pages.ts'

let served: ServedPages
let opened: OpenedPage
let browser: OwnBrowser | null = null
const folder = mkdtempSync(join(tmpdir(), 'rushes-kept-'))

beforeAll(async () => {
  served = await servePages()
  opened = await openPage(served)
  await opened.page.addInitScript({ content: clockCameraScript({ width: 640, height: 360 }) })
  await makeOwner(opened.page, served)
}, 120_000)
afterAll(async () => {
  await browser?.kill()
  await served?.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}, 30_000)

/** Records the camera, until something is safe on the server or what else is to be said. */
async function record(page: Page, said: RegExp = /^(All safe|Safe as you go)$/): Promise<void> {
  await page.goto(`${served.origin}/record`)
  await page.getByRole('radio', { name: /^Camera/ }).check()
  await page.getByRole('checkbox', { name: /Count down/ }).uncheck()
  await page.getByRole('button', { name: 'Record', exact: true }).click()
  await page.getByText(said).waitFor({ timeout: 30_000 })
}

async function mark(page: Page, label: 'important' | 'question'): Promise<void> {
  await page.keyboard.press(label.charAt(0))
  const said = page.getByRole('status').filter({ hasText: new RegExp(`${label} marked`, 'i') })
  await said.waitFor()
}

const newest = async (): Promise<string[]> => {
  const answer = await opened.page.request.get(`${served.origin}/api/v1/recordings`)
  const { recordings } = (await answer.json()) as { recordings: { id: string }[] }
  return recordings.map(({ id }) => id)
}

type Published = { pictures: ClockPicture[]; colours: string[]; marks: string[] }

/** What anybody gets of a published recording; all of it decodes, and every picture shows the clock. */
async function published(id: string): Promise<Published> {
  const get = (path: string) => opened.page.request.get(`${served.origin}/api/v1/recordings/${id}/${path}`)
  const file = join(folder, `${id}.mp4`)
  writeFileSync(file, await (await get('file.mp4')).body())
  const { pictures, unreadable, soundGapMs, faults } = await readClockFilm(file)
  expect([faults, unreadable]).toEqual([[], 0])
  expect(soundGapMs).toBeLessThan(500)
  const timeline = (await (await get('timeline')).json()) as { events: { t: number; data: { label: string } }[] }
  expect(timeline.events.filter(({ t }) => t > pictures.at(-1)!.mediaMs + 1000)).toEqual([])
  const marks = timeline.events.map(({ data }) => data.label)
  return { pictures, colours: [...new Set(pictures.map(({ colour }) => colour))], marks }
}

describe('a recording', { timeout: 120_000 }, () => {
  it('that is started over has nothing of before, and one that is taken back from being discarded has all but the pause', async () => {
    const { page } = opened
    const before = await newest()
    await record(page)
    await mark(page, 'important')
    await page.waitForTimeout(700)
    await page.keyboard.press('Shift+R')
    const anew = page.getByRole('dialog').getByRole('button', { name: 'Start over', exact: true })
    await anew.waitFor()
    const restartedMs = Date.now()
    await anew.click()
    await page
      .getByRole('timer')
      .filter({ hasText: /^0:00$/ })
      .waitFor()
    await page.getByText(/^(All safe|Safe as you go)$/).waitFor({ timeout: 30_000 })
    await mark(page, 'question')
    await page.waitForTimeout(1500)
    const discardedMs = Date.now()
    await page.keyboard.press('Shift+D')
    await page.getByRole('heading', { level: 1, name: 'Discarded' }).waitFor()
    await page.waitForTimeout(3000)
    const undoneMs = Date.now()
    await page.getByRole('button', { name: /^Undo/ }).click()
    await page.getByRole('status').filter({ hasText: 'Recording' }).waitFor()
    await page.waitForTimeout(1500)
    await mark(page, 'important')
    await page.waitForTimeout(500)
    const stoppedMs = Date.now()
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByText('Ready to watch').waitFor({ timeout: 30_000 })

    const made = (await newest()).filter((id) => !before.includes(id))
    expect(made.length).toBe(1)
    const { pictures, marks } = await published(made[0]!)
    expect(marks).toEqual(['question', 'important'])
    expect(pictures[0]!.shownMs).toBeGreaterThanOrEqual(restartedMs)
    const [first, second] = [
      pictures.filter(({ shownMs }) => shownMs < undoneMs),
      pictures.filter(({ shownMs }) => shownMs >= undoneMs),
    ]
    expectUnbroken(first)
    expectUnbroken(second)
    // In the file the two follow each other; only the clock has gone on meanwhile.
    expect(second[0]!.mediaMs - first.at(-1)!.mediaMs).toBeLessThan(1500)
    expect(first.at(-1)!.shownMs).toBeGreaterThan(discardedMs - 500)
    expect(first.at(-1)!.shownMs).toBeLessThan(discardedMs + 1500)
    expect(second[0]!.shownMs).toBeLessThan(undoneMs + 1500)
    expect(second.at(-1)!.shownMs).toBeGreaterThan(stoppedMs - 500)
  })

  it('of three at once in one browser is restored with its own pictures and marks: of a closed tab, of a crashed one, and of a browser that is killed', async () => {
    const before = await newest()
    const cookies = await opened.context.cookies()
    browser = await spawnBrowser(join(folder, 'profile'))
    const { context } = browser
    await context.addCookies(cookies)
    const tabs = [
      { colour: 'red', labels: ['important'] },
      { colour: 'blue', labels: ['question'] },
      { colour: 'magenta', labels: ['question', 'important'] },
    ] as const
    const pages: Page[] = []
    for (const { colour, labels } of tabs) {
      const page = await context.newPage()
      pages.push(page)
      await page.addInitScript({ content: clockCameraScript({ colour, width: 640, height: 360 }) })
      // Of the first not a byte gets to the server: all of it is in the browser's storage.
      if (colour === 'red') await page.route('**/api/v1/recordings', (route) => route.abort())
      await record(page, colour === 'red' ? /waiting: the server is away/ : undefined)
      for (const label of labels) await mark(page, label)
    }
    const [closed, crashed] = pages as [Page, Page, Page]
    await closed.waitForTimeout(3000)
    const ended: number[] = [Date.now()]
    await closed.close()
    const gone = crashed.waitForEvent('crash')
    ended.push(Date.now())
    void context
      .newCDPSession(crashed)
      .then((session) => session.send('Page.crash'))
      .catch(() => {}) // it answers no more
    await gone
    await pages[2]!.waitForTimeout(500)
    ended.push(Date.now())
    await browser.kill()

    browser = await spawnBrowser(join(folder, 'profile'))
    await browser.context.addCookies(cookies)
    const next = await browser.context.newPage()
    await next.goto(`${served.origin}/library`)
    await next
      .getByText(/^Restored: your recording/)
      .nth(2)
      .waitFor({ timeout: 60_000 })
    const made = (await newest()).filter((id) => !before.includes(id))
    expect(made.length).toBe(3)
    const films = await Promise.all(made.map(published))
    for (const [index, { colour, labels }] of tabs.entries()) {
      const film = films.find(({ colours }) => colours.includes(colour))!
      expect(film.colours).toEqual([colour])
      expect(film.marks).toEqual(labels)
      expectUnbroken(film.pictures)
      // What is not on the disk yet is the fragment that is being made, of a second.
      expect(film.pictures.at(-1)!.shownMs, colour).toBeGreaterThan(ended[index]! - 3000)
    }
  })
})
