// An archive of six seconds: a red picture with a tone, three slides, captions, a transcript, chat, a mark, and what only its owner may read.
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '@rushes/sandbox'
import { newArchiveId, type TimelineEvent } from '@rushes/umf'
import { writeArchive } from '../src/collate/write-archive.ts'

export const smallArchiveSlides: readonly (readonly [ms: number, index: number, colour: string])[] = [
  [0, 0, 'lime'],
  [1500.5, 1, 'yellow'],
  [3000, 2, 'blue'],
  [4500, 0, 'lime'],
]

export const smallArchiveCaptions =
  'WEBVTT\n\n00:01.000 --> 00:03.000\n<v Ada>Hello {world} &amp; all</v>\n\n00:03.500 --> 00:05.500\nSecond line\nof two\n'

const metadata = {
  ...{ title: 'A talk <of> "six" & more', language: 'en', started: '2024-02-03T04:05:06.000Z' },
  ...{ authors: [{ name: 'Ada Lovelace' }, { name: 'Grace' }], description: 'What was said' },
  source: { series: 'Talks' },
}

const message = (t: number, sender: string, text: string): TimelineEvent => ({
  t,
  kind: 'chat',
  data: { sender, text },
})

/** @returns where it is */
export async function makeSmallArchive(folder: string, hasSlides = true): Promise<string> {
  await mkdir(folder, { recursive: true })
  const media = join(folder, 'media.mp4')
  await ffmpeg(
    ...['-f', 'lavfi', '-i', 'color=red:s=160x120:r=25:d=6', '-f', 'lavfi', '-i', 'sine=440:d=6'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-c:a', 'aac', media],
  )
  const colours = hasSlides ? [...new Set(smallArchiveSlides.map(([, , colour]) => colour))] : []
  const slides = await Promise.all(
    colours.map(async (colour, index) => {
      const path = join(folder, `${colour}.png`)
      await ffmpeg('-f', 'lavfi', '-i', `color=${colour}:s=${120 + 40 * index}x90`, '-frames:v', '1', path)
      const name = `slides/talk/${index + 1}.png`
      const item = { name, type: 'slide', contentType: 'image/png', metadata: { deck: 'talk', index } }
      return { item, content: { path, size: (await stat(path)).size } }
    }),
  )
  const text = (name: string, type: string, contentType: string, words: string, more = {}) => ({
    ...{ item: { name, type, contentType, ...more }, content: { text: words } },
  })
  const output = join(folder, hasSlides ? 'talk.umf' : 'plain.umf')
  await writeArchive(
    output,
    {
      ...{ id: newArchiveId(), metadata, durationMs: 6000, hasEvents: true, presentationName: 'talk.mp4' },
      presentation: { path: media, startMs: 0 },
      items: [
        ...slides,
        text('captions.vtt', 'captions', 'text/vtt', smallArchiveCaptions, { language: 'en', startMs: 0 }),
        text('words.srt', 'transcript', 'application/x-subrip', '1\n00:00:00,500 --> 00:00:01,000\nHallo\n', {
          ...{ language: 'de', startMs: 500 },
        }),
        text('notes.txt', 'document', 'text/plain', 'A note'),
        text('secret.txt', 'document', 'text/plain', 'Not for you: 7f3a', { level: 0 }),
        ...(hasSlides
          ? [
              text('slides/talk/text.txt', 'document', 'text/plain', 'Begin\nmore\f\fThe end\f', {
                metadata: { deck: 'talk' },
              }),
            ]
          : []),
      ],
      events: [
        ...(hasSlides
          ? smallArchiveSlides.map(([t, index]): TimelineEvent => {
              return { t, kind: 'slide', resource: `slides/talk/${index + 1}.png`, data: { deck: 'talk', index } }
            })
          : []),
        message(700, 'Ada', 'Hi\n\nthere <b>'),
        message(2000, '', 'Bye'),
        { t: 5000, kind: 'mark', data: { label: 'Questions' } },
        { t: 5100, kind: 'event', resource: 'secret.txt', data: { label: 'hidden' } },
      ].sort((left, right) => left.t - right.t),
    },
    () => {},
  )
  return output
}

async function ffmpeg(...args: string[]): Promise<void> {
  await runProgram({ program: 'ffmpeg', args: ['-v', 'error', '-nostdin', '-y', ...args], timeLimitMs: 60_000 })
}
