// The player in a real browser, on a page with the strictest policy it has to live with.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { build, preview } from 'vite'

const policy = "default-src 'self'; img-src data:; base-uri 'none'; object-src 'none'"

/** One frame in 25 is a second: what a frame step must move by is known. */
export const media = { seconds: 30, frameRate: 25 }

export type PlayerPage = {
  origin: string
  /** Opens a page with a player that has these attributes, and gathers what should not happen on it. */
  open(attributes: Record<string, string>, options?: BrowserContextOptions): Promise<OpenedPlayer>
  close(): Promise<void>
}

export type OpenedPlayer = {
  page: Page
  /** Console errors, uncaught ones, violations of the policy, requests to foreign origins. */
  faults: string[]
  requests: string[]
}

/** Builds the player with Vite, makes media with ffmpeg, serves both with ranges. */
export async function openPlayerPage(): Promise<PlayerPage> {
  const folder = mkdtempSync(join(tmpdir(), 'rushes-player-'))
  const root = fileURLToPath(new URL('./page', import.meta.url))
  await build({ root, logLevel: 'error', build: { outDir: folder, emptyOutDir: true }, configFile: false })
  makeMedia(folder)
  const server = await preview({
    root,
    configFile: false,
    logLevel: 'error',
    build: { outDir: folder },
    preview: { port: 0, host: '127.0.0.1', headers: { 'content-security-policy': policy } },
  })
  const { port } = server.httpServer.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  const browser = await launchChromium()

  return {
    origin,
    async open(attributes, options = {}) {
      const context = await browser.newContext(options)
      const page = await context.newPage()
      const faults: string[] = []
      const requests: string[] = []
      page.on('pageerror', (error) => faults.push(String(error)))
      page.on('console', (message) => {
        if (message.type() === 'error' || message.text().includes('Media Chrome:')) faults.push(message.text())
      })
      page.on('request', (request) => {
        requests.push(request.url())
        if (!request.url().startsWith(origin)) faults.push(`request to ${request.url()}`)
      })
      await page.goto(`${origin}/`)
      await page.evaluate((given) => {
        const player = document.createElement('rushes-player')
        for (const [name, value] of Object.entries(given)) player.setAttribute(name, value)
        document.querySelector('main')?.append(player)
      }, attributes)
      return { page, faults, requests }
    },
    async close() {
      await browser.close()
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--autoplay-policy=no-user-gesture-required',
    ],
  })
}

function makeMedia(folder: string): void {
  const { seconds, frameRate } = media
  const sources = [
    ['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=${frameRate}:duration=${seconds}`],
    ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`],
  ].flat()
  const make = (...args: string[]) =>
    execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...sources, ...args], { cwd: folder })
  const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '25', '-c:a', 'aac']
  make(...h264, '-movflags', '+faststart', 'good.mp4')
  make('-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-g', '25', '-c:a', 'libopus', 'good.webm')
  // A codec no browser has, in a container they all know.
  make('-t', '2', '-c:v', 'mpeg2video', '-c:a', 'mp2', 'foreign.mp4')
}
