/**
 * Small media made for tests, by the programs that make it in life: ffmpeg, and Chromium's MediaRecorder. Kept in the
 * system's folder for temporary files under a hash of the recipe, since a recording takes as long as it lasts.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ALL_FORMATS, BufferSource, BufferTarget, Conversion, Input, Output, WebMOutputFormat } from 'mediabunny'
import { type Browser, chromium } from 'playwright-core'

const run = promisify(execFile)
const folder = join(tmpdir(), 'rushes-made-media')

/** Raise it when what a recipe means changes, not its text. */
const RECIPES = 1

/** Makes what `key` names once, however many test files ask for it at the same time. */
async function cached(key: unknown, extension: string, make: (path: string) => Promise<void>): Promise<string> {
  const hash = createHash('sha256')
    .update(JSON.stringify([RECIPES, key]))
    .digest('hex')
    .slice(0, 24)
  const path = join(folder, `${hash}.${extension}`)
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).includes(`${hash}.${extension}`)) return path
  const unfinished = join(folder, `${hash}-${process.pid}-${Math.random().toString(36).slice(2)}.${extension}`)
  try {
    await make(unfinished)
    await rename(unfinished, path)
  } finally {
    await rm(unfinished, { force: true })
  }
  return path
}

/** Path of a file that ffmpeg makes by these arguments; the output's name is added. */
export function madeByFfmpeg(extension: string, args: readonly string[]): Promise<string> {
  return cached(['ffmpeg', extension, args], extension, async (path) => {
    await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args, path])
  })
}

/** Path of a file put by mediabunny into WebM as the recorder does, append-only; nothing is encoded again. */
export function madeByMediabunny(from: string): Promise<string> {
  return cached(['mediabunny', 'append-only', from], 'webm', async (path) => {
    const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(await readFile(from)) })
    const output = new Output({ format: new WebMOutputFormat({ appendOnly: true }), target: new BufferTarget() })
    const conversion = await Conversion.init({ input, output, showWarnings: false })
    await conversion.execute()
    await writeFile(path, new Uint8Array(output.target.buffer!))
  })
}

export type ChromiumRecipe = {
  mimeTypes: readonly string[]
  /** Recorded time. */
  ms: number
  /** Paused for 400 ms after this long. */
  pauseAtMs?: number
  /** The canvas is not `{alpha: false}`, so alpha is encoded. */
  hasAlpha?: boolean
  hasAudio?: boolean
  hasVideo?: boolean
  videoBitsPerSecond?: number
  /** MediaRecorder's `videoKeyFrameIntervalDuration`. */
  keyFrameMs?: number
}

/** Blocks in the picture, each black or white: the bits of the frame's number, lowest first. */
export const NUMBER_BITS = 10

/**
 * Paths of what Chromium's MediaRecorder makes of one stream, by MIME type: a picture of 320×180 whose blocks tell the
 * frame's number, a tone of 440 Hz.
 */
export async function madeByChromium(recipe: ChromiumRecipe): Promise<Map<string, string>> {
  const paths = new Map<string, string>()
  const key = (mimeType: string): unknown => ['chromium', mimeType, recipe]
  let recordings: Promise<string[]> | null = null
  for (const [index, mimeType] of recipe.mimeTypes.entries()) {
    const extension = mimeType.includes('mp4') ? 'mp4' : 'webm'
    const path = await cached(key(mimeType), extension, async (to) => {
      recordings ??= record(recipe)
      await writeFile(to, Buffer.from((await recordings)[index]!, 'base64'))
    })
    paths.set(mimeType, path)
  }
  return paths
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['RUSHES_CHROMIUM'] ?? '/usr/bin/chromium',
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

async function record(recipe: ChromiumRecipe): Promise<string[]> {
  const browser = await launchChromium()
  try {
    const page = await browser.newPage()
    return await page.evaluate(recordInPage, { ...recipe, bits: NUMBER_BITS })
  } finally {
    await browser.close()
  }
}

/** Runs in the page, so it uses nothing from around it. */
async function recordInPage(recipe: ChromiumRecipe & { bits: number }): Promise<string[]> {
  const canvas = document.createElement('canvas')
  canvas.width = 320
  canvas.height = 180
  const context = canvas.getContext('2d', { alpha: recipe.hasAlpha === true })!
  let frame = 0
  const draw = (): void => {
    context.clearRect(0, 0, 320, 180)
    for (let bit = 0; bit < recipe.bits; bit++) {
      context.fillStyle = (frame >> bit) & 1 ? 'white' : 'black'
      context.fillRect(bit * 32, 0, 32, 180)
    }
    if (recipe.hasAlpha) context.clearRect(0, 150, 320, 30)
    frame++
  }
  draw()
  const timer = setInterval(draw, 33)
  const stream = new MediaStream()
  if (recipe.hasVideo !== false) stream.addTrack(canvas.captureStream(30).getVideoTracks()[0]!)
  const audio = new AudioContext()
  if (recipe.hasAudio !== false) {
    const tone = audio.createOscillator()
    const sink = audio.createMediaStreamDestination()
    tone.connect(sink)
    tone.start()
    stream.addTrack(sink.stream.getAudioTracks()[0]!)
  }
  const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
  const recorders = recipe.mimeTypes.map((mimeType) => {
    const options: MediaRecorderOptions & { videoKeyFrameIntervalDuration?: number } = { mimeType }
    if (recipe.videoBitsPerSecond !== undefined) options.videoBitsPerSecond = recipe.videoBitsPerSecond
    if (recipe.keyFrameMs !== undefined) options.videoKeyFrameIntervalDuration = recipe.keyFrameMs
    const recorder = new MediaRecorder(stream, options)
    const chunks: Blob[] = []
    recorder.ondataavailable = ({ data }) => chunks.push(data)
    const stopped = new Promise<void>((resolve) => {
      recorder.onstop = () => resolve()
    })
    recorder.start(250)
    return { recorder, chunks, stopped }
  })
  if (recipe.pauseAtMs !== undefined) {
    await wait(recipe.pauseAtMs)
    for (const { recorder } of recorders) recorder.pause()
    await wait(400)
    for (const { recorder } of recorders) recorder.resume()
  }
  await wait(recipe.ms - (recipe.pauseAtMs ?? 0))
  for (const { recorder } of recorders) recorder.stop()
  clearInterval(timer)
  const recordings: string[] = []
  for (const { chunks, stopped } of recorders) {
    await stopped
    const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer())
    let text = ''
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192))
    recordings.push(btoa(text))
  }
  return recordings
}

/** A whole file of {@link madeByFfmpeg} or {@link madeByChromium}. */
export async function bytesOf(path: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(path))
}
