// The pages for tests that are about neither accounts nor a server that goes away: served by this very process, to an owner
// who is known by a key and need not sign in.
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { buildPages } from '../../../scripts/pages.ts'
import { startTestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'
import { pagesFolder } from '../src/index.ts'
import { launchChromium } from './served-pages.ts'

export type OwnerPages = {
  origin: string
  browser: Browser
  close(): Promise<void>
}

/** Of a page that its owner looks at. */
export const asOwner: BrowserContextOptions = { extraHTTPHeaders: { authorization: `Bearer ${testOwnerKey}` } }

export async function serveOwnerPages(options: Parameters<typeof launchChromium>[0] = {}): Promise<OwnerPages> {
  buildPages()
  const server = await startTestServer({ webRoot: pagesFolder })
  const browser = await launchChromium(options).catch(async (fault: unknown) => {
    await server.close()
    throw fault
  })
  return {
    origin: server.url,
    browser,
    async close() {
      await browser.close()
      await server.close()
    },
  }
}
