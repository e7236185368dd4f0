// Drawing and arranging on the live preview, with the pointer and with the keyboard, from the button to the published
// picture.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drag, onPreview as placeOnPreview } from './drawing-hand.ts'
import { asOwner, type OwnerPages, serveOwnerPages } from './owner-pages.ts'
import { besideInspection, inspect as inspectPage } from './page-inspection.ts'
import { isRed, publishedHere } from './published-pictures.ts'
import { type OpenedPage, openPage } from './served-pages.ts'

let served: OwnerPages
let opened: OpenedPage
let page: Page
const folder = mkdtempSync(join(tmpdir(), 'rushes-drawing-'))

beforeAll(async () => {
  served = await serveOwnerPages()
  opened = await openPage(served, asOwner)
  page = opened.page
}, 120_000)
afterAll(async () => {
  await served?.close()
  rmSync(folder, { recursive: true, force: true })
}, 30_000)

const inspect = (name: string): Promise<void> => inspectPage(page, name)
const heading = (words: string) => page.getByRole('heading', { level: 1, name: words })
const button = (name: string) => page.getByRole('button', { name, exact: true })
const recording = () => page.getByText(/^(All safe|Safe as you go)$/).waitFor()

async function begin(choice: RegExp): Promise<void> {
  await page.goto(`${served.origin}/record`)
  await page.getByRole('radio', { name: choice }).check()
  await page.getByRole('checkbox', { name: /Count down/ }).uncheck()
  await button('Record').click()
  await recording()
}

/** The last picture of the recording that was published, RGB. */
async function published(): Promise<{ at(x: number, y: number): number[] }> {
  const { file } = await publishedHere(page, folder)
  const last = join(folder, 'last.ppm')
  // Every picture in turn, each over the one before: a busy machine leaves some out before the end.
  const look = ['-v', 'error', '-y', '-i', file, '-map', '0:v', '-vf', 'scale=640:360', '-update', '1', last]
  await promisify(execFile)('ffmpeg', look)
  const pixels = readFileSync(last).subarray(-640 * 360 * 3)
  return {
    at(x, y) {
      const offset = (Math.floor(y * 360) * 640 + Math.floor(x * 640)) * 3
      return [...pixels.subarray(offset, offset + 3)]
    },
  }
}

const onPreview = (x: number, y: number) => placeOnPreview(page, [x, y])

describe('on the preview', { timeout: 90_000 }, () => {
  it('one chooses, records, pauses, draws, resumes, stops and copies the link by keyboard alone', async () => {
    await page.goto(`${served.origin}/record`)
    await heading('Record').waitFor()
    const focused = () =>
      page.evaluate(() => {
        const at = document.activeElement
        return (at?.closest('label')?.textContent ?? at?.getAttribute('aria-label') ?? at?.textContent ?? '').trim()
      })
    const tabTo = async (words: RegExp) => {
      for (let step = 0; step < 60; step++) {
        await page.keyboard.press('Tab')
        if (words.test(await focused())) return
      }
      throw new Error(`Tab does not reach ${words}`)
    }
    await tabTo(/^(Screen|Camera|White page)/)
    const whitePage = page.getByRole('radio', { name: /^White page/ })
    for (let step = 0; step < 4 && !(await whitePage.isChecked()); step++) await page.keyboard.press('ArrowDown')
    expect(await whitePage.isChecked()).toBe(true)
    await tabTo(/^Record$/)
    await page.keyboard.press('Enter')
    await recording()
    // The focus came along, but not to Stop: a held Enter must not end it.
    expect(await page.evaluate(() => document.activeElement?.localName)).toBe('h1')
    await tabTo(/^Pause$/)
    await page.keyboard.press('Enter')
    await page.getByRole('status').filter({ hasText: 'Paused' }).waitFor()
    await page.keyboard.press('l')
    await page.locator('.annotation-surface:focus').waitFor()
    await page.keyboard.press('Enter') // in the middle
    for (let step = 0; step < 10; step++) await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await page.getByRole('dialog').getByText('Keyboard shortcuts').waitFor()
    await inspect('live-shortcuts')
    await page.keyboard.press('Escape')
    await tabTo(/^Resume$/)
    await page.keyboard.press('Enter')
    await page.getByRole('status').filter({ hasText: 'Recording' }).waitFor()
    await page.waitForTimeout(700)
    await tabTo(/^Stop$/)
    await page.keyboard.press('Enter')
    const look = await published()
    expect(isRed(look.at(0.6, 0.5))).toBe(true)
    expect(Math.min(...look.at(0.4, 0.5))).toBeGreaterThan(240)
    await page.evaluate(() => navigator.clipboard.writeText('before'))
    await tabTo(/^Copy/)
    await page.keyboard.press('Enter')
    await page.getByText('The link is copied.').waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/\/r\/[\w-]+$/)
  })

  it('one moves the bubble by dragging and by arrows, and chooses a part of the screen', async () => {
    await begin(/^Screen and camera/)
    const grip = page.getByRole('button', { name: /^Camera bubble/ })
    const centre = async () => {
      const [box, frame] = [(await grip.boundingBox())!, (await page.locator('.preview').boundingBox())!]
      return [(box.x + box.width / 2 - frame.x) / frame.width, (box.y + box.height / 2 - frame.y) / frame.height]
    }
    await grip.waitFor()
    // Both play: a preview that is drawn anew must not begin anew.
    await page.waitForFunction(() =>
      [...document.querySelectorAll('video')].every(({ currentTime }) => currentTime > 1),
    )
    const [x, y] = (await centre()) as [number, number]
    await drag(page, '.preview', [x, y], [0.5, 0.5])
    await expect.poll(async () => (await centre())[0], { timeout: 10_000 }).toBeCloseTo(0.5, 2)
    expect((await centre())[1]).toBeCloseTo(0.5, 2)
    await grip.focus()
    for (let step = 0; step < 5; step++) await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter') // a rounded square
    await expect.poll(async () => (await centre())[0], { timeout: 10_000 }).toBeCloseTo(0.6, 2)
    expect(await page.getByLabel('Shape', { exact: true }).inputValue()).toBe('rounded')
    await inspect('live-bubble-moved')
    const faults = opened.faults.length
    await button('Record a part of the screen …').click()
    await page.getByRole('dialog').getByText('Record a part of the screen').waitFor()
    const stage = (await page.locator('.portion-stage').boundingBox())!
    await page.mouse.move(stage.x + stage.width * 0.25, stage.y + stage.height * 0.25)
    await page.mouse.down()
    await page.mouse.move(stage.x + stage.width * 0.75, stage.y + stage.height * 0.75, { steps: 3 })
    await page.mouse.up()
    await page.getByRole('application', { name: /Part of the screen/ }).press('ArrowRight')
    expect(opened.faults.length, 'what the dialogue adds').toBe(faults)
    await inspect('portion')
    await button('Use this part').click()
    await button('Change the part of the screen …').waitFor()
    // The whole of the video is twice as wide as the preview: the part fills it.
    const wide = () =>
      page.evaluate(() => {
        const video = document.querySelector('video[data-source="screen"]') as HTMLElement
        return video.getBoundingClientRect().width / video.parentElement!.getBoundingClientRect().width
      })
    await expect.poll(wide, { timeout: 10_000 }).toBeCloseTo(2, 1)
    await page.keyboard.press('Shift+D')
    await button('Delete it now').click()
    await heading('Record').waitFor()
  })

  it('one starts over after being asked, and nothing of before is left', async () => {
    const ids = async (): Promise<string[]> => {
      const { recordings } = await (await page.request.get(`${served.origin}/api/v1/recordings`)).json()
      return recordings.map(({ id }: { id: string }) => id)
    }
    const before = await ids()
    await begin(/^White page/)
    await page.keyboard.press('p')
    await drag(page, '.preview', [0.2, 0.5], [0.8, 0.5])
    await page.keyboard.press('Escape')
    const floating = opened.context.waitForEvent('page')
    await button('Small window on top').click()
    const small = await floating
    await small.getByRole('timer').waitFor()
    await small.getByRole('button', { name: 'Pause', exact: true }).click()
    await page.getByRole('status').filter({ hasText: 'Paused' }).waitFor()
    await small.getByRole('button', { name: 'Resume', exact: true }).click()
    await page.getByRole('status').filter({ hasText: 'Recording' }).waitFor()
    await page.waitForTimeout(1200)
    await page.keyboard.press('Shift+R')
    await page.getByRole('dialog').getByText('Start over?').waitFor()
    await inspect('restart')
    await page.getByRole('dialog').getByRole('button', { name: 'Start over', exact: true }).click()
    await page
      .getByRole('timer')
      .filter({ hasText: /^0:00$/ })
      .waitFor()
    await recording()
    await page.waitForTimeout(700)
    await button('Stop').click()
    const look = await published()
    expect(Math.min(...look.at(0.5, 0.5))).toBeGreaterThan(240)
    await expect.poll(async () => (await ids()).filter((id) => !before.includes(id)).length).toBe(1)
  })

  it('one draws with a finger, on a phone', async () => {
    const phone = await openPage(served, {
      ...asOwner,
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
    })
    page = phone.page
    await begin(/^Camera/)
    await page.waitForFunction(
      () => (document.querySelector('.preview-main video') as HTMLVideoElement)?.videoWidth > 0,
    )
    await button('Pen').tap()
    const touch = await phone.context.newCDPSession(page)
    await page.evaluate(() => window.scrollTo(0, 0)) // or the page's head lies over the preview
    for (const x of [0.2, 0.4, 0.6, 0.8]) {
      const [left, top] = await onPreview(x, 0.8)
      const type = x === 0.2 ? 'touchStart' : 'touchMove'
      await touch.send('Input.dispatchTouchEvent', { type, touchPoints: [{ x: left, y: top }] })
    }
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    await page.waitForTimeout(700)
    await button('Stop').tap()
    const look = await published()
    expect(isRed(look.at(0.5, 0.8))).toBe(true)
    expect(isRed(look.at(0.5, 0.6))).toBe(false)
    expect(phone.faults).toEqual([])
    await phone.context.close()
    page = opened.page
  })

  it('nothing of this raised an error or spoke to anybody else', () => {
    expect(besideInspection(opened.faults)).toEqual([])
  })
})
