import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { foundInput } from '../../input/input-folder.ts'
import { bigBlueButtonPublished } from './published.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-published-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const image = (given: string, href: string) =>
  `<image ${given} class="slide" xlink:href="${href}" width="8" height="6"/>`
const contents: Record<string, string | Buffer> = {
  'metadata.xml': `<recording><id>m-1</id><start_time>1600000000000</start_time><end_time>1600000100000</end_time>
    <meta><meetingName>Lecture</meetingName></meta><playback><duration>60000</duration></playback></recording>`,
  'shapes.svg': `<?xml version="1.0"?>
    <!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
    <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
    ${image('id="image1" in="0.0" out="2.5"', 'presentation/logo.png')}
    ${image('id="image2" in="2.5 30.1" out="10.0 60.0"', 'presentation/deck-a/slide-1.png')}
    ${image('id="image3" in="10.0" out="10.0"', 'presentation/deck-a/slide-3.png')}
    ${image('id="image4" in="10.0" out="20.0"', 'presentation/deck-a/slide-2.png')}
    ${image('id="image5" in="20.0" out="30.1"', 'presentation/deskshare.png')}
    <g class="canvas" image="image2"><g class="shape" timestamp="3.1" undo="-1"/></g></svg>`,
  'slides_new.xml': `<popcorn><chattimeline in="12" direction="down" name="Ada" message=" hello " target="chat"/>
    <chattimeline in="14" out="20" name="Bob" message="a &lt; b" target="chat"/></popcorn>`,
  'deskshare.xml': '<recording id="deskshare_events"><event start_timestamp="20.1" stop_timestamp="30.1"/></recording>',
  'captions.json': '[{"locale":"pt-BR","localeName":"Português"}]',
  'caption_pt-BR.vtt': 'WEBVTT\n\n00:00.000 --> 00:01.000\nOlá\n',
  'polls.json':
    '[{"type":"poll","id":"p","timestamp":7.25,"question":"Why?","answers":[{"id":0,"key":"A","num_votes":2}]}]',
  'presentation/deck-a/slide-1.png': Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
  'video/webcams.webm': Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0x80]),
  'video/webcams.mp4': Buffer.from('\0\0\0\x14ftypisom\0\0\0\0isom'),
  'deskshare/deskshare.mp4': Buffer.from('\0\0\0\x14ftypisom\0\0\0\0isom'),
}

async function written(place: string, left: (name: string) => boolean = () => true) {
  for (const [name, content] of Object.entries(contents)) {
    if (!left(name)) continue
    await mkdir(dirname(join(place, name)), { recursive: true })
    await writeFile(join(place, name), content)
  }
  return (await foundInput(place)).files
}

describe('a published recording', () => {
  it('is on the clock of its media, in seconds of its tables', async () => {
    const files = await written(join(folder, 'whole', 'in', 'a', 'folder'))
    const [claim, ...others] = await bigBlueButtonPublished.claims(files)
    expect([claim!.root, others.length]).toEqual(['', 0])
    const reading = await bigBlueButtonPublished.read(files, claim!)
    expect([reading.kept, reading.statedMs]).toEqual([null, 60_000])
    expect(reading.events.map(({ t, kind, data }) => [t, kind, data])).toEqual([
      [2500, 'slide', { deck: 'deck-a', index: 0, value: 1 }],
      [10_000, 'slide', { deck: 'deck-a', index: 1, value: 2 }],
      [30_100, 'slide', { deck: 'deck-a', index: 0, value: 1 }],
      [20_100, 'screen', { on: true }],
      [30_100, 'screen', { on: false }],
      [12_000, 'chat', { sender: 'Ada', text: 'hello' }],
      [14_000, 'chat', { sender: 'Bob', text: 'a < b', endMs: 20_000 }],
      [7250, 'poll', { id: 'p', state: 'published', question: 'Why?', answers: [{ id: 0, key: 'A', num_votes: 2 }] }],
    ])
    expect(reading.tracks.map(({ file, role }) => [file, role])).toEqual([
      ['video/webcams.mp4', 'main'],
      ['deskshare/deskshare.mp4', 'screen'],
    ])
    expect(reading.decks).toEqual([{ name: 'deck-a', pages: ['presentation/deck-a/slide-1.png'] }])
    expect([...reading.files]).toEqual([
      ['caption_pt-BR.vtt', { type: 'captions', language: 'pt-BR', title: 'Português', startMs: 0 }],
    ])
    expect(reading.metadata).toMatchObject({ title: 'Lecture', started: '2020-09-13T12:26:40.000Z' })
  })

  it('of which tables are missing or damaged is read as far as it can be, which is said', async () => {
    const place = join(folder, 'part')
    await written(place, (name) => !/^(metadata|slides_new)/.test(name))
    await writeFile(join(place, 'slides_new.xml'), '<popcorn><chattimeline in="1"')
    const { files } = await foundInput(place)
    const [claim] = await bigBlueButtonPublished.claims(files)
    const reading = await bigBlueButtonPublished.read(files, claim!)
    expect([reading.statedMs, reading.notes.map(({ code, resource }) => [code, resource])]).toEqual([
      undefined,
      [['damaged', 'slides_new.xml']],
    ])
    expect(reading.events.filter(({ kind }) => kind === 'slide')).toHaveLength(3)
  })
})
