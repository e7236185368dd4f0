// npm run bench -- live-view: how long after it happens something is seen, in real Chromium, by a clock that is drawn into
// the recorded picture and read from the viewer's screenshot; and what 100 viewers cost beside one.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { apiClient, type IngestSocket, openIngestSender } from '@rushes/protocol'
import { type Browser, chromium } from 'playwright-core'
import { WebSocket } from 'ws'
import { clockCameraScript } from '../packages/recorder/test/page/clock-picture.ts'
import { buildPages } from '../scripts/pages.ts'
import { makeBody } from './bodies.ts'
import { readClock } from './clock-screenshot.ts'
import { figure, spread, table } from './figures.ts'
import { startViewers } from './live-viewers.ts'
import { cpuSeconds, ownerKey, startServerProcess } from './server-process.ts'

export async function benchLiveView(args: readonly string[]): Promise<string> {
  const short = args.includes('--short')
  const seconds = numberOf(args, 'seconds') ?? (short ? 20 : 300)
  const viewers = numberOf(args, 'viewers') ?? (short ? 20 : 100)
  const only = args.find((arg) => arg.startsWith('--only='))?.slice('--only='.length)
  const parts: string[] = []
  if (only !== 'viewers') {
    for (const prefer of ['webcodecs', 'mediarecorder'] as const) parts.push(await delay(seconds, prefer))
  }
  if (only !== 'delay') parts.push(await cost(short ? 10 : 60, viewers))
  return parts.join('\n\n')
}

function numberOf(args: readonly string[], name: string): number | undefined {
  const value = args.find((arg) => arg.startsWith(`--${name}=`))
  return value === undefined ? undefined : Number(value.slice(name.length + 3))
}

async function delay(seconds: number, prefer: 'webcodecs' | 'mediarecorder'): Promise<string> {
  buildPages()
  const dataDir = mkdtempSync(join(tmpdir(), 'rushes-bench-data-'))
  const server = await startServerProcess(dataDir)
  const browser = await launch()
  try {
    const recorder = await browser.newContext({ extraHTTPHeaders: { authorization: `Bearer ${ownerKey}` } })
    await recorder.grantPermissions(['camera', 'microphone'], { origin: server.url })
    await recorder.addInitScript({ content: clockCameraScript() })
    // What a browser without track processors has.
    if (prefer === 'mediarecorder') {
      await recorder.addInitScript(() => {
        Object.assign(globalThis, { MediaStreamTrackProcessor: undefined })
      })
    }
    const page = await recorder.newPage()
    await page.goto(`${server.url}/record`)
    await page.getByRole('radio', { name: /^Camera/ }).check()
    await page.getByRole('checkbox', { name: /Count down/ }).uncheck()
    await page.getByRole('button', { name: 'Record', exact: true }).click()
    await page.getByText(/^(All safe|Safe as you go)$/).waitFor()
    const { recordings } = await apiClient({ server: server.url, key: ownerKey }).recordings()

    const viewer = await (await browser.newContext({ viewport: { width: 900, height: 700 } })).newPage()
    await viewer.goto(recordings[0]!.shareUrl!)
    await viewer.getByRole('button', { name: /^(Live|.* Go to live)$/ }).waitFor()
    await viewer.keyboard.press('k')
    await viewer.evaluate(() => {
      const counted = { stalls: 0 }
      Object.assign(globalThis, { counted })
      document.querySelector('rushes-player')!.media!.addEventListener('waiting', () => counted.stalls++)
    })
    await sleep(8000)
    const stalls = () =>
      viewer.evaluate(() => (globalThis as unknown as { counted: { stalls: number } }).counted.stalls)
    const before = await stalls()
    const reader = await browser.newPage()
    const shots: Shot[] = []
    let unread = 0
    const box = (await viewer.locator('rushes-player video').boundingBox())!
    const until = performance.now() + seconds * 1000
    while (performance.now() < until) {
      const asked = Date.now()
      const screenshot = await viewer.screenshot({ clip: box })
      // When it was there at the latest.
      const now = Date.now()
      const seen = await readClock(reader, screenshot, now)
      const ahead = await viewer.evaluate(bufferedAhead)
      if (seen === null) unread++
      else shots.push({ most: (now - seen) / 1000, least: (asked - seen) / 1000, ahead })
      await sleep(500)
    }
    const { median, p90, max, n } = spread(shots.map(({ most }) => most))
    const least = Math.max(...shots.map((shot) => shot.least))
    const cells = [n, unread, figure(median), figure(p90), figure(max), figure(least), (await stalls()) - before]
    const worst = [...shots].sort((a, b) => b.most - a.most).slice(0, 3)
    await browser.close()
    return [
      `From being drawn to being seen, ${prefer === 'webcodecs' ? 'WebCodecs, fragmented MP4' : 'MediaRecorder, WebM'}, ${seconds} s:`,
      '',
      table(['screenshots', 'unreadable', 's, at most: median', 'p90', 'max', 'at least: max', 'stalls'], [cells]),
      '',
      `The worst, s: ${worst.map(({ most, least, ahead }) => `${figure(least)} to ${figure(most)} with ${figure(ahead)} buffered`).join('; ')}`,
    ].join('\n')
  } finally {
    await browser.close()
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** One screenshot, s: between when it was asked for and when it was there, and what the viewer had ahead right after. */
type Shot = { most: number; least: number; ahead: number }

function bufferedAhead(): number {
  const { buffered, currentTime } = document.querySelector('rushes-player')!.media!
  return buffered.length === 0 ? 0 : buffered.end(buffered.length - 1) - currentTime
}

function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--autoplay-policy=no-user-gesture-required',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
    ],
  })
}

async function cost(seconds: number, viewers: number): Promise<string> {
  const body = await readFile(makeBody('mp4', 1))
  const dataDir = mkdtempSync(join(tmpdir(), 'rushes-bench-data-'))
  const server = await startServerProcess(dataDir)
  try {
    const rows: (string | number)[][] = []
    for (const count of [0, 1, viewers]) rows.push(await watchedBy(server, body, seconds, count))
    const head = [
      'viewers',
      'CPU cores',
      'disk reads, bytes',
      'reads by calls, MB',
      'Mbit/s a viewer',
      'parts a viewer',
      'late',
      'failed',
    ]
    return [`One recording at 2.5 Mbit/s, watched for ${seconds} s:`, '', table(head, rows)].join('\n')
  } finally {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

type ServerProcess = Awaited<ReturnType<typeof startServerProcess>>

async function watchedBy(
  server: ServerProcess,
  body: Uint8Array,
  seconds: number,
  count: number,
): Promise<(string | number)[]> {
  const client = apiClient({ server: server.url, key: ownerKey })
  const { id, ingestUrl, token } = await client.createRecording({})
  const startedAt = performance.now()
  // Some seconds are there when the viewers come; then it grows by what an encoder gives four times a second.
  let size = 0
  const grow = () => {
    size = Math.min(body.length, Math.floor(((performance.now() - startedAt) / 1000 + 3) * (2.5e6 / 8)))
  }
  grow()
  const sender = openIngestSender({
    ...{ url: ingestUrl, token, crc32 },
    connect: (url, subprotocol) => new WebSocket(url, subprotocol) as unknown as IngestSocket,
    spool: {
      get size() {
        return size
      },
      acknowledged: { offset: 0, crc: 0 },
      read: async (offset, length) => body.subarray(offset, Math.min(offset + length, size)),
      acknowledge: async () => {},
    },
  })
  const growing = setInterval(() => {
    grow()
    sender.grown()
  }, 250)
  await sleep(1000)
  const watching = startViewers(`${(await client.recording(id)).shareUrl}/live.m3u8`, count)
  await sleep(1000)
  const before = {
    cpu: cpuSeconds(server.pid),
    io: bytesRead(server.pid),
    bytes: watching.bytes,
    parts: watching.parts,
  }
  const at = performance.now()
  await sleep(Math.min(seconds, 50) * 1000)
  const took = (performance.now() - at) / 1000
  const io = bytesRead(server.pid)
  const row = [
    count,
    figure((cpuSeconds(server.pid) - before.cpu) / took),
    io.disk - before.io.disk,
    figure((io.calls - before.io.calls) / 1e6),
    count === 0 ? '–' : figure(((watching.bytes - before.bytes) * 8) / took / count / 1e6),
    count === 0 ? '–' : figure((watching.parts - before.parts) / count),
    watching.late,
    watching.failed,
  ]
  clearInterval(growing)
  await watching.stop()
  sender.close()
  return row
}

/** What a process has read: from the disk, and by its calls (sockets and cached pages too; proc(5), /proc/PID/io). */
function bytesRead(pid: number): { disk: number; calls: number } {
  const text = readFileSync(`/proc/${pid}/io`, 'utf8')
  const of = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1])
  return { disk: of('read_bytes'), calls: of('rchar') }
}
