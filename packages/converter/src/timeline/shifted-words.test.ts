import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mp4Start, smallFolder } from '../../test/small-folder.ts'
import { recordings } from '../families/recordings/recordings.ts'
import type { LookedTrack } from '../media/montage.ts'
import { withShiftedWords } from './shifted-words.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-words-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function read(name: string, words: string, mediaMs: number) {
  const files = await smallFolder(join(folder, name), { 'a.mp4': mp4Start, 'a.vtt': words })
  const reading = await recordings.read(files, { root: '' })
  const sound = { channels: 1, sampleRate: 48_000, codec: 'aac' }
  const facts = { path: '', isCopy: false, durationMs: mediaMs, picture: null, sound, times: null, mended: null }
  const looked: LookedTrack[] = reading.tracks.map((track) => ({ track, facts }))
  return await withShiftedWords(reading, looked, files)
}

const words = (hour: string): string =>
  `WEBVTT\n\n${hour}:00:01.500 --> ${hour}:00:02.250\n<v Ada>Hello</v>\n\n${hour}:00:03.000 --> ${hour}:00:04.000\n<v Bob>Hi</v>\n`

describe('captions with the time code of a studio', () => {
  it('are written once more from 0, and the file is kept as it is', async () => {
    const { more, files, notes, events } = await read('late', words('10'), 5000)
    expect(more).toMatchObject([
      {
        ...{ name: 'a (from 0).vtt', type: 'transcript', startMs: 0, endMs: 4000, from: ['a.vtt'] },
        text: words('00'),
      },
    ])
    expect([files.get('a.vtt')!.type, notes.map(({ code, resource }) => [code, resource])]).toEqual([
      'data',
      [['start-shifted', 'a.vtt']],
    ])
    expect(events.map(({ t, kind, data }) => [t, kind, data])).toEqual([
      [1500, 'speaker', { name: 'Ada', endMs: 2250 }],
      [3000, 'speaker', { name: 'Bob', endMs: 4000 }],
    ])
  })

  it('that are in time stay as they are', async () => {
    for (const [name, hour, mediaMs] of [
      ['in time', '00', 5000],
      ['long', '01', 3_700_000],
    ] as const) {
      const { more, notes } = await read(name, words(hour), mediaMs)
      expect([name, more, notes]).toEqual([name, [], []])
    }
  })
})
