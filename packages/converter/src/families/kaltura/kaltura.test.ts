import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mp4Start, pngStart, smallFolder } from '../../../test/small-folder.ts'
import { kaltura } from './kaltura.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-kaltura-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const entry = {
  objectType: 'KalturaMediaEntry',
  id: '0_abcdefgh',
  name: 'Talk',
  createdAt: 1_600_000_000,
  msDuration: 9000,
}
const cue = (objectType: string, id: string, startTime: number, more: object) => {
  return { objectType: `Kaltura${objectType}`, id, entryId: '0_abcdefgh', startTime, ...more }
}
const answers = {
  objects: [
    cue('ThumbCuePoint', '0_slide002', 4000, {
      subType: 1,
      assetId: '0_asset002',
      title: 'Second',
      description: 'words',
    }),
    cue('ThumbCuePoint', '0_slide001', 500, { subType: 1, assetId: '0_asset001' }),
    cue('ThumbCuePoint', '0_chapter1', 3000, { subType: 2, title: 'Part two' }),
    cue('Annotation', '0_note0001', 2000, { text: 'Why?', tags: 'qna', userId: 'bob', endTime: 2500 }),
    cue('QuestionCuePoint', '0_quiz0001', 6000, {
      question: 'How much?',
      optionalAnswers: [{ text: 'a' }, { text: 'b' }],
    }),
    cue('CodeCuePoint', '0_code0001', 7000, { code: '42', tags: 'room' }),
    { ...cue('ThumbCuePoint', '0_other001', 1, { subType: 1 }), entryId: '0_zzzzzzzz' },
  ],
}

const kinds = (events: readonly { t: number; kind: string; data?: unknown }[]) =>
  events.map(({ t, kind, data }) => [t, kind, data])

describe('an entry of Kaltura', () => {
  it('has slides, chapters, questions and polls at ms of its own, with their pictures, and its sides', async () => {
    const files = await smallFolder(join(folder, 'api'), {
      'entry.json': [entry, { ...entry, id: '0_childone', parentEntryId: '0_abcdefgh', name: 'Screen' }],
      'cuepoints.json': answers,
      // The same answer, saved twice.
      'again.json': answers,
      'captions.json': [
        { objectType: 'KalturaCaptionAsset', id: '0_caption1', entryId: '0_abcdefgh', language: 'German' },
      ],
      '0_caption1.srt': '1\n00:00:01,000 --> 00:00:02,000\nHallo\n',
      '0_abcdefgh.mp4': mp4Start,
      'small 0_abcdefgh.mp4': mp4Start.subarray(0, 16),
      '0_childone.mp4': mp4Start,
      'thumbs/0_asset001.png': pngStart,
      'thumbs/0_asset002.png': pngStart,
    })
    const [claim, ...others] = await kaltura.claims(files)
    expect([claim!.root, others]).toEqual(['', []])
    const { tracks, events, decks, files: facts, notes, metadata } = await kaltura.read(files, claim!)
    expect(notes).toEqual([])
    expect(tracks.map(({ file, role }) => [file, role])).toEqual([
      ['0_abcdefgh.mp4', 'camera'],
      ['0_childone.mp4', 'screen'],
    ])
    expect(kinds(events)).toEqual([
      [500, 'slide', { deck: 'slides', index: 0, value: 1 }],
      [4000, 'slide', { deck: 'slides', index: 1, value: 2, title: 'Second', text: 'words' }],
      [3000, 'mark', { label: 'Part two' }],
      [2000, 'question', { sender: 'bob', text: 'Why?', endMs: 2500 }],
      [6000, 'poll', { question: 'How much?', answers: ['a', 'b'] }],
      [7000, 'event', { label: 'room', value: '42', confidence: 1 }],
    ])
    expect(decks.map(({ pages }) => pages)).toEqual([['thumbs/0_asset001.png', 'thumbs/0_asset002.png']])
    expect(facts.get('0_caption1.srt')).toMatchObject({ type: 'captions', language: 'de' })
    expect(metadata).toMatchObject({ title: 'Talk', source: { entryCreated: '2020-09-13T12:26:40.000Z' } })
  })

  it('as XML, and as a feed with clock times, is the same', async () => {
    const xml = await smallFolder(join(folder, 'xml'), {
      'list.xml': `<xml><result><objects><item><objectType>KalturaThumbCuePoint</objectType><id>0_slide001</id>
        <entryId>0_abcdefgh</entryId><startTime>500</startTime><subType>1</subType></item></objects></result></xml>`,
    })
    const [first] = await kaltura.claims(xml)
    const read = await kaltura.read(xml, first!)
    expect(kinds(read.events)).toEqual([[500, 'slide', { deck: 'slides', index: 0, value: 1 }]])
    expect(read.notes.map(({ code }) => code)).toEqual(['missing-media'])
    const feed = await smallFolder(join(folder, 'feed'), {
      'feed.xml': `<mrss><channel><item><entryId>0_abcdefgh</entryId><name>Talk</name><scenes>
        <scene-thumb-cue-point sceneId="0_slide001"><sceneStartTime>00:01:05.3</sceneStartTime><slide>
          <urlContentResource url="https://x.example/a/slide.png"/></slide></scene-thumb-cue-point>
        <scene-annotation sceneId="0_note0001"><sceneStartTime>00:00:05</sceneStartTime><sceneText>Hm</sceneText></scene-annotation>
        <scene-code-cue-point sceneId="0_code0001"><sceneStartTime>soon</sceneStartTime></scene-code-cue-point>
        </scenes></item></channel></mrss>`,
      'slide.png': pngStart,
      'any.mp4': mp4Start,
    })
    const [second] = await kaltura.claims(feed)
    const { events, decks, tracks } = await kaltura.read(feed, second!)
    expect(kinds(events)).toEqual([
      [65_300, 'slide', { deck: 'slides', index: 0, value: 1 }],
      [5000, 'annotation', { sender: '', text: 'Hm' }],
    ])
    expect([decks[0]!.pages, tracks]).toEqual([
      ['slide.png'].map(String),
      [{ file: 'any.mp4', role: 'main', startMs: 0, endMs: null }],
    ])
  })

  it('is none where only the words are alike', async () => {
    const files = await smallFolder(join(folder, 'none'), {
      'a.json': { objectType: 'Kaltura', entry: 1 },
      'b.xml': '<rss><channel><item><title>News</title></item></channel></rss>',
    })
    expect(await kaltura.claims(files)).toEqual([])
  })
})
