// Reads from a recorded file what the clock in its picture showed (page/clock-picture.ts), and says whether it is whole:
// every picture of it at its time, none left out.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { colourAt, packets } from './browser.ts'
import { clockShape, timeOfCells } from './page/clock-picture.ts'

export type ClockPicture = {
  /** In the file, ms. */
  mediaMs: number
  /** What the clock showed, ms since the Unix epoch. */
  shownMs: number
  /** Beside the clock. */
  colour: string
}

export type ClockFilm = {
  pictures: ClockPicture[]
  /** What was decoded and shows no clock. */
  unreadable: number
  /** The longest step from one packet of sound to the next; a fragment that is lost leaves a second, a busy machine nothing. */
  soundGapMs: number
  /** What ffmpeg has to say about decoding all of it, sound and pictures; nothing: it is whole. */
  faults: string[]
}

/** What the clock showed when the media's time was this. */
export type Moment = { mediaMs: number; clockMs: number }

/** Each picture is scaled down to so many pixels: two by two for every cell, and as fine for what is beside the clock. */
const size = {
  width: (2 * clockShape.columns) / clockShape.share,
  height: (2 * clockShape.rows) / clockShape.share,
}

export async function readClockFilm(path: string): Promise<ClockFilm> {
  const small = `scale=${size.width}:${size.height}:flags=area,format=rgb24`
  const pictures = ['-map', '0:v', '-vf', small, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-']
  const sound = ['-map', '0:a?', '-f', 'null', '-']
  const decoding = ['-v', 'error', '-i', path, ...pictures, ...sound]
  const { stdout, stderr } = await promisify(execFile)('ffmpeg', decoding, { encoding: 'buffer', maxBuffer: 1e8 })
  const times = (await packets(path, 'v')).map(({ time }) => time).sort((a, b) => a - b)
  const bytes = size.width * size.height * 3
  const heard = (await packets(path, 'a')).map(({ time }) => time * 1000)
  const soundGapMs = Math.max(...heard.slice(1).map((time, index) => time - heard[index]!))
  const film: ClockFilm = { pictures: [], unreadable: 0, soundGapMs, faults: lines(stderr) }
  const decoded = stdout.length / bytes
  if (decoded !== times.length) film.faults.push(`${decoded} of ${times.length} pictures could be decoded`)
  for (const [index, time] of times.slice(0, decoded).entries()) {
    const picture = stdout.subarray(index * bytes, (index + 1) * bytes)
    const shownMs = timeOfCells(cellsOf(picture), Date.now())
    if (shownMs === null) film.unreadable++
    else film.pictures.push({ mediaMs: time * 1000, shownMs, colour: colourAt(picture, size, 0.75, 0.25) })
  }
  return film
}

const lines = (said: Buffer): string[] =>
  String(said)
    .split('\n')
    .filter((line) => line.trim() !== '')

function cellsOf(picture: Buffer): boolean[] {
  const { columns, rows } = clockShape
  return Array.from({ length: columns * rows }, (_, cell) => {
    const [left, top] = [2 * (cell % columns), 2 * Math.floor(cell / columns)]
    let light = 0
    for (const [x, y] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ] as const) {
      light += picture[((top + y) * size.width + left + x) * 3 + 1]!
    }
    return light > 4 * 127
  })
}

/** For how long a busy machine may leave pictures out, or show the same one: the first takes an encoder longest. */
const stillMs = 3000
/** How late the quickest picture of a stretch may be on a busy machine; 30 ms were seen where 17 wanted to run at once. */
const quickestLateMs = 300

/**
 * That no picture of a stretch is missing, and none stands still: the clock in it runs as the media's time does. A busy
 * machine leaves pictures out and brings others late, the quickest tell how the clocks stand.
 */
export function expectUnbroken(pictures: readonly ClockPicture[]): void {
  expect(pictures.length).toBeGreaterThan(10)
  const least = quickest(pictures)
  for (const [index, picture] of pictures.entries()) {
    const { mediaMs, shownMs } = picture
    const before = pictures[Math.max(0, index - 1)]!
    expect(mediaMs - before.mediaMs, `a hole before ${mediaMs} ms`).toBeLessThan(stillMs)
    expect(shownMs, `older at ${mediaMs} ms than before`).toBeGreaterThanOrEqual(before.shownMs)
    expect(mediaMs - shownMs - least, `stands still at ${mediaMs} ms`).toBeLessThan(stillMs)
  }
  for (const second of Map.groupBy(pictures, ({ mediaMs }) => Math.floor(mediaMs / 1000)).values()) {
    if (second.length < 5) continue // the last one has just begun
    expect(quickest(second) - least, `late from ${second[0]!.mediaMs} ms on`).toBeLessThan(quickestLateMs)
  }
}

/** That the pictures of these moments are there, and show them. */
export function expectShown(pictures: readonly ClockPicture[], moments: readonly Moment[]): void {
  for (const { mediaMs, clockMs } of moments) {
    const near = pictures.filter((picture) => Math.abs(picture.mediaMs - mediaMs) < 750)
    expect(near.length, `pictures around ${mediaMs} ms`).toBeGreaterThan(0)
    expect(Math.abs(quickest(near) - (mediaMs - clockMs)), `what ${mediaMs} ms shows`).toBeLessThan(quickestLateMs)
  }
}

/** The media's time less the clock's, of the picture that was quickest on its way: how their zeros stand. */
function quickest(pictures: readonly ClockPicture[]): number {
  return Math.min(...pictures.map(({ mediaMs, shownMs }) => mediaMs - shownMs))
}
