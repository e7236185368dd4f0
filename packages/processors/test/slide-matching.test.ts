import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSeed as seed, seededRandom } from '../../media/test/seeded-random.ts'
import { type GrayPicture, grayPicture } from '../src/correlate/gray-picture.ts'
import { seenSlides } from '../src/correlate/slide-matching.ts'
import { watchVideo } from '../src/correlate/watched-video.ts'
import { defaultLimits } from '../src/index.ts'
import { ffmpeg } from './conversion.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushes-slides-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const job = { limits: defaultLimits, signal: new AbortController().signal, onProgress: () => {} }

/** Page and how long it is shown, s. */
const shown = [
  [1, 3],
  [2, 2.5],
  [3, 4],
  [2, 3],
  [4, 5.25],
] as const
const times = [0, 3, 5.5, 9.5, 12.5]
let paths: string[]
let pages: GrayPicture[]

/** A head that all pages have, and lines of words that none has like another. */
async function page(random: () => number, path: string): Promise<void> {
  const [width, height] = [640, 480]
  const pixels = Buffer.alloc(width * height, 240)
  const fill = (x: number, y: number, across: number, down: number, gray: number): void => {
    for (let row = y; row < Math.min(height, y + down); row++)
      pixels.fill(gray, row * width + x, row * width + Math.min(width, x + across))
  }
  fill(0, 0, width, 60, 60)
  fill(20, 20, 200, 20, 220)
  for (let y = 100; y < 440; y += 40) {
    for (let x = 40; x < 560; ) {
      const word = 15 + Math.floor(random() * 60)
      if (random() < 0.7) fill(x, y, Math.min(word, 600 - x), 18, 30)
      x += word + 10
    }
  }
  const raw = `${path}.gray`
  writeFileSync(raw, pixels)
  await ffmpeg('-f', 'rawvideo', '-pix_fmt', 'gray', '-s', `${width}x${height}`, '-i', raw, path)
}

beforeAll(async () => {
  const random = seededRandom(seed)
  paths = [1, 2, 3, 4].map((number) => join(folder, `page-${number}.png`))
  for (const path of paths) await page(random, path)
  pages = []
  for (const each of paths) pages.push(await grayPicture(each, job))
}, 180_000)

async function video(name: string, size: string, filters: string, more: readonly string[] = []): Promise<string> {
  const path = join(folder, `${name}.mp4`)
  const inputs = shown.flatMap(([page, seconds]) => [
    '-loop',
    '1',
    '-framerate',
    '10',
    '-t',
    String(seconds),
    '-i',
    paths[page - 1]!,
  ])
  const [width, height] = size.split('x')
  const fit = `scale=${width}:${height}:force_original_aspect_ratio=decrease,pad=${width}:${height}:-1:-1,setsar=1`
  const each = shown.map((_, index) => `[${index}:v]${fit}[v${index}]`)
  const all = `${shown.map((_, index) => `[v${index}]`).join('')}concat=n=${shown.length}:v=1:a=0[slides]`
  const graph = [...each, all, filters].join(';')
  await ffmpeg(
    ...inputs,
    ...more,
    '-filter_complex',
    graph,
    '-map',
    '[out]',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-crf',
    '30',
    '-pix_fmt',
    'yuv420p',
    '-t',
    '17.75',
    path,
  )
  return path
}

async function seen(path: string) {
  const { stretches, aspect } = await watchVideo(path, job)
  return seenSlides(stretches, pages, aspect)
}

describe('pages of a deck that are seen in a video', () => {
  const expectShown = (found: Awaited<ReturnType<typeof seen>>) => {
    expect(
      found.map(({ page }) => page + 1),
      `seed ${seed}`,
    ).toEqual(shown.map(([page]) => page))
    for (const [index, { t, confidence }] of found.entries()) {
      expect(Math.abs(t - times[index]! * 1000), `slide ${index}`).toBeLessThanOrEqual(250)
      expect(confidence).toBeGreaterThan(0.4)
    }
  }

  it('are told, and when each comes', async () => {
    expectShown(await seen(await video('plain', '320x180', '[slides]null[out]')))
  }, 180_000)

  it('are told where they lie between bars, in noise, under a camera that moves in a corner', async () => {
    const camera = ['-f', 'lavfi', '-t', '20', '-i', 'testsrc2=s=80x60:r=10']
    const filters = `[slides]noise=alls=8:allf=t,eq=brightness=0.05:contrast=0.9[noisy];[noisy][${shown.length}:v]overlay=W-w-4:H-h-4[out]`
    expectShown(await seen(await video('camera', '400x300', filters, camera)))
  }, 180_000)

  it('are none where something else is seen', async () => {
    const path = join(folder, 'other.mp4')
    await ffmpeg(
      '-f',
      'lavfi',
      '-t',
      '8',
      '-i',
      'mandelbrot=s=320x180:r=10',
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-pix_fmt',
      'yuv420p',
      path,
    )
    expect(await seen(path)).toEqual([])
  }, 180_000)
})
