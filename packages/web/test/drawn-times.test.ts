// What is drawn while recording, as people get it: the timeline says when each thing was drawn and taken back, and the
// published file shows it then; or, where the picture was kept clean, the page that plays it does.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onPreview, type Place, stroke } from './drawing-hand.ts'
import { asOwner, type OwnerPages, serveOwnerPages } from './owner-pages.ts'
import { besideInspection, inspect } from './page-inspection.ts'
import { expectChanges, isRed, picturesOf, publishedHere, type Span, type Told } from './published-pictures.ts'
import { type OpenedPage, openPage } from './served-pages.ts'

let served: OwnerPages
let opened: OpenedPage
let page: Page
const folder = mkdtempSync(join(tmpdir(), 'rushes-drawn-times-'))

beforeAll(async () => {
  served = await serveOwnerPages()
  opened = await openPage(served, asOwner)
  page = opened.page
}, 120_000)
afterAll(async () => {
  await served?.close()
  rmSync(folder, { recursive: true, force: true })
}, 30_000)

const button = (name: string) => page.getByRole('button', { name, exact: true })
/** So that each change gets pictures of its own. */
const soon = () => page.waitForTimeout(350)

async function record(choice: RegExp): Promise<void> {
  await page.getByRole('radio', { name: choice }).check()
  await page.getByRole('checkbox', { name: /Count down/ }).uncheck()
  await button('Record').click()
  await page.getByText(/^(All safe|Safe as you go)$/).waitFor()
}

/** In the browser: what is shared as a screen is white, with stripes at the right below, as a text that can be read. */
function shareStripedSheet(): void {
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width: 1280, height: 720 })
  const context = canvas.getContext('2d', { alpha: false })!
  const draw = () => {
    context.fillStyle = '#fff'
    context.fillRect(0, 0, 1280, 720)
    context.fillStyle = '#000'
    for (let x = 912; x < 1200; x += 24) context.fillRect(x, 440, 12, 240)
  }
  draw()
  setInterval(draw, 200)
  navigator.mediaDevices.getDisplayMedia = async () => canvas.captureStream(30)
}

/** When it was done. */
const at = ({ t }: Told): Span => [t, t]
/** When it was begun to be drawn. */
const begun = ({ t, data }: Told): Span => [t - Number(data['drawnMs']), t - Number(data['drawnMs'])]
/** From then on until it was done. */
const drawn = ({ t, data }: Told): Span => [t - Number(data['drawnMs']), t]
const operations = (events: Told[]) => events.map(({ kind, data }) => `${kind} ${data['op']}`)

describe('what is drawn while recording', { timeout: 90_000 }, () => {
  it('changes the picture at the time of its event, with each tool: within 50 ms', async () => {
    await page.goto(`${served.origin}/record`)
    await page.evaluate(shareStripedSheet)
    await record(/^Screen A/)
    await button('Pen').click()
    await page.getByLabel('Thickness').selectOption({ label: 'Thick' })
    const [left, right] = [[0.1031, 0.1056] as const, [0.2531, 0.1056] as const]
    await stroke(page, left, right)
    await button('Line').click()
    await stroke(page, [0.35, 0.1], [0.5, 0.1])
    await page.keyboard.press('a')
    await stroke(page, [0.6, 0.1], [0.75, 0.1])
    await page.keyboard.press('r')
    await stroke(page, [0.1, 0.25], [0.25, 0.4])
    await page.keyboard.press('o')
    await stroke(page, [0.35, 0.25], [0.5, 0.4])
    await soon()
    // However long it takes to type in a pause, it is no time of the media.
    await page.keyboard.press('k')
    await page.getByRole('status').filter({ hasText: 'Paused' }).waitFor()
    await page.keyboard.press('t')
    await page.mouse.click(...(await onPreview(page, [0.6, 0.25])))
    await page.getByLabel('Note', { exact: true }).fill('Look here')
    expect(opened.faults, 'before the inspection, which breaks the policy itself').toEqual([])
    await inspect(page, 'live-drawing')
    await page.getByLabel('Note', { exact: true }).press('Enter')
    await page.keyboard.press('k')
    await page.getByRole('status').filter({ hasText: 'Recording' }).waitFor()
    await soon()
    await page.keyboard.press('u')
    await soon()
    await page.keyboard.press('Shift+U')
    await soon()
    await page.keyboard.press('e')
    await page.mouse.click(...(await onPreview(page, [0.2, 0.1056])))
    await page.keyboard.press('x')
    await stroke(page, [0.7, 0.6], [0.95, 0.95])
    await page.keyboard.press('h')
    await stroke(page, [0.1, 0.6], [0.4, 0.9])
    await soon()
    await page.keyboard.press('u')
    await soon()
    await page.keyboard.press('g')
    const pointer = [0.553, 0.806] as const
    await page.mouse.move(...(await onPreview(page, pointer)))
    await page.waitForTimeout(900) // longer than its trail is seen
    await page.keyboard.press('Escape')
    await soon()
    await page.keyboard.press('Shift+C')
    await soon()
    await button('Stop').click()

    const { file, events } = await publishedHere(page, folder)
    const pictures = await picturesOf(file)
    const wanted = 'add add add add add add undo redo erase add add undo laser clear'
    expect(operations(events)).toEqual(wanted.split(' ').map((op) => `annotation ${op}`))
    type Three = [Told, Told, Told]
    const [pen, line, arrow, rectangle, ellipse, note, ...others] = events as [...Three, ...Three, ...Told[]]
    const [undo, redo, erase, blur, spotlight, lit, laser, clear] = others as [...Three, ...Three, Told, Told]
    const red = (x: number, y: number) => (picture: number) => isRed(pictures.colour(picture, [x, y]))
    const changes = (what: string, isThere: (picture: number) => boolean, ...spans: Span[]) =>
      expectChanges(pictures, what, isThere, spans)
    changes("the stroke's beginning", red(...left), begun(pen), at(erase))
    changes("the stroke's end", red(...right), drawn(pen), at(erase))
    changes('the line', red(0.49, 0.1), drawn(line), at(clear))
    changes('the arrow', red(0.7, 0.1), drawn(arrow), at(clear))
    changes("the rectangle's lower side", red(0.175, 0.4), drawn(rectangle), at(clear))
    changes("the ellipse's lowest point", red(0.425, 0.4), drawn(ellipse), at(clear))
    changes('the paper of the note', red(0.604, 0.31), begun(note), at(undo), at(redo), at(clear))
    expect(at(note), 'typed in a pause').toEqual(begun(note))
    const contrast = (picture: number) => {
      const [least, most] = pictures.range(picture, [0.78, 0.75], [0.86, 0.8])
      return most - least
    }
    changes('the unreadable region', (picture) => contrast(picture) < 128, drawn(blur), at(clear))
    const isDark = (picture: number) => Math.max(...pictures.colour(picture, [0.55, 0.55])) < 180
    changes('the dark around the spotlight', isDark, begun(spotlight), at(lit))
    const trail = laser.data['trail'] as number[]
    const pointed = trail.findIndex((x, index) => index % 3 === 0 && Math.abs(x - pointer[0]) < 0.01)
    const since = laser.t - trail[pointed + 2]!
    changes('the laser', red(...pointer), [since, since], at(laser))
    expect(laser.t - since).toBeGreaterThan(700)
  })

  it('is in no picture of the file where that was kept clean, but over it from its event to that which takes it back', async () => {
    await page.goto(`${served.origin}/record`)
    await page.getByText('More settings').click()
    await page.getByRole('checkbox', { name: 'Keep drawings beside the picture, not in it' }).check()
    await record(/^White page/)
    await button('Rectangle').click()
    await stroke(page, [0.5, 0.5], [0.9, 0.9])
    await soon()
    await page.keyboard.press('p')
    await stroke(page, [0.1, 0.2], [0.3, 0.2])
    await soon()
    await page.keyboard.press('u')
    await page.keyboard.press('g')
    await page.mouse.move(...(await onPreview(page, [0.2, 0.7])))
    await page.waitForTimeout(1200) // a laser that rests is seen for as long
    await page.keyboard.press('Escape')
    await page.keyboard.press('Shift+C')
    await soon()
    await button('Stop').click()

    const { file, shareUrl, events } = await publishedHere(page, folder)
    const pictures = await picturesOf(file)
    for (const [picture] of pictures.times.entries()) {
      expect(pictures.range(picture, [0, 0], [1, 1])[0], `picture ${picture}`).toBeGreaterThan(240)
    }
    expect(operations(events)).toEqual(['add', 'add', 'undo', 'laser', 'clear'].map((op) => `annotation ${op}`))
    const [rectangle, line, undo, laser, clear] = events as [Told, Told, Told, Told, Told]
    const trail = laser.data['trail'] as number[]
    const pointed = laser.t - trail.at(-1)!

    const guest = await openPage(served)
    await guest.page.goto(shareUrl)
    const canvas = guest.page.locator('rushes-drawn-overlay canvas')
    await canvas.waitFor()
    await guest.page.waitForFunction(() => (document.querySelector('rushes-player')?.media?.readyState ?? 0) > 0)
    const edges: [string, Place, Span, Span][] = [
      ['the rectangle', [0.7, 0.9], drawn(rectangle), at(clear)],
      ['the line', [0.3, 0.2], drawn(line), at(undo)],
      ['the laser', [0.2, 0.7], [pointed, pointed], at(laser)],
    ]
    for (const [what, place, comes, goes] of edges) {
      const moments = [comes[0] - 50, comes[1] + 50, goes[0] - 50, goes[1] + 50]
      const shown: boolean[] = []
      for (const ms of moments) shown.push(await isOverlaid(guest.page, ms, place))
      expect(shown, `${what} at ${moments.join(', ')}`).toEqual([false, true, true, false])
    }
    expect(await isOverlaid(guest.page, laser.t - 100, [0.7, 0.9])).toBe(true)
    await inspect(guest.page, 'drawn-watch')
    await guest.page.getByLabel('Show drawings').uncheck()
    expect(await canvas.count()).toBe(0)
    await guest.page.getByLabel('Show drawings').check()
    await canvas.waitFor()
    expect(besideInspection(guest.faults)).toEqual([])
    await guest.context.close()
  })
})

/** Whether the overlay has something at this place of the picture when the player stands at `ms`. */
function isOverlaid(page: Page, ms: number, place: Place): Promise<boolean> {
  return page.evaluate(
    async ({ seconds, place: [x, y] }) => {
      const player = document.querySelector('rushes-player')!
      const media = player.media!
      const sought = new Promise((resolve) => media.addEventListener('seeked', resolve, { once: true }))
      player.seek(seconds)
      await sought
      for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
      const canvas = document.querySelector<HTMLCanvasElement>('rushes-drawn-overlay canvas')!
      const scale = Math.min(canvas.width / media.videoWidth, canvas.height / media.videoHeight)
      const across = canvas.width / 2 + (x - 0.5) * media.videoWidth * scale
      const down = canvas.height / 2 + (y - 0.5) * media.videoHeight * scale
      return canvas.getContext('2d')!.getImageData(across, down, 1, 1).data[3]! > 128
    },
    { seconds: ms / 1000, place },
  )
}
