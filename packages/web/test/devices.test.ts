// Devices that are refused or lost: what is left is recorded, and the page says what is missing.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asOwner, type OwnerPages, serveOwnerPages } from './owner-pages.ts'
import { inspect } from './page-inspection.ts'
import { publishedHere } from './published-pictures.ts'
import { type OpenedPage, openPage } from './served-pages.ts'

let served: OwnerPages
let opened: OpenedPage
let page: Page
let session: CDPSession
const folder = mkdtempSync(join(tmpdir(), 'rushes-devices-'))

beforeAll(async () => {
  served = await serveOwnerPages({ asks: true })
  opened = await openPage(served, asOwner)
  page = opened.page
  session = await served.browser.newBrowserCDPSession()
}, 120_000)
afterAll(async () => {
  await served?.close()
  rmSync(folder, { recursive: true, force: true })
}, 30_000)

/** Taken back while it is used, the device's tracks end, as when it is unplugged. */
async function permit(name: 'camera' | 'microphone', setting: 'granted' | 'denied'): Promise<void> {
  const own = await opened.context.newCDPSession(page)
  const { browserContextId } = (await own.send('Target.getTargetInfo')).targetInfo
  await own.detach()
  const { origin } = served
  await session.send('Browser.setPermission', {
    permission: { name },
    setting,
    origin,
    ...(browserContextId !== undefined && { browserContextId }),
  })
}

const recording = () => page.getByText(/^(All safe|Safe as you go)$/).waitFor({ timeout: 30_000 })
const button = (name: string) => page.getByRole('button', { name, exact: true })

async function choose(source: RegExp): Promise<void> {
  await page.goto(`${served.origin}/record`)
  await page.getByRole('radio', { name: source }).check()
  await page.getByRole('checkbox', { name: 'Microphone', exact: true }).check()
  await page.getByRole('checkbox', { name: /Count down/ }).uncheck()
}

/** Stops, and says what kinds of media were published. */
async function published(): Promise<string[]> {
  await recording()
  await button('Stop').click()
  const { file } = await publishedHere(page, folder)
  const look = ['-v', 'error', '-show_entries', 'stream=codec_type', '-of', 'csv=p=0', file]
  const { stdout } = await promisify(execFile)('ffprobe', look)
  return stdout.trim().split('\n').sort()
}

describe('a device', { timeout: 120_000 }, () => {
  it('that is refused is left out by one press, which stands beside the reason', async () => {
    await permit('camera', 'granted')
    await permit('microphone', 'denied')
    await choose(/^Camera/)
    await button('Record').click()
    await page
      .getByText(/The browser may not use the microphone\./)
      .first()
      .waitFor()
    await inspect(page, 'record-refused')
    await button('Record without the microphone').click()
    expect(await published()).toEqual(['video'])
  })

  it('that is refused after another one is left out as well: the screen is recorded alone', async () => {
    await permit('camera', 'denied')
    await permit('microphone', 'denied')
    await choose(/^Screen and camera/)
    await page.evaluate(() => {
      const canvas = document.createElement('canvas')
      setInterval(() => canvas.getContext('2d')!.fillRect(0, 0, 9, 9), 40)
      navigator.mediaDevices.getDisplayMedia = async () => canvas.captureStream()
    })
    await button('Record').click()
    await button('Record without the camera').click()
    await button('Record without the microphone').click()
    expect(await published()).toEqual(['video'])
  })

  it('that is lost in mid-recording is named, and another one takes its place', async () => {
    await permit('camera', 'granted')
    await permit('microphone', 'granted')
    await choose(/^Camera/)
    await button('Record').click()
    await recording()
    await permit('microphone', 'denied')
    const gone = page.getByText(/^The microphone “.+” is gone: recording goes on without its sound\.$/)
    await gone.waitFor()
    await page.getByRole('checkbox', { name: 'Microphone on' }).waitFor({ state: 'detached' })
    await permit('microphone', 'granted')
    await page.getByLabel('Which microphone').selectOption('The usual one')
    await page.getByRole('checkbox', { name: 'Microphone on' }).waitFor()
    await gone.waitFor({ state: 'detached' })
    expect(await published()).toEqual(['audio', 'video'])
  })
})
