// What other systems recorded, dropped on the page, taken apart while one watches, mended by hand, and kept.
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Capacity, openCapacity } from '@rushes/pipeline'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPages } from '../../../scripts/pages.ts'
import { makeSmallMeeting } from '../../converter/test/small-meeting.ts'
import { smallZip } from '../../converter/test/small-zip.ts'
import { roomyMachine } from '../../server/test/followed-jobs.ts'
import { startTestServer, type TestServer } from '../../server/test/server-for-tests.ts'
import { pagesFolder } from '../src/index.ts'
import { archiveOfABlob, makeMedia } from './made-archive.ts'
import { asOwner } from './owner-pages.ts'
import { besideInspection, inspect } from './page-inspection.ts'
import { launchChromium, type OpenedPage, openPage } from './served-pages.ts'

/** Conversions of a small machine that is busy with other tests. */
const longMs = 150_000

let server: TestServer
let opened: OpenedPage
let page: Page
let browser: Awaited<ReturnType<typeof launchChromium>>
let folder: string
const gate = gatedCapacity(openCapacity({ monitor: roomyMachine() }))

beforeAll(async () => {
  buildPages()
  folder = mkdtempSync(join(tmpdir(), 'rushes-convert-pages-'))
  server = await startTestServer({ webRoot: pagesFolder, jobCapacity: gate.capacity })
  browser = await launchChromium()
  opened = await openPage({ origin: server.url, browser }, asOwner)
  page = opened.page
  page.setDefaultTimeout(longMs)
}, 240_000)
afterAll(async () => {
  gate.open()
  await browser?.close()
  await server?.close()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

/** A machine on which no further task begins until somebody opens the gate: so there is time to look at what runs. */
function gatedCapacity(inner: Capacity) {
  let left = Number.POSITIVE_INFINITY
  let opening = Promise.withResolvers<void>()
  const capacity: Capacity = {
    async enter(asker, demand) {
      if (left <= 0) return null
      const entered = await inner.enter(asker, demand)
      if (entered !== null) left--
      return entered
    },
    leave: (asker) => inner.leave(asker),
    changed: () => Promise.race([inner.changed(), opening.promise]),
  }
  return {
    capacity,
    closeAfter(tasks: number) {
      left = tasks
    },
    open() {
      left = Number.POSITIVE_INFINITY
      opening.resolve()
      opening = Promise.withResolvers()
    },
  }
}

const heading = (name: string | RegExp, level = 1) => page.getByRole('heading', { level, name })
const button = (name: string | RegExp) => page.getByRole('button', { name })
const dialog = () => page.getByRole('dialog')
const mendRow = (words: string) => page.locator('.mend-events li').filter({ hasText: words })

async function toConvert(): Promise<void> {
  const answer = await page.goto(`${server.url}/convert`)
  expect(answer?.status()).toBe(200)
  await heading('Convert').waitFor()
}

/** On the timeline of an archive that is played, s. */
async function goTo(seconds: number): Promise<void> {
  await page.evaluate((t) => document.querySelector('rushes-archive')!.seek(t), seconds)
}

/** Picture is there, so that it can be moved in. */
async function played(): Promise<void> {
  await page.locator('rushes-archive').waitFor({ state: 'attached' })
  const width = () => page.evaluate(() => document.querySelector('rushes-archive')?.player?.media?.videoWidth ?? 0)
  await expect.poll(width, { timeout: longMs }).toBeGreaterThan(0)
}

/** What is shown then: an archive that is just being opened is not moved in yet. */
async function slideAt(seconds: number): Promise<string | null> {
  await goTo(seconds)
  return await page.locator('rushes-archive-slides figcaption .name').textContent()
}

describe('an archive of another system', { timeout: 2 * longMs }, () => {
  it('is a folder that is chosen, and is taken apart while one watches', async () => {
    gate.closeAfter(8)
    await toConvert()
    await inspect(page, 'convert-empty')
    const meeting = await makeSmallMeeting(await mkdtemp(join(folder, 'meeting-')))
    await page.getByLabel('Folder to convert').setInputFiles(meeting)
    await heading('m-1.zip').waitFor()
    await page.getByText('Being taken apart', { exact: true }).waitFor()
    // What is in it: files by what they are, tracks with their times.
    const files = page.getByRole('list', { name: 'Files' })
    await files.getByText('events.xml').waitFor()
    await files.getByText('XML, recording').waitFor()
    await page.getByText(/ files, \d tracks, 1 deck$/).waitFor()
    await heading('Timeline so far', 2).waitFor()
    // What runs and ran, as a picture.
    await page.getByText(/^What ran when: /).waitFor()
    await expect.poll(() => page.locator('.job-bar').count(), { timeout: longMs }).toBeGreaterThan(4)
    await inspect(page, 'convert-running')
    gate.open()
    await page.getByText('To be looked at', { exact: true }).waitFor()
    await heading('What is in it', 2).waitFor()
  })

  it('is played with everything in step before anybody keeps it', async () => {
    await played()
    await expect.poll(() => slideAt(1.5), { timeout: longMs }).toMatch(/, 2$/)
    await page.getByText('Hello', { exact: true }).first().waitFor()
    await expect.poll(() => slideAt(0.2), { timeout: longMs }).toMatch(/, 1$/)
    await inspect(page, 'convert-made')
  })

  it('is mended by hand, by keys alone: an event dropped, one moved and one named, all made at once, and all undone', async () => {
    await button('Mend join at 0:00').focus()
    await page.keyboard.press('Enter')
    await dialog()
      .getByRole('radio', { name: /^It did not happen/ })
      .check()
    await inspect(page, 'convert-mend-event')
    await page.keyboard.press('Enter')
    await button('Mend chat at 0:04').focus()
    await page.keyboard.press('Enter')
    await dialog().getByLabel('Later by, in ms').fill('250.5')
    await dialog().getByLabel('What it is').fill('question')
    await page.keyboard.press('Enter')
    await heading('3 changes to make', 2).waitFor()
    await expect.poll(() => mendRow('join').getAttribute('class')).toBe('is-dropped')
    await inspect(page, 'convert-mends')
    // Nothing is changed before it is said.
    await button('Make the changes').focus()
    await page.keyboard.press('Enter')
    await page.getByText('Mended.', { exact: true }).waitFor()
    await heading(/^It was mended by hand/, 2).waitFor()
    await expect.poll(() => mendRow('question').count()).toBe(1)
    expect(await mendRow('join').count()).toBe(0)
    await button('Undo all mending').focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => mendRow('join').count()).toBe(1)
    expect(await mendRow('question').count()).toBe(0)
  })

  it('refuses what is before the beginning, and says why', async () => {
    await button('Mend chat at 0:00').focus()
    await page.keyboard.press('Enter')
    await dialog().getByLabel('Later by, in ms').fill('-9000')
    await page.keyboard.press('Enter')
    await button('Make the changes').click()
    await page.getByText(/500 ms less 9000 ms is not on the timeline/).waitFor()
    await button(/^Leave out/).click()
    await expect.poll(() => button('Make the changes').count()).toBe(0)
  })

  it('is kept: a recording, whose page plays video, slides and chat in step', async () => {
    await button('Keep it').click()
    await page.getByRole('link', { name: 'Watch it' }).click()
    await played()
    for (const [at, slide] of [
      [0.5, /, 1$/],
      [3.6, /, 3$/],
      [1.4, /, 2$/],
    ] as const) {
      await expect.poll(() => slideAt(at), { timeout: longMs }).toMatch(slide)
    }
    await page.getByText('Hello', { exact: true }).first().waitFor()
    await inspect(page, 'convert-kept-watch')
    await toConvert()
    await page.getByText('Kept', { exact: true }).waitFor()
    await inspect(page, 'convert-list')
    expect(besideInspection(opened.faults)).toEqual([])
  })
})

describe('a file of no known kind', { timeout: 2 * longMs }, () => {
  it('shows what was found in it as a picture, and its events get a name by hand', async () => {
    await toConvert()
    const archive = await archiveOfABlob(makeMedia(folder))
    const file = { name: 'blob.umf', mimeType: 'application/octet-stream', buffer: Buffer.from(archive) }
    await page.getByLabel('Files to convert').setInputFiles(file)
    await heading('Something unknown').waitFor()
    await heading('How it was understood', 2).waitFor()
    const rows = page.locator('.finding-matrix tbody tr')
    expect(await rows.allInnerTexts()).toEqual([
      expect.stringMatching(/53 4c.*events[\s\S]*3[\s\S]*97 %/),
      expect.stringMatching(/00 ff 7e[\s\S]*a heartbeat, no event/),
      expect.stringMatching(/lines of one shape[\s\S]*not clear/),
    ])
    // The taller the mark, the greater the value.
    const heights = await rows
      .first()
      .locator('.finding-marks rect')
      .evaluateAll((marks) => marks.map((mark) => Number(mark.getAttribute('height'))))
    expect(heights).toEqual(heights.toSorted((one, other) => one - other))
    expect(new Set(heights).size).toBe(3)
    await page.getByText('Where each of them lies').click()
    await page.getByText('blob.bin/128').waitFor()
    await inspect(page, 'convert-unknown')
    await button('Name the kind SL').click()
    await dialog().getByLabel('What they are').fill('slide')
    await page.keyboard.press('Enter')
    await heading('1 change to make', 2).waitFor()
    await button('Make the changes').click()
    await expect.poll(() => mendRow('slide').count()).toBe(3)
    await expect.poll(() => slideAt(2.5), { timeout: longMs }).toBe('Deck, 2')
  })
})

describe('an archive of which nothing comes', { timeout: 2 * longMs }, () => {
  it('says so, says what can be done, and is removed', async () => {
    await toConvert()
    const hostile = smallZip([{ name: '../../outside.txt', content: Buffer.from('theirs') }])
    const file = { name: 'hostile.zip', mimeType: 'application/zip', buffer: hostile }
    await page.getByLabel('Files to convert').setInputFiles(file)
    await heading('hostile.zip').waitFor()
    await page.getByText(/^(Failed|To be looked at)$/).waitFor()
    await inspect(page, 'convert-hostile')
    await toConvert()
    await button('Remove hostile.zip').click()
    await dialog().getByRole('button', { name: 'Remove' }).click()
    await expect.poll(() => button('Remove hostile.zip').count()).toBe(0)
  })

  it('is cancelled while it runs, and goes away with what was done', async () => {
    gate.closeAfter(1)
    await toConvert()
    const file = {
      name: 'talk.zip',
      mimeType: 'application/zip',
      buffer: smallZip([{ name: 'a.txt', content: Buffer.from('notes of a talk') }]),
    }
    await page.getByLabel('Files to convert').setInputFiles(file)
    await heading('talk.zip').waitFor()
    await page.getByText('Being taken apart', { exact: true }).waitFor()
    await button('Cancel').click()
    await dialog().getByRole('button', { name: 'Cancel the conversion' }).click()
    await page
      .getByRole('alert')
      .getByText(/Its conversion was cancelled/)
      .waitFor()
    await page.getByText('Choose it once more').waitFor()
    gate.open()
    await inspect(page, 'convert-cancelled')
    expect(besideInspection(opened.faults)).toEqual([])
  })

  it('is somebody else’s, or gone: a page that leads on', async () => {
    const answer = await page.goto(`${server.url}/convert/01912345-6789-7abc-8def-0123456789ab`)
    expect(answer?.status()).toBe(200)
    await heading('This conversion is not here').waitFor()
    await page.getByRole('link', { name: 'To all conversions' }).click()
    await heading('Convert').waitFor()
  })
})
