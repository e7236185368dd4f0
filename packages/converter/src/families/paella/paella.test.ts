import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mp4Start, pngStart, smallFolder } from '../../../test/small-folder.ts'
import { paella } from './paella.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-paella-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const data = {
  metadata: { title: 'Optics', duration: 61.25 },
  streams: [
    {
      content: 'presenter',
      sources: {
        mp4: [
          { src: './media/small.mp4', res: { w: 2, h: 2 } },
          { src: 'media/large.mp4', res: { w: '9', h: '9' } },
        ],
      },
    },
    {
      content: 'presentation',
      sources: { mp4: [{ src: 'https://x.example/screen.mp4', mimetype: 'video/mp4' }], image: [{ frames: [] }] },
    },
  ],
  frameList: [
    { time: 30.5, url: 'f/30/a.png' },
    { time: '0', url: 'f/0/a.png' },
  ],
  captions: [
    { lang: 'de', url: 'de.vtt', format: 'vtt' },
    { lang: 'en', url: 'https://x.example/en.dfxp', format: 'dfxp' },
  ],
}

describe('a recording for Paella', () => {
  it('has the largest of what is there, frames sorted, and points to what is elsewhere', async () => {
    const files = await smallFolder(join(folder, 'whole'), {
      'data.json': data,
      'media/small.mp4': mp4Start,
      'media/large.mp4': mp4Start,
      'f/0/a.png': pngStart,
      'f/30/a.png': pngStart,
      'de.vtt': 'WEBVTT\n',
    })
    const [claim, ...others] = await paella.claims(files)
    expect([claim!.root, others]).toEqual(['', []])
    const { tracks, events, decks, more, statedMs, files: facts } = await paella.read(files, claim!)
    expect(tracks.map(({ file, role }) => [file, role])).toEqual([['media/large.mp4', 'main']])
    expect(events.map(({ t, data: shown }) => [t, (shown as { index: number }).index])).toEqual([
      [0, 0],
      [30_500, 1],
    ])
    // Every frame is called the same: its folder tells.
    expect(decks[0]!.pages).toEqual(['f/0/a.png', 'f/30/a.png'])
    expect(more!.map(({ type, contentType }) => [type, contentType])).toEqual([
      ['video', 'video/mp4'],
      ['captions', 'application/ttml+xml'],
    ])
    expect([statedMs, facts.get('de.vtt')]).toEqual([61_250, { type: 'captions', language: 'de', startMs: 0 }])
  })

  it('is none where JSON has streams of something else, or times that are none', async () => {
    const files = await smallFolder(join(folder, 'none'), {
      'a.json': { streams: [{ sources: {} }], metadata: {} },
      'b.json': { ...data, metadata: { duration: -1 } },
      'c.json': '{"metadata":{},"streams":[',
    })
    expect(await paella.claims(files)).toEqual([])
  })
})
