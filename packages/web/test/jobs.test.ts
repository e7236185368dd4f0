// The chart of a job that runs on the real server, in a real browser.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCapacity } from '@rushes/pipeline'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPages } from '../../../scripts/pages.ts'
import { addTestJob, followToEnd, roomyMachine } from '../../server/test/followed-jobs.ts'
import { testKind } from '../../server/test/job-kinds-for-tests.ts'
import { startTestDatabase, type TestDatabase } from '../../server/test/postgres-for-tests.ts'
import { startTestServer, type TestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'
import { pagesFolder } from '../src/index.ts'
import { asOwner } from './owner-pages.ts'
import { besideInspection, inspect } from './page-inspection.ts'
import { launchChromium, type OpenedPage, openPage } from './served-pages.ts'

let database: TestDatabase
let server: TestServer
let opened: OpenedPage
let page: Page
let browser: Awaited<ReturnType<typeof launchChromium>>

beforeAll(async () => {
  buildPages()
  database = await startTestDatabase()
  server = await startTestServer({
    ...{ databaseUrl: database.url, webRoot: pagesFolder, jobKinds: { test: testKind() } },
    jobCapacity: openCapacity({ monitor: roomyMachine() }),
  })
  browser = await launchChromium()
  opened = await openPage({ origin: server.url, browser }, asOwner)
  page = opened.page
}, 240_000)
afterAll(async () => {
  await browser?.close()
  await server?.close()
  await database?.close()
}, 60_000)

const bars = () => page.locator('.job-bar')

/** In the picture: the place of each bar, and which rule and lane it is in. */
const drawnBars = () =>
  bars().evaluateAll((all) =>
    all.map((bar) => {
      const lane = bar.closest('.job-lane')!
      const { left, right } = bar.getBoundingClientRect()
      const at = [...document.querySelectorAll('.job-lane')].indexOf(lane)
      return { left, right, lane: at, words: bar.getAttribute('aria-label') ?? '' }
    }),
  )
/** A bar of no time has a width too, so that it is seen. */
const leastBarPixels = 4

describe('the page of a job', { timeout: 180_000 }, () => {
  it('shows what runs beside each other while it runs, and its end, without a reload', async () => {
    const id = await addTestJob(database.kysely, { pages: [6, 4], pageMs: 700, brokenPage: 3 }, 'Lecture 7: Heat')
    await page.goto(`${server.url}/jobs/${id}`)
    await page.getByRole('heading', { level: 1, name: 'Lecture 7: Heat' }).waitFor()
    await page.getByText('Runs', { exact: true }).waitFor()
    await expect.poll(() => page.locator('.job-bar.is-running').count(), { timeout: 30_000 }).toBe(2)
    const running = page.locator('.job-bar.is-running').first()
    const before = await running.getAttribute('aria-label')
    await expect.poll(() => running.getAttribute('aria-label'), { timeout: 20_000 }).not.toBe(before)
    await inspect(page, 'job-running')
    await page.getByText('Done', { exact: true }).waitFor({ timeout: 90_000 })
    const { tasks } = await followToEnd(server.url, id)
    const attempts = [...tasks.values()].flatMap((task) => task.attempts)
    await expect.poll(() => bars().count()).toBe(attempts.length)
    await page.getByText(/^What ran when: .*; at most 2 tasks at once\.$/).waitFor()
    expect(await page.getByRole('row').count()).toBe(1 + tasks.size)
    await inspect(page, 'job-done')
  })

  it('[overlap] draws tasks beside each other as they ran: two cores, two bars at once, never three, and none in one lane', async () => {
    const drawn = await drawnBars()
    const atOnce = drawn.map(
      ({ left, right }) =>
        drawn.filter((other) => other.left < right - leastBarPixels && other.right > left + leastBarPixels).length,
    )
    expect(Math.max(...atOnce)).toBeGreaterThanOrEqual(2)
    const middles = drawn.map(({ left, right }) => (left + right) / 2)
    const through = (x: number) =>
      drawn.filter(({ left, right }) => left + leastBarPixels < x && right - leastBarPixels > x)
    expect(Math.max(...middles.map((x) => through(x).length))).toBe(2)
    for (const x of middles) expect(new Set(through(x).map(({ lane }) => lane)).size).toBe(through(x).length)
    // As the rules say: nothing is drawn before its deck was split, and nothing is put together before all is drawn.
    const of = (rule: string) => drawn.filter(({ words }) => words.startsWith(`${rule}-`))
    const first = (rule: string) => Math.min(...of(rule).map(({ left }) => left))
    const last = (rule: string) => Math.max(...of(rule).map(({ right }) => right))
    expect(first('draw')).toBeGreaterThanOrEqual(Math.min(...of('split').map(({ right }) => right)) - leastBarPixels)
    expect(first('collate')).toBeGreaterThanOrEqual(last('draw') - leastBarPixels)
  })

  it('is led through by keys, and says of each task what was tried', async () => {
    await page.getByRole('group', { name: /^Tasks by rule and time/ }).waitFor()
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '')
    await bars().first().focus()
    const first = await focused()
    expect(first).toMatch(/^split-\d+, splitter, done, from 0 ms to /)
    // One stop for Tab, whatever there is.
    expect(await page.locator('.job-bar[tabindex="0"]').count()).toBe(1)
    await page.keyboard.press('ArrowRight')
    const seen = new Set([first, await focused()])
    for (let step = 0; step < 6; step++) {
      await page.keyboard.press('ArrowDown')
      seen.add(await focused())
    }
    expect([...seen].some((words) => words.startsWith('draw-'))).toBe(true)
    expect(await focused()).toMatch(/^collate-/)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 3, name: /^collate-/ }).waitFor()
    await page.getByText('archive.umf').waitFor()
    // What the fast one could not do, in the picture and in words.
    const failed = page.locator('.job-bar.is-nothing').first()
    await failed.click()
    await page.getByText('tried by', { exact: true }).waitFor()
    await page.locator('.job-chosen').getByText('fast, then careful').waitFor()
    await page.locator('.job-chosen').getByText('slide 3 can’t be read: its picture ends too early').waitFor()
    await inspect(page, 'job-chosen')
  })

  it('cancels it, says why one stopped, and lists all of them', async () => {
    const stuck = await addTestJob(database.kysely, { pages: [2], pageMs: 60_000 }, 'A long one')
    await page.goto(`${server.url}/jobs/${stuck}`)
    await page.getByRole('button', { name: 'Cancel', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel job' }).click()
    await page.getByText('Cancelled', { exact: true }).waitFor({ timeout: 30_000 })
    const broken = await addTestJob(database.kysely, { pages: [1], pageMs: 5, end: 'critical' }, 'A broken one')
    await followToEnd(server.url, broken)
    await page.goto(`${server.url}/jobs/${broken}`)
    await page.getByRole('alert').getByText('nothing in it can be shown').waitFor()
    await inspect(page, 'job-critical')
    await page.getByRole('link', { name: 'All jobs' }).click()
    await page.getByRole('link', { name: 'A broken one' }).waitFor()
    await page.getByRole('link', { name: 'A long one' }).waitFor()
    await inspect(page, 'jobs')
    expect(besideInspection(opened.faults)).toEqual([])
  })

  it('has a picture to save that stands alone, in light and dark', async () => {
    const { jobs } = await server.client.jobs()
    const lecture = jobs.find(({ title }) => title.startsWith('Lecture'))!
    const response = await fetch(`${server.url}/api/v1/jobs/${lecture.id}/chart.svg`, {
      headers: { authorization: `Bearer ${testOwnerKey}` },
    })
    const chart = await response.text()
    const shots = process.env['RUSHES_SHOTS']
    if (shots !== undefined) writeFileSync(join(shots, 'job-chart.svg'), chart)
    await page.goto(`${server.url}/api/v1/jobs/${lecture.id}/chart.svg`)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const fill = await page.evaluate(() => getComputedStyle(document.querySelector('svg > rect')!).fill)
      const [red = 0] = fill.match(/\d+/g)!.map(Number)
      expect(red > 128, `${colorScheme}: ${fill}`).toBe(colorScheme === 'light')
      if (shots !== undefined) await page.screenshot({ path: join(shots, `job-chart-${colorScheme}.png`) })
    }
    expect(await page.title()).toBe('Tasks of “Lecture 7: Heat”')
  })
})
