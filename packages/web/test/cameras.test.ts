// Cameras on the record page: two of them and a part of a shared tab, arranged by hand while it records; and a phone's
// alone, held upright and on its side. What is published shows each where it was put.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { colourAt, decode, pictureUntil, probe } from '../../recorder/test/browser.ts'
import { drag, type Place } from './drawing-hand.ts'
import { asOwner, type OwnerPages, serveOwnerPages } from './owner-pages.ts'
import { besideInspection, inspectPhone } from './page-inspection.ts'
import { publishedHere } from './published-pictures.ts'
import { launchChromium, openPage } from './served-pages.ts'

const run = promisify(execFile)
const sharedTab = 'Four colours'
const quarters = ['red', 'lime', 'blue', 'yellow'] as const

let served: OwnerPages
const folder = mkdtempSync(join(tmpdir(), 'rushes-cameras-'))

beforeAll(async () => {
  served = await serveOwnerPages({
    asks: true,
    more: [
      '--use-fake-device-for-media-stream=device-count=2,display-media-type=browser',
      `--auto-select-tab-capture-source-by-title=${sharedTab}`,
    ],
  })
}, 120_000)
afterAll(async () => {
  await served?.close()
  rmSync(folder, { recursive: true, force: true })
}, 30_000)

async function choose(page: Page, source: RegExp): Promise<void> {
  await page.goto(`${served.origin}/record`)
  await page.getByRole('radio', { name: source }).check()
  await page.getByRole('checkbox', { name: 'Microphone', exact: true }).uncheck()
  await page.getByRole('checkbox', { name: /Count down/ }).uncheck()
}

const recording = (page: Page) => page.getByText(/^(All safe|Safe as you go)$/).waitFor({ timeout: 30_000 })

type Published = {
  size: { width: number; height: number }
  /** Seconds of the marks that were set, in their order. */
  marks: number[]
  at(seconds: number): Promise<Look>
}
/** The colour at a share of the picture's width and height. */
type Look = (x: number, y: number) => string

/** The file that is offered now that it stopped; it decodes whole. */
async function published(page: Page): Promise<Published> {
  const { file, events } = await publishedHere(page, folder)
  expect(await decode(file)).toEqual([])
  const video = (await probe(file)).streams.find(({ codec_type }) => codec_type === 'video')!
  const size = { width: video.width!, height: video.height! }
  return {
    size,
    marks: events.filter(({ kind }) => kind === 'mark').map(({ t }) => t / 1000),
    async at(seconds) {
      const picture = await pictureUntil(file, seconds)
      return (x, y) => colourAt(picture, size, x, y)
    },
  }
}

describe('cameras', { timeout: 90_000 }, () => {
  it('two of them and a part of the tab that is shared are published where the pointer put them, from then on', async () => {
    const { page, context, faults } = await openPage(served, asOwner)
    const shared = await context.newPage()
    const backgrounds = quarters.map((colour) => `<div style="background: ${colour}"></div>`).join('')
    await shared.setContent(`<title>${sharedTab}</title>
      <body style="margin: 0; height: 100vh; display: grid; grid: 50% 50% / 50% 50%">${backgrounds}`)
    await page.bringToFront()
    await choose(page, /^Screen and camera/)
    await page.getByRole('checkbox', { name: 'A second camera' }).check()
    const second = page.getByLabel('Which second camera')
    await second.selectOption({
      index: await second
        .locator('option')
        .count()
        .then((count) => count - 1),
    })
    await page.getByRole('button', { name: 'Record', exact: true }).click()
    await recording(page)
    await page.getByRole('button', { name: /^Camera bubble/ }).waitFor()
    await page.getByRole('button', { name: /^Second camera bubble/ }).waitFor()
    // A busy machine is late with its pictures: what was done has been seen for a while at its mark.
    const mark = async () => {
      await page.waitForTimeout(1200)
      await page.keyboard.press('i')
    }
    // Of a quarter of the height, 3 % from the edge.
    const [left, right]: Place[] = [
      [0.087, 0.845],
      [0.913, 0.845],
    ]
    await mark()
    await drag(page, '.preview', left!, [0.3, 0.3])
    await drag(page, '.preview', right!, [0.35, 0.75])
    await mark()
    await page.getByRole('button', { name: 'Record a part of the screen …' }).click()
    await drag(page, '.portion-stage', [0.55, 0.55], [0.95, 0.95])
    await page.getByRole('application', { name: /^Part of the screen, 51\d × 28\d pixels$/ }).waitFor()
    await page.getByRole('button', { name: 'Use this part' }).click()
    await mark()
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    const { at, marks: times } = await published(page)
    await context.close()
    expect(faults).toEqual([])
    expect(times.length).toBe(3)
    const [before, moved, part] = await Promise.all(times.map((seconds) => at(seconds - 0.05)))
    const corners = (look: Look) => [look(0.02, 0.03), look(0.98, 0.03), look(0.02, 0.5), look(0.98, 0.55)]
    const isCamera = (look: Look, [x, y]: Place, behind: string) => look(x, y) !== behind

    expect(corners(before!)).toEqual(['red', 'green', 'blue', 'yellow'])
    expect([isCamera(before!, left!, 'blue'), isCamera(before!, right!, 'yellow')]).toEqual([true, true])
    expect([before!(0.3, 0.3), before!(0.35, 0.75)]).toEqual(['red', 'blue'])
    expect(corners(moved!)).toEqual(corners(before!))
    expect([moved!(...left!), moved!(...right!)]).toEqual(['blue', 'yellow'])
    expect([isCamera(moved!, [0.3, 0.3], 'red'), isCamera(moved!, [0.35, 0.75], 'blue')]).toEqual([true, true])
    expect(corners(part!)).toEqual(Array(4).fill('yellow'))
    expect([isCamera(part!, [0.3, 0.3], 'yellow'), isCamera(part!, [0.35, 0.75], 'yellow')]).toEqual([true, true])
  })

  it.each([
    { held: 'upright', viewport: { width: 390, height: 844 }, size: { width: 480, height: 640 } },
    { held: 'on its side', viewport: { width: 844, height: 390 }, size: { width: 640, height: 480 } },
  ])(
    'of a phone that is held $held is published as it is held, by a page that fits',
    async ({ held, viewport, size }) => {
      const seen = join(folder, 'seen.y4m')
      const quarter = quarters.map(
        (colour, index) => `color=${colour}:s=${size.width / 2}x${size.height / 2}:d=1:r=20[${index}]`,
      )
      const all = `${quarter.join(';')};[0][1]hstack[above];[2][3]hstack[below];[above][below]vstack`
      await run('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', all, '-pix_fmt', 'yuv420p', seen])
      const browser = await launchChromium({ more: [`--use-file-for-fake-video-capture=${seen}`] })
      const phone = { viewport, isMobile: true, hasTouch: true }
      const { page, faults } = await openPage({ ...served, browser }, { ...asOwner, ...phone })
      await choose(page, /^Camera/)
      await page.waitForFunction(
        () => (document.querySelector('.preview-main video') as HTMLVideoElement)?.videoWidth > 0,
      )
      const name = `phone-${held.replaceAll(' ', '-')}`
      const found = () => besideInspection(faults.splice(0))
      await inspectPhone(page, `${name}-before`)
      const record = page.getByRole('button', { name: 'Record', exact: true })
      expect(await inSight(page, record)).toBe(true)
      await record.tap()
      await recording(page)
      await inspectPhone(page, `${name}-live`)
      const stop = page.getByRole('button', { name: 'Stop', exact: true })
      expect([await inSight(page, stop), await inSight(page, page.getByRole('button', { name: 'Pause' }))]).toEqual([
        true,
        true,
      ])
      await stop.tap()
      const { size: made, at } = await published(page)
      await inspectPhone(page, `${name}-done`)
      const shown = (await page.locator('rushes-player').boundingBox())!
      expect(shown.height > shown.width).toBe(held === 'upright')
      expect(found()).toEqual([])
      await browser.close()
      expect(made).toEqual(size)
      const look = await at(0.5)
      expect([look(0.1, 0.1), look(0.9, 0.1), look(0.1, 0.9), look(0.9, 0.9)]).toEqual([
        'red',
        'green',
        'blue',
        'yellow',
      ])
    },
  )
})

/** Without scrolling. */
async function inSight(page: Page, button: ReturnType<Page['getByRole']>): Promise<boolean> {
  const { x, y, width, height } = (await button.boundingBox())!
  const viewport = page.viewportSize()!
  return x >= 0 && y >= 0 && x + width <= viewport.width && y + height <= viewport.height
}
