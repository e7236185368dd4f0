// The pictures of what was just published, each with its time in the file, and when something in them changes.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TimelineView } from '@rushes/protocol'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Place } from './drawing-hand.ts'

/** Small enough to keep all of them, large enough for a thick stroke to fill a pixel. */
const width = 160
const height = 90

export type Pictures = {
  /** Of each picture, ms. */
  times: readonly number[]
  /** Red, green and blue of one pixel. */
  colour(picture: number, at: Place): number[]
  /** The darkest and the brightest there is of a colour within a rectangle. */
  range(picture: number, from: Place, to: Place): [number, number]
}

export type Told = TimelineView['events'][number]

/** `file` is there as long as the folder is, or until the next one. */
export type Published = { file: string; shareUrl: string; events: Told[] }

/** Waits for the recording that was stopped on this page, and fetches its file and its timeline. */
export async function publishedHere(page: Page, folder: string): Promise<Published> {
  await page.getByText('Ready to watch').waitFor({ timeout: 30_000 })
  const href = await page.getByRole('link', { name: 'Download MP4' }).getAttribute('href')
  const file = join(folder, 'published.mp4')
  const get = async (path: string) => page.request.get(new URL(path, page.url()).href)
  writeFileSync(file, await (await get(href!)).body())
  const { recordings } = (await (await get('/api/v1/recordings')).json()) as {
    recordings: { id: string; shareUrl: string }[]
  }
  const { id, shareUrl } = recordings[0]!
  const { events } = (await (await get(`/api/v1/recordings/${id}/timeline`)).json()) as TimelineView
  return { file, shareUrl, events }
}

/** The colour that one draws with from the start. */
export const isRed = ([red, green, blue]: number[]): boolean => red! > 170 && green! < 110 && blue! < 110

/** Decodes the whole file. */
export async function picturesOf(file: string): Promise<Pictures> {
  const { stdout, stderr } = await promisify(execFile)(
    'ffmpeg',
    [
      // Times as they stand in the file, no picture doubled or left out.
      ...['-nostats', '-loglevel', 'level+info', '-copyts', '-i', file, '-map', '0:v', '-fps_mode', 'passthrough'],
      ...['-vf', `scale=${width}:${height}:flags=area,showinfo=checksum=0`],
      ...['-pix_fmt', 'rgb24', '-f', 'rawvideo', '-'],
    ],
    { encoding: 'buffer', maxBuffer: 2 ** 30 },
  )
  const said = stderr.toString()
  expect(
    said.split('\n').filter((line) => /\[(error|fatal)\]/.test(line)),
    'it decodes whole',
  ).toEqual([])
  const times = [...said.matchAll(/ pts_time:([\d.]+)/g)].map(([, seconds]) => Number(seconds) * 1000)
  const size = width * height * 3
  expect(stdout.length).toBe(times.length * size)
  return {
    times,
    colour(picture, [x, y]) {
      const at = picture * size + (Math.floor(y * height) * width + Math.floor(x * width)) * 3
      return [...stdout.subarray(at, at + 3)]
    },
    range(picture, from, to) {
      let [least, most] = [255, 0]
      for (let y = Math.floor(from[1] * height); y < Math.ceil(to[1] * height); y++) {
        const row = picture * size + y * width * 3
        for (let at = row + 3 * Math.floor(from[0] * width); at < row + 3 * Math.ceil(to[0] * width); at++) {
          least = Math.min(least, stdout[at]!)
          most = Math.max(most, stdout[at]!)
        }
      }
      return [least, most]
    },
  }
}

/** Ms of media between which something happened. */
export type Span = readonly [earliest: number, latest: number]

/**
 * What is looked for is missing in the first picture, comes, goes, comes … once in each of these spans, ± 50 ms. A busy
 * machine leaves pictures out, so the one before counts as well: it must not be later.
 */
export function expectChanges(
  pictures: Pictures,
  what: string,
  isThere: (picture: number) => boolean,
  spans: readonly Span[],
): void {
  const { times } = pictures
  expect(isThere(0), `${what}, at first`).toBe(false)
  const changes = times.flatMap((_, picture) =>
    picture > 0 && isThere(picture) !== isThere(picture - 1) ? [picture] : [],
  )
  expect(
    changes.map((picture) => times[picture]),
    `${what} changes at ${spans.join(' | ')}`,
  ).toHaveLength(spans.length)
  for (const [index, [earliest, latest]] of spans.entries()) {
    const picture = changes[index]!
    expect(times[picture], `${what}, change ${index}`).toBeGreaterThan(earliest - 50)
    expect(times[picture - 1], `${what}, last picture before change ${index}`).toBeLessThan(latest + 50)
  }
}
