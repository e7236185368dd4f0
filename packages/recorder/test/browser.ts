// Chromium with the page built by Vite, and what tests need to ask of media files.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { build } from 'vite'

const run = promisify(execFile)

export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'rushes-recorder-'))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}

export async function buildPage(into: string): Promise<void> {
  await build({
    root: join(import.meta.dirname, 'page'),
    logLevel: 'error',
    configFile: false,
    worker: { format: 'es' },
    build: { outDir: into, emptyOutDir: true, target: 'esnext', minify: false },
  })
}

export const browserArguments: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
  '--use-fake-device-for-media-stream=display-media-type=browser',
  '--use-fake-ui-for-media-stream',
  '--auto-accept-this-tab-capture',
]

/** A real profile on disk, so that storage outlives the browser. */
export function openBrowser(profile: string, more: string[] = []): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    viewport: { width: 800, height: 600 },
    args: [...browserArguments, ...more],
  })
}

/**
 * A browser that hands out its devices by permissions, each by its own, and screens by its dialogue.
 *
 * @param display a desktop to open its windows on; without one it has none
 */
export function openAskingBrowser(
  profile: string,
  { more = [], display }: { more?: string[]; display?: string } = {},
): Promise<BrowserContext> {
  const own = browserArguments.filter((argument) => !argument.startsWith('--use-fake-ui-for-media-stream'))
  return chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: display === undefined,
    args: [...own, ...more],
    ...(display !== undefined && { env: { ...process.env, DISPLAY: display }, viewport: null }),
  })
}

/** What is granted can be taken back: browsers end the tracks then, as when a device is unplugged. */
export async function permit(page: Page, name: 'camera' | 'microphone', setting: 'granted' | 'denied'): Promise<void> {
  const session = await page.context().newCDPSession(page) // stays open: with it the permission would go
  const { origin } = new URL(page.url())
  await session.send('Browser.setPermission', { permission: { name }, setting, origin })
}

export type OwnBrowser = {
  context: BrowserContext
  /** To all of its processes at once: the group that was made for it. */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void
  kill(): Promise<void>
}

/** A browser of our own that can be stopped and killed the hard way. */
export async function spawnBrowser(profile: string): Promise<OwnBrowser> {
  const child: ChildProcess = spawn(
    '/usr/bin/chromium',
    ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, ...browserArguments, 'about:blank'],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  )
  const url = await listeningAt(child)
  const connected = await chromium.connectOverCDP(url)
  const signal: OwnBrowser['signal'] = (name) => process.kill(-child.pid!, name)
  return {
    context: connected.contexts()[0]!,
    signal,
    async kill() {
      const gone = once(child, 'exit')
      signal('SIGKILL')
      await gone
    },
  }
}

function listeningAt(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr!.on('data', (text) => {
      said += String(text)
      const found = /DevTools listening on (ws:\S+)/.exec(said)
      if (found) resolve(found[1]!)
    })
    child.once('exit', () => reject(new Error(`Chromium ended before it listened: ${said}`)))
  })
}

export type Probe = {
  streams: {
    codec_type: string
    codec_name: string
    codec_tag_string: string
    width?: number
    height?: number
    nb_read_packets: string
  }[]
  format: { duration?: string }
}

export async function probe(path: string): Promise<Probe> {
  const { stdout } = await run('ffprobe', [
    '-v',
    'error',
    '-count_packets',
    '-show_streams',
    '-show_format',
    '-of',
    'json',
    path,
  ])
  return JSON.parse(stdout) as Probe
}

/** Decodes every frame as it is (no rate made constant, which doubles times); what ffmpeg says about it, one line each. None: a clean file. */
export async function decode(path: string): Promise<string[]> {
  const { stderr } = await run('ffmpeg', [
    '-v',
    'error',
    '-i',
    path,
    '-fps_mode',
    'passthrough',
    '-enc_time_base',
    '-1',
    '-f',
    'framecrc', // unlike `null` it takes two pictures of one time: MediaRecorder writes two within one ms of WebM's clock
    '-y',
    '/dev/null',
  ])
  return stderr.split('\n').filter((line) => line.trim() !== '')
}

/** Presentation times of one kind of stream, seconds, in file order; and which are key frames. */
export async function packets(path: string, kind: 'v' | 'a'): Promise<{ time: number; key: boolean }[]> {
  const { stdout } = await run(
    'ffprobe',
    ['-v', 'error', '-select_streams', kind, '-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0', path],
    { maxBuffer: 1e8 },
  )
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [time, flags] = line.split(',')
      return { time: Number(time), key: flags?.startsWith('K') === true }
    })
}

/** One picture at `seconds` as RGB, three bytes a pixel. */
export async function pictureAt(path: string, seconds: number): Promise<Buffer> {
  const { stdout } = await run(
    'ffmpeg',
    ['-v', 'error', '-ss', String(seconds), '-i', path, '-frames:v', '1', '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-'],
    { encoding: 'buffer', maxBuffer: 1e8 },
  )
  return stdout
}

/** The last picture that began at `seconds` or before: a busy machine leaves some out. */
export async function pictureUntil(path: string, seconds: number): Promise<Buffer> {
  const times = (await packets(path, 'v')).map(({ time }) => time).sort((a, b) => a - b)
  const last = times.findLast((time) => time <= seconds) ?? times[0]!
  return pictureAt(path, Math.max(0, last - 0.002))
}

/** Red, green and blue of the pixel at a share of the picture's width and height. */
export function pixel(picture: Buffer, size: { width: number; height: number }, x: number, y: number): number[] {
  const at = (Math.floor(y * size.height) * size.width + Math.floor(x * size.width)) * 3
  return [...picture.subarray(at, at + 3)]
}

const primaries = ['black', 'blue', 'green', 'cyan', 'red', 'magenta', 'yellow', 'white']

/** The nearest of the eight colours that have each light fully on or off. */
export function colourAt(picture: Buffer, size: { width: number; height: number }, x: number, y: number): string {
  const [red, green, blue] = pixel(picture, size, x, y).map((value) => (value > 127 ? 1 : 0)) as [
    number,
    number,
    number,
  ]
  return primaries[4 * red + 2 * green + blue]!
}

/** The colour of one pixel in every picture, with the picture's time in seconds. */
export async function coloursOver(
  path: string,
  size: { width: number; height: number },
  x: number,
  y: number,
): Promise<{ time: number; colour: string }[]> {
  const [left, top] = [2 * Math.floor((x * size.width) / 2), 2 * Math.floor((y * size.height) / 2)]
  const looks = [
    '-vf',
    `crop=2:2:${left}:${top}`,
    '-fps_mode',
    'passthrough',
    '-pix_fmt',
    'rgb24',
    '-f',
    'rawvideo',
    '-',
  ]
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', path, ...looks], { encoding: 'buffer', maxBuffer: 1e8 })
  const times = (await packets(path, 'v')).map(({ time }) => time).sort((a, b) => a - b)
  return times.map((time, index) => ({
    time,
    colour: colourAt(stdout.subarray(12 * index, 12 * index + 12), { width: 2, height: 2 }, 0, 0),
  }))
}

/** When the picture becomes bright, seconds. */
export async function flashes(path: string): Promise<number[]> {
  const { stdout } = await run(
    'ffmpeg',
    [
      '-v',
      'error',
      '-i',
      path,
      '-vf',
      'signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-',
      '-an',
      '-f',
      'null',
      '-',
    ],
    { maxBuffer: 1e8 },
  )
  const times: number[] = []
  let time = 0
  let bright = false
  for (const line of stdout.split('\n')) {
    const at = /pts_time:([\d.]+)/.exec(line)
    if (at) time = Number(at[1])
    const luma = /YAVG=([\d.]+)/.exec(line)
    if (!luma) continue
    if (Number(luma[1]) > 128 && !bright) times.push(time)
    bright = Number(luma[1]) > 128
  }
  return times
}

/** When sound begins after silence, seconds. */
export async function onsets(path: string): Promise<number[]> {
  const { stderr } = await run('ffmpeg', [
    '-i',
    path,
    '-af',
    'silencedetect=noise=-30dB:d=0.1',
    '-vn',
    '-f',
    'null',
    '-',
  ])
  return [...stderr.matchAll(/silence_end: ([\d.]+)/g)].map((found) => Number(found[1]))
}
