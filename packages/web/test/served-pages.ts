// The pages as people get them: built by Vite, served by the real server, in a real browser.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { buildPages } from '../../../scripts/pages.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

export type ServedPages = {
  origin: string
  /** The one-time link, as printed. */
  setupUrl: string
  browser: Browser
  /** Puts the server out of reach and back: SIGSTOP would keep its sockets open, so it is ended and started anew. */
  stopServer(): Promise<void>
  startServer(): Promise<void>
  close(): Promise<void>
}

export async function servePages(): Promise<ServedPages> {
  const data = mkdtempSync(join(tmpdir(), 'rushes-pages-'))
  buildPages()
  const port = await freePort()
  let server: ChildProcess | null = null
  let setupUrl = ''

  async function startServer(): Promise<void> {
    server = spawn('sh', ['scripts/node24', 'packages/rushes/src/main.ts', 'serve'], {
      cwd: root,
      env: {
        ...process.env,
        PORT: String(port),
        RUSHES_DATA: data,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    await new Promise<void>((resolve, reject) => {
      server?.stdout?.on('data', (bytes: Buffer) => {
        said += bytes
        if (said.includes('rushes ready ')) resolve()
      })
      server?.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)))
    })
    setupUrl = /http\S+\/setup#\S+/.exec(said)?.[0] ?? setupUrl
  }

  async function stopServer(): Promise<void> {
    const ending = server
    if (ending === null) return
    server = null
    ending.removeAllListeners('exit')
    const ended = new Promise((resolve) => ending.once('exit', resolve))
    ending.kill('SIGTERM')
    await ended
  }

  await startServer()
  const browser = await launchChromium()
  return {
    origin: `http://127.0.0.1:${port}`,
    get setupUrl() {
      return setupUrl
    },
    browser,
    startServer,
    stopServer,
    async close() {
      await browser.close()
      await stopServer()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/**
 * A clip as a camera's picture would move, and a tone: Chromium's fake devices.
 *
 * @param asks they are given to those alone who have the permission
 * @param more switches; they win over the usual ones
 */
export function launchChromium({
  asks = false,
  more = [],
}: {
  asks?: boolean
  more?: string[]
} = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--use-fake-device-for-media-stream=display-media-type=browser',
      ...(asks ? [] : ['--use-fake-ui-for-media-stream']),
      '--autoplay-policy=no-user-gesture-required',
      '--auto-accept-this-tab-capture',
      // An address that is no secure context, as a server on the local network without HTTPS is.
      '--host-resolver-rules=MAP rushes.test 127.0.0.1',
      ...more,
    ],
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(address)))
    })
  })
}

export type OpenedPage = {
  page: Page
  context: BrowserContext
  /** Uncaught errors, policy violations, requests to other origins. */
  faults: string[]
}

/** A page that gathers what must not happen on it. Failed requests are no fault: some tests take the server away. */
export async function openPage(
  served: Pick<ServedPages, 'origin' | 'browser'>,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const context = await served.browser.newContext(options)
  await context.grantPermissions(['clipboard-read', 'clipboard-write', 'camera', 'microphone'], {
    origin: served.origin,
  })
  const page = await context.newPage()
  const faults = gatherFaults(page)
  page.on('request', (request) => {
    const url = new URL(request.url())
    const own = url.host === new URL(served.origin).host || ['blob:', 'data:'].includes(url.protocol)
    if (!own) faults.push(`request to ${request.url()}`)
  })
  return { page, context, faults }
}

/** From now on the page's uncaught errors and policy violations stand in here. */
export function gatherFaults(page: Page): string[] {
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text())
  })
  return faults
}

/** The first account, by the one-time link: from then on the page is signed in. */
export async function makeOwner(page: Page, served: ServedPages): Promise<void> {
  await page.goto(served.setupUrl)
  await page.getByLabel('Your name').fill('Ada Example')
  await page.getByLabel('E-mail').fill('ada@example.org')
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Record' }).waitFor()
}

/** Makes three seconds of VP8 and Opus in WebM and records it through the command line; answers the recording's id. */
export function recordWebm(served: ServedPages, key: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'rushes-webm-'))
  const file = join(folder, 'vp8.webm')
  const sources = [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=320x180:rate=25:duration=3',
    '-f',
    'lavfi',
    '-i',
    'sine=duration=3',
  ]
  const codecs = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus']
  execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...sources, ...codecs, file])
  const command = ['record', file, '--server', served.origin, '--key', key, '--pace', 'fast', '--json']
  const printed = execFileSync('sh', ['scripts/node24', 'packages/rushes/src/main.ts', ...command], {
    cwd: root,
    encoding: 'utf8',
  })
  rmSync(folder, { recursive: true })
  return (JSON.parse(printed) as { id: string }).id
}
