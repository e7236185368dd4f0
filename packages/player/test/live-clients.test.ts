// The playlists that the server derives from a delivery, in players that are none of ours: while a real encoder delivers,
// over the gap of its restart, and when all is there.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { SegmentEntry } from '@rushes/protocol'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseInput } from '../../encoder/src/acquire/input.ts'
import { type Encode, startEncode } from '../../encoder/src/encode.ts'
import { openSpool, type Spool } from '../../encoder/src/spool/spool.ts'
import { uuidV7 } from '../../server/src/catalog/identifiers.ts'
import { startTestServer, type TestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'

const run = promisify(execFile)
const hlsSource = readFileSync(createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js'), 'utf8')
const segmentSeconds = 1

let folder: string
let server: TestServer
let browser: Browser
let spool: Spool
let stream: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rushes-live-clients-'))
  server = await startTestServer()
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--autoplay-policy=no-user-gesture-required',
    ],
  })
  const head = {
    id: uuidV7(),
    title: 'Sunday',
    server: server.url,
    segmentMs: 1000 * segmentSeconds,
    epochMs: Date.now(),
  }
  spool = await openSpool(join(folder, 'spool'), head)
})

afterAll(async () => {
  spool?.close()
  await browser?.close()
  await server?.close()
  rmSync(folder, { recursive: true, force: true })
})

function encode(): Promise<Encode> {
  return startEncode({
    ...{ spool, key: testOwnerKey, workers: { least: 1, most: 2 }, order: 'oldest', spoolBytes: 1e9, pace: 'live' },
    ...{ inputs: [parseInput('test:')], renditions: [{ width: 320, height: 180, bitrate: 200_000 }] },
  })
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50))
}

const segments = (id: string): SegmentEntry[] =>
  spool
    .entries(0, 100_000)
    .filter((entry): entry is SegmentEntry => entry.type === 'segment' && entry.representation === id)

/** What was delivered of a representation, as one file. */
function delivered(id: string): string {
  const path = join(folder, `${id}.mp4`)
  const init = spool.entries(0, 100).find((entry) => entry.type === 'representation' && entry.id === id)
  const files = [init, ...segments(id)].map((entry) =>
    entry?.type === 'segment' ? entry.file : entry?.type === 'representation' ? entry.init : null,
  )
  writeFileSync(path, Buffer.concat(files.map((file) => readFileSync(spool.files.pathOf(file!.name)))))
  return path
}

/** Seconds on the event's own clock, on which a gap takes the time it took. */
function endOf(id: string): number {
  const last = segments(id).at(-1)!
  const representation = spool.entries(0, 100).find((entry) => entry.type === 'representation' && entry.id === id)
  if (representation?.type !== 'representation') throw new Error(`no representation ${id}`)
  return (last.start + last.duration) / representation.timescale
}

/** Digests of the decoded pictures or of the sound. */
async function frames(input: string, map: string, options: readonly string[] = []): Promise<string[]> {
  const args = ['-v', 'error', '-nostdin', ...options, '-i', input, '-map', map, '-f', 'framemd5', '-']
  const { stdout } = await run('ffmpeg', args, { maxBuffer: 1e8 })
  return stdout.split('\n').flatMap((line) => (/^\d/.test(line) ? [line.split(',').at(-1)!.trim()] : []))
}

type Ffplay = { child: ChildProcess; done: Promise<{ code: number | null; clock: number; said: string }> }

/** ffplay without a window; its last `M-V`, `A-V` or `M-A` line says how far it played. */
function ffplay(input: string, options: readonly string[] = []): Ffplay {
  const args = ['-hide_banner', '-autoexit', '-stats', ...options, input]
  const env = { ...process.env, SDL_VIDEODRIVER: 'dummy', SDL_AUDIODRIVER: 'dummy' }
  const child = spawn('ffplay', args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (bytes: Buffer) => {
    said += bytes
  })
  const done = new Promise<{ code: number | null; clock: number; said: string }>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      const clocks = [...said.matchAll(/([\d.]+) [AM]-[AV]:/g)].map((match) => Number(match[1]))
      resolve({ code, clock: Math.max(0, ...clocks), said })
    })
  })
  return { child, done }
}

/** A page of another site, on which hls.js itself plays. */
async function hlsPage(url: string, position: number): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  await page.evaluate(hlsSource)
  await page.evaluate(
    ([source, start]) => {
      const { Hls } = globalThis as unknown as { Hls: new (config: object) => PageHls }
      type PageHls = {
        loadSource(url: string): void
        attachMedia(video: HTMLVideoElement): void
        on(name: string, listener: (name: string, data: { fatal: boolean; details: string }) => void): void
      }
      const video = document.createElement('video')
      video.muted = true
      document.body.append(video)
      const seen: number[] = []
      const faults: string[] = []
      const watch = () =>
        video.requestVideoFrameCallback((_now, { mediaTime }) => {
          seen.push(mediaTime)
          watch()
        })
      watch()
      const hls = new Hls({ startPosition: start, enableWorker: false })
      hls.on('hlsError', (_name, { fatal, details }) => {
        if (fatal) faults.push(details)
      })
      hls.loadSource(source as string)
      hls.attachMedia(video)
      void video.play()
      Object.assign(globalThis, { watched: { video, seen, faults, hls } })
    },
    [url, position] as const,
  )
  return page
}

async function playedToItsEnd(page: Page): Promise<void> {
  const ended = () => (globalThis as unknown as { watched: Watched }).watched.video.ended
  await page.waitForFunction(ended, null, { timeout: 60_000 })
}

type Watched = { video: HTMLVideoElement; seen: number[]; faults: string[] }
const watched = (page: Page) =>
  page.evaluate(() => {
    const { video, seen, faults } = (globalThis as unknown as { watched: Watched }).watched
    return { seen, faults, currentTime: video.currentTime, duration: video.duration, ended: video.ended }
  })

describe('a delivery in other players', { timeout: 120_000 }, () => {
  it('plays while it arrives, over the gap of a restart to its end: ffmpeg, ffplay, hls.js', async () => {
    const first = await encode()
    await until(async () => {
      const view = await server.client.recording(spool.head.id).catch(() => null)
      stream = view?.delivery?.hlsUrl?.replace(/\/main.m3u8$/, '') ?? ''
      return stream !== '' && view!.delivery!.playableMs.here >= 2000
    })
    const playlist = `${stream}/main.m3u8`
    const fromStart = ['-live_start_index', '0']
    const byFfmpeg = frames(playlist, '0:v:0', fromStart)
    const byFfplay = ffplay(playlist, fromStart).done
    const page = await hlsPage(playlist, 0)
    await until(() => segments('main-v1').length >= 4)
    first.suspend()
    await first.done
    const before = segments('main-v1').length
    const second = await encode()
    await until(() => segments('main-v1').length >= before + 4)
    second.finish()
    expect(await second.done).not.toBeNull()

    const pictures = await frames(delivered('main-v1'), '0:v')
    expect(await byFfmpeg).toEqual(pictures)
    const played = await byFfplay
    expect(played.code, played.said.slice(-1000)).toBe(0)
    expect(Math.abs(played.clock - endOf('main-v1')), `ffplay came to ${played.clock}`).toBeLessThan(0.5)
    await playedToItsEnd(page)
    const { seen, faults, duration } = await watched(page)
    expect(faults).toEqual([])
    // A busy machine leaves pictures out; a player that waits for the gap to pass, or leaps, all of one side.
    expect(seen.length).toBeGreaterThan(pictures.length / 2)
    const gapAt = before * segmentSeconds
    for (const [from, to] of [
      [0, gapAt],
      [gapAt, duration],
    ] as const) {
      const inside = seen.filter((time) => time >= from && time < to).length
      expect(inside / (to - from), `pictures a second from ${from} to ${to}`).toBeGreaterThan(8)
    }
    // The gap takes no time there.
    expect(Math.abs(duration - pictures.length / 30)).toBeLessThan(0.5)
  })

  it('plays when all of it is there: every frame in ffmpeg, to its end in ffplay, from anywhere in hls.js', async () => {
    // From its start: ffmpeg 5.1 can't seek in anybody's fragmented MP4 over HLS; over DASH it can.
    const [whole, sought] = [ffplay(`${stream}/main.m3u8`).done, ffplay(`${stream}/manifest.mpd`, ['-ss', '6']).done]
    for (const name of ['main.m3u8', 'manifest.mpd']) {
      expect(await frames(`${stream}/${name}`, '0:v:0'), name).toEqual(await frames(delivered('main-v1'), '0:v'))
      expect(await frames(`${stream}/${name}`, '0:a:0'), name).toEqual(await frames(delivered('main-a1'), '0:a'))
    }
    const page = await hlsPage(`${stream}/main.m3u8`, 0)
    for (const target of [6.5, 1.2, 3.9]) {
      await page.evaluate(async (to) => {
        const { video, seen } = (globalThis as unknown as { watched: Watched }).watched
        video.pause()
        video.currentTime = to
        await new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }))
        const count = seen.length
        void video.play()
        while (seen.length < count + 3) await new Promise((resolve) => setTimeout(resolve, 20))
      }, target)
      const { seen } = await watched(page)
      expect(Math.abs(seen.at(-1)! - target), `after a seek to ${target}`).toBeLessThan(1)
    }
    await playedToItsEnd(page)
    for (const played of [await whole, await sought]) {
      expect(played.code, played.said.slice(-1000)).toBe(0)
      expect(Math.abs(played.clock - endOf('main-v1')), `ffplay came to ${played.clock}`).toBeLessThan(0.5)
    }
  })
})
