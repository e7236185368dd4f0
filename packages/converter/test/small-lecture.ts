// A lecture as it lies in a folder: a video of the slides, the slides themselves, and what a second recorder heard.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pdfPages } from '@rushes/processors'
import { ffmpeg } from '../../processors/test/conversion.ts'
import { recorded, room, writeSound } from '../../processors/test/made-sound.ts'
import { pdfOf } from './small-meeting.ts'

export type SmallLecture = {
  folder: string
  /** Pictures of the pages, in another folder. */
  pictures: readonly string[]
  /** Index of a page, and since when it is seen, s. */
  shown: readonly (readonly [page: number, seconds: number])[]
  /** Since when the second recorder runs, s. */
  secondAt: number
}

export const lectureSeconds = 26
const words = [
  'media',
  'time',
  'clock',
  'frame',
  'index',
  'sound',
  'offset',
  'packet',
  'slide',
  'room',
  'drift',
  'line',
]

/** @param random of which the slides, their order and times, the sound and its offset are drawn */
export async function makeSmallLecture(folder: string, random: () => number): Promise<SmallLecture> {
  await mkdir(folder, { recursive: true })
  const pick = (count: number): number => Math.floor(random() * count)
  const pdf = pdfOf(
    Array.from({ length: 5 }, () => {
      const line = (): string => Array.from({ length: 2 + pick(4) }, () => words[pick(words.length)]).join(' ')
      const lines = Array.from({ length: 3 + pick(3) }, line).map((text) => `(${text}) Tj T*`)
      return `0.2 0.3 0.6 rg 0 150 320 30 re f 0 g BT /F 15 Tf 24 TL 20 125 Td ${lines.join(' ')} ET`
    }),
  )
  await writeFile(join(folder, 'talk.pdf'), pdf)
  const { signal } = new AbortController()
  const drawn = join(folder, '..', 'drawn')
  await mkdir(drawn, { recursive: true })
  const { pages } = await pdfPages({ path: join(folder, 'talk.pdf'), folder: drawn, width: 640, height: 360, signal })
  const shown: [number, number][] = []
  for (let at = 0, page = pick(5); at < lectureSeconds - 3; at = Math.round((at + 3 + 4 * random()) * 20) / 20) {
    shown.push([page, at])
    page = (page + 1 + pick(4)) % 5
  }
  const source = room(lectureSeconds + 12, random)
  const secondAt = Math.round((3 + 4 * random()) * 1000) / 1000
  const main = { seconds: lectureSeconds, offset: 0 }
  const sound = await writeSound(recorded(source, main, random), join(drawn, 'main.m4a'))
  const second = { seconds: lectureSeconds - 6, offset: secondAt, drift: 50e-6 }
  await writeSound(recorded(source, second, random), join(folder, 'recorder.m4a'))
  const inputs = shown.flatMap(([page, at], index) => {
    const seconds = (shown[index + 1]?.[1] ?? lectureSeconds) - at
    return ['-loop', '1', '-framerate', '20', '-t', String(seconds), '-i', pages[page]!.path!]
  })
  const all = `${shown.map((_, index) => `[${index}:v]`).join('')}concat=n=${shown.length}:v=1:a=0,format=yuv420p[v]`
  const maps = ['-map', '[v]', '-map', `${shown.length}:a`]
  const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '30', '-c:a', 'copy']
  await ffmpeg(...inputs, '-i', sound, '-filter_complex', all, ...maps, ...video, join(folder, 'lecture.mp4'))
  return { folder, pictures: pages.map(({ path }) => path!), shown, secondAt }
}
