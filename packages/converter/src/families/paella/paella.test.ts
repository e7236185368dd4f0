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

  it.each([
    [
      'in a list within an object, as Paella 7 has them',
      { targetContent: 'presenter', frames: data.frameList },
      undefined,
    ],
    ['by their seconds, as Matterhorn wrote them', undefined, { frame_0: 'f/0/a.png', 'frame_30.5': 'f/30/a.png' }],
    ['by keys of any kind', { 0: { time: 0, url: 'f/0/a.png' }, 30: { time: 30.5, url: 'f/30/a.png' } }, undefined],
  ])('has its frames %s', async (name, frameList, frames) => {
    const [first, second] = data.streams
    const image = frames === undefined ? {} : { image: [{ frames, mimetype: null, res: { w: '9', h: '9' } }] }
    const files = await smallFolder(join(folder, name), {
      'data.json': {
        metadata: { title: null, duration: '61.25', preview: 'x.png' },
        streams: [
          { ...first, role: 'mainAudio' },
          {
            ...second,
            content: 'presentation-2',
            sources: { mp4: [{ src: 'b.mp4', mimetype: null, res: null }, 'odd'], ...image },
          },
        ],
        frameList,
        captions: [{ lang: null, url: 'de.vtt' }, { text: 'no place' }],
      },
      'media/large.mp4': mp4Start,
      'b.mp4': mp4Start,
      'f/0/a.png': pngStart,
      'f/30/a.png': pngStart,
      'de.vtt': 'WEBVTT\n',
    })
    const [claim] = await paella.claims(files)
    const { tracks, events, decks, statedMs, files: facts, metadata } = await paella.read(files, claim!)
    expect(tracks.map(({ file, role }) => [file, role])).toEqual([
      ['media/large.mp4', 'camera'],
      ['b.mp4', 'screen'],
    ])
    expect(events.map(({ t }) => t)).toEqual([0, 30_500])
    expect(decks[0]!.pages).toEqual(['f/0/a.png', 'f/30/a.png'])
    expect([statedMs, facts.get('de.vtt'), metadata['title']]).toEqual([
      61_250,
      { type: 'captions', startMs: 0 },
      undefined,
    ])
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
