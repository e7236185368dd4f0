// The site on which recordings are made in these tests: its page, the receiver that serves it, and a browser that visits.
import type { BrowserContext, Page } from 'playwright-core'
import { buildPage, openBrowser, temporaryFolder } from './browser.ts'
import { Receiver } from './receiver.ts'

export type TestSite = {
  /** Gone when the site is closed. */
  folder: string
  receiver: Receiver
  browser: BrowserContext
  close(): Promise<void>
}

export async function openTestSite(): Promise<TestSite> {
  await using opened = new AsyncDisposableStack()
  const folder = await temporaryFolder()
  opened.defer(() => folder.remove())
  await buildPage(`${folder.path}/site`)
  const receiver = await Receiver.open(`${folder.path}/bodies`, `${folder.path}/site`)
  opened.defer(() => receiver.close())
  const browser = await openBrowser(`${folder.path}/profile`)
  opened.defer(() => browser.close())
  // From here on it stays open; what was opened before a failure is not left behind.
  const all = opened.move()
  return { folder: folder.path, receiver, browser, close: () => all.disposeAsync() }
}

export type Visit = {
  /** Another one than the site's own. */
  browser?: BrowserContext
  /** Without Chromium's track processors and generators, as other browsers are. */
  bare?: boolean
  /** Hears every piece that encoders of this page give out. */
  told?: (bytes: Buffer) => void
}

/** The site's page, with its rooms open. */
export async function openTestPage(site: TestSite, { browser = site.browser, bare, told }: Visit = {}): Promise<Page> {
  const page = await browser.newPage()
  if (bare) {
    await page.addInitScript(() => {
      for (const name of ['MediaStreamTrackProcessor', 'MediaStreamTrackGenerator'])
        Reflect.deleteProperty(globalThis, name)
    })
  }
  if (told) await page.exposeFunction('tellProduced', (base64: string) => told(Buffer.from(base64, 'base64')))
  await page.goto(site.receiver.origin)
  await page.waitForFunction(() => 'rooms' in globalThis)
  return page
}
