// Other people's pages: the package as npm gives it, no framework, no bundler, another origin than the server's.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entryBytes } from '../../../scripts/plain-modules.ts'
import { entryBudget } from '../../../scripts/recorder-package.ts'
import { seriousFaults } from '../../player/test/accessibility.ts'
import { startTestServer, type TestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'
import { openBrowser, temporaryFolder } from './browser.ts'
import { openPackedSite, type PackedSite } from './packed-site.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let site: PackedSite
let server: TestServer
let browser: BrowserContext
const faults: string[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  site = await openPackedSite(folder.path)
  server = await startTestServer({ allowedOrigins: [site.origin] })
  browser = await openBrowser(`${folder.path}/profile`)
  browser.on('weberror', (error) => faults.push(String(error.error())))
}, 240_000)

const patient = { timeout: 30_000 }

afterAll(async () => {
  await browser?.close()
  await server?.close()
  await site?.close()
  await folder?.remove()
})

async function openExample(name: string, at = server.url): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(`${site.origin}/${name}.html?server=${at}&key=${testOwnerKey}`)
  return page
}

async function published(shareUrl: string) {
  const view = await server.client.shared(new URL(shareUrl).pathname.split('/').at(-1)!)
  expect(view.state).toBe('published')
  return view
}

describe('the package', () => {
  it.each(['index.js', 'element.js'])('is small before anybody records: %s', (entry) => {
    const bytes = entryBytes(site.folder, entry)
    expect(bytes).toBeGreaterThan(10_000)
    expect(bytes).toBeLessThan(entryBudget)
  })

  it('brings its types', () => {
    const program = `
      import { openCapture, startRecording, type Recording } from '@rushes/recorder'
      import type { RushesRecorderElement } from '@rushes/recorder/element.js'
      export async function record(): Promise<string | null> {
        const capture = await openCapture({ microphone: true })
        const recording: Recording = await startRecording({ server: '', capture })
        recording.on('progress', ({ durationMs }) => durationMs.toFixed())
        return (await recording.stop()).shareUrl
      }
      const element: RushesRecorderElement = document.querySelector('rushes-recorder')!
      element.start().then(() => element.pause())
      ${'PLACE'}`
    expect(site.typeErrors(program.replace('PLACE', ''))).toBe('')
    // Where types were lost, everything would pass.
    expect(site.typeErrors(program.replace('PLACE', 'element.start(1); const s: number = element.state'))).toMatch(
      /TS2554[\s\S]*TS2322/,
    )
  })
})

describe('the examples, on a page of another site', () => {
  for (const name of ['element', 'buttons', 'voice-note']) {
    it(`${name}.html has at most 60 lines`, () => {
      const lines = readFileSync(join(import.meta.dirname, '..', 'examples', `${name}.html`), 'utf8').trimEnd()
      expect(lines.split('\n').length).toBeLessThanOrEqual(60)
    })
  }

  it('element.html: a report with a recording of the screen, by keyboard alone', async () => {
    const page = await openExample('element')
    const button = page.getByRole('button', { name: 'Record', exact: true })
    await button.focus()
    await page.keyboard.press('Enter')
    // The focus went to what took the button's place.
    await expect
      .poll(() => page.getByRole('button', { name: 'Pause' }).evaluate((it) => it.matches(':focus')), patient)
      .toBe(true)
    await page.waitForFunction(() =>
      /0:0[1-9]/.test(document.querySelector('rushes-recorder')!.shadowRoot!.textContent!),
    )
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Resume' }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Pause' }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    const link = page.locator('rushes-recorder a')
    await link.waitFor()
    const shareUrl = (await link.getAttribute('href'))!
    expect(await page.getByLabel('Video').inputValue()).toBe(shareUrl)
    // share-only: the link, not the file.
    expect(await link.count()).toBe(1)
    expect((await published(shareUrl)).title).toBe('Problem report')
    await page.getByRole('button', { name: 'Send report' }).press('Enter')
    expect(await page.locator('output').textContent()).toBe(`Sent: ${shareUrl}`)
    await page.close()
  })

  it('buttons.html: records, pauses, publishes and plays', async () => {
    const page = await openExample('buttons')
    await page.getByRole('button', { name: 'Record this tab' }).click()
    await page.getByText(/^[1-9]\.\d s,/).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByRole('button', { name: 'Stop' }).click()
    const status = page.getByText(/^Published: /)
    await status.waitFor()
    const view = await published((await status.textContent())!.slice('Published: '.length))
    expect(view.tracks.map(({ kind }) => kind).sort()).toEqual(['audio', 'video'])
    await page.waitForFunction(() => (document.querySelector('video')?.duration ?? 0) > 0.5)
    await page.close()
  })

  it('voice-note.html: a tab that dies in mid-note has it listed at the next visit', async () => {
    const page = await openExample('voice-note')
    await page.getByRole('button', { name: 'Record a note' }).click()
    await page.getByRole('button', { name: 'Done' }).waitFor()
    await page.waitForFunction(() => document.querySelector('meter')!.value > 0)
    await expect
      .poll(async () => (await server.client.recordings()).recordings[0]?.bytes ?? 0, patient)
      .toBeGreaterThan(10_000)
    await page.close()
    const again = await openExample('voice-note')
    const saved = again.getByRole('link', { name: /\(saved\)$/ })
    await saved.waitFor()
    const view = await published((await saved.getAttribute('href'))!)
    expect(view.tracks.map(({ kind }) => kind)).toEqual(['audio'])
    await again.getByRole('button', { name: 'Record a note' }).click()
    await again.getByRole('button', { name: 'Done' }).waitFor()
    await again.waitForFunction(() => document.querySelector('meter')!.value > 0)
    await again.getByRole('button', { name: 'Done' }).click()
    await again.getByRole('link').nth(1).waitFor()
    await again.close()
  })

  it('raise no error of their own', () => expect(faults).toEqual([]))
})

describe('<rushes-recorder>', () => {
  it('says what is wrong and goes on to be usable: nothing chosen, refused', async () => {
    const page = await openExample('element')
    for (const name of ['Screen', 'Microphone']) await page.getByLabel(name).uncheck()
    const told = page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          document.addEventListener('fault', (event) => resolve((event as CustomEvent).detail.message), { once: true })
        }),
    )
    await page.getByRole('button', { name: 'Record', exact: true }).click()
    await page.getByText('Choose what to record first.').waitFor()
    expect(await told).toBe('Choose what to record first.')
    expect(await page.getByRole('button', { name: 'Record', exact: true }).isEnabled()).toBe(true)
    await page.close()
  })

  it('needs no key where the site’s own server asks for it', async () => {
    site.forward({ server: server.url, key: testOwnerKey })
    const page = await browser.newPage()
    await page.goto(`${site.origin}/element.html?server=/rushes`)
    await page.getByLabel('Screen').uncheck()
    await page.getByRole('button', { name: 'Record', exact: true }).click()
    await page.waitForFunction(() => document.querySelector('rushes-recorder')!.recording?.progress.safeBytes)
    await page.getByRole('button', { name: 'Stop' }).click()
    const link = page.locator('rushes-recorder a')
    await link.waitFor()
    await published((await link.getAttribute('href'))!)
    await page.close()
  })

  it('is discarded without a trace', async () => {
    const before = (await server.client.recordings()).recordings.length
    const page = await openExample('element')
    await page.getByRole('button', { name: 'Record', exact: true }).click()
    await page.waitForFunction(() => document.querySelector('rushes-recorder')!.recording?.id != null)
    await page.getByRole('button', { name: 'Discard' }).click()
    await page.getByRole('button', { name: 'Record', exact: true }).waitFor()
    await expect.poll(async () => (await server.client.recordings()).recordings.length, patient).toBe(before)
    await page.close()
  })

  it('has nothing serious that an automatic check finds, light, dark and narrow, at rest and running', async () => {
    const page = await openExample('element')
    const look = async (name: string): Promise<void> => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await seriousFaults(page), `${name}, ${colorScheme}`).toEqual([])
        const pictures = process.env['RUSHES_PICTURES']
        if (pictures !== undefined)
          await page.screenshot({ path: join(pictures, `element-${name}-${colorScheme}.png`) })
      }
    }
    await look('rest')
    await page.setViewportSize({ width: 360, height: 640 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
    await page.getByRole('button', { name: 'Record', exact: true }).click()
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    await look('running-narrow')
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.locator('rushes-recorder a').waitFor()
    await look('done-narrow')
    await page.close()
  })
})
