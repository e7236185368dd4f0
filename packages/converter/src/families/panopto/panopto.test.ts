import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mp4Start, pngStart, smallFolder } from '../../../test/small-folder.ts'
import { panopto } from './panopto.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-panopto-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const delivery = {
  Delivery: {
    SessionName: 'Optics 3',
    SessionStartTime: 13_311_000_000.5,
    Duration: 61.5,
    OwnerDisplayName: 'Ada',
    Contributors: [{ DisplayName: 'Grace' }],
    PodcastStreams: [],
    Streams: [
      { Tag: 'OBJECT', StreamUrl: 'https://x.example/sessions/1/object.mp4?a=1', RelativeStart: 2.25 },
      { Tag: 'DV', StreamHttpUrl: 'https://x.example/sessions/1/camera%201.mp4', RelativeStart: -0.1 },
    ],
    Timestamps: [
      {
        Time: 30.0015,
        Caption: 'Lenses',
        Data: 'thick and thin',
        ObjectPublicIdentifier: 'd1',
        ObjectSequenceNumber: 2,
      },
      { Time: 0, Caption: 'Title', ObjectPublicIdentifier: 'd1', ObjectSequenceNumber: '1' },
      { Time: 45, Caption: 'Question of Bob', ObjectSequenceNumber: null },
    ],
  },
}

describe('a session of Panopto', () => {
  it('has its streams where they begin, slides from 1, marks and captions in seconds of the session', async () => {
    const files = await smallFolder(join(folder, 'viewer'), {
      'DeliveryInfo.json': delivery,
      'captions.json': [
        { Time: 1.5, CaptionDuration: 2, Caption: 'Welcome' },
        { Time: 4, Caption: 'to optics' },
      ],
      'object.mp4': mp4Start,
      'camera 1.mp4': mp4Start,
      'd1_et/images/slide1.jpg': pngStart,
      'd1_et/images/slide2.jpg': pngStart,
    })
    const [claim, ...others] = await panopto.claims(files)
    expect([claim!.root, others]).toEqual(['', []])
    const { tracks, events, decks, metadata, notes, more, kept } = await panopto.read(files, claim!)
    expect([notes, kept]).toEqual([[], null])
    expect(tracks.map(({ file, role, startMs }) => [file, role, startMs])).toEqual([
      ['camera 1.mp4', 'camera', 0],
      ['object.mp4', 'screen', 2250],
    ])
    expect(events).toEqual([
      { t: 30_001.5, kind: 'slide', data: { deck: 'd1', index: 1, value: 2, title: 'Lenses', text: 'thick and thin' } },
      { t: 0, kind: 'slide', data: { deck: 'd1', index: 0, value: 1, title: 'Title' } },
      { t: 45_000, kind: 'mark', data: { label: 'Question of Bob' } },
    ])
    expect(decks.map(({ pages }) => pages)).toEqual([['d1_et/images/slide1.jpg', 'd1_et/images/slide2.jpg']])
    expect(more).toMatchObject([
      {
        type: 'captions',
        text: 'WEBVTT\n\n00:00:01.500 --> 00:00:03.500\nWelcome\n\n00:00:04.000 --> 00:00:09.000\nto optics\n',
      },
    ])
    // From where its seconds count nobody says: no date is made of them.
    expect([metadata['title'], metadata['authors'], metadata['started']]).toEqual([
      'Optics 3',
      [{ name: 'Grace' }],
      undefined,
    ])
  })

  it('without media lasts as long as it says, and what is missing is told', async () => {
    const files = await smallFolder(join(folder, 'alone'), { 'DeliveryInfo.json': delivery })
    const [claim] = await panopto.claims(files)
    const { kept, statedMs, tracks, notes } = await panopto.read(files, claim!)
    expect([kept, statedMs, tracks, notes.map(({ code }) => code)]).toEqual([null, 61_500, [], ['missing-media']])
  })

  it('as it is handed in (Universal Capture Specification) has starts, cuts, documents and pictures on one clock', async () => {
    const files = await smallFolder(join(folder, 'capture'), {
      'session.xml': `<?xml version="1.0"?>
        <Session xmlns="http://tempuri.org/UniversalCaptureSpecification/v1"><Title>Lecture</Title><Date>2024-02-03T04:05:06Z</Date>
        <Videos><Video><Start>PT0S</Start><File>speaker.mp4</File><Type>Primary</Type></Video>
        <Video><Start>PT1M2.5S</Start><File>screen.mp4</File><Type>Secondary</Type></Video></Videos>
        <Presentations><Presentation><Start>PT10S</Start><File>talk.pdf</File><SlideChanges>
          <SlideChange><SlideNumber>1</SlideNumber><Time>PT0S</Time></SlideChange>
          <SlideChange><SlideNumber>3</SlideNumber><Time>PT5.25S</Time></SlideChange></SlideChanges></Presentation></Presentations>
        <Images><Image><Start>PT2M</Start><File>b.png</File></Image><Image><Start>PT1M</Start><File>a.png</File></Image></Images>
        <Cuts><Cut><Start>PT20S</Start><Duration>PT5S</Duration></Cut></Cuts></Session>`,
      'speaker.mp4': mp4Start,
      'screen.mp4': mp4Start,
      'talk.pdf': '%PDF-1.4\n',
      'a.png': pngStart,
      'b.png': pngStart,
    })
    const [claim] = await panopto.claims(files)
    const { tracks, events, decks, cut, metadata } = await panopto.read(files, claim!)
    expect(tracks.map(({ file, role, startMs }) => [file, role, startMs])).toEqual([
      ['speaker.mp4', 'camera', 0],
      ['screen.mp4', 'screen', 62_500],
    ])
    expect(events.map(({ t, data }) => [t, data])).toEqual([
      [10_000, { deck: 'talk.pdf', index: 0, value: 1 }],
      [15_250, { deck: 'talk.pdf', index: 2, value: 3 }],
      [60_000, { deck: 'images', index: 0, value: 1 }],
      [120_000, { deck: 'images', index: 1, value: 2 }],
    ])
    expect(decks.map(({ document, pages }) => [document, pages])).toEqual([
      ['talk.pdf', []],
      [undefined, ['a.png', 'b.png']],
    ])
    expect([cut, metadata['started']]).toEqual([[{ startMs: 20_000, endMs: 25_000 }], '2024-02-03T04:05:06.000Z'])
  })

  it('that is of another form, or hostile, is claimed by nobody or told to be damaged', async () => {
    const none = await smallFolder(join(folder, 'none'), {
      'other.json': { Delivery: { address: 'Main street' } },
      'other.xml': '<Session><Videos/></Session>',
    })
    expect(await panopto.claims(none)).toEqual([])
    const wrong = await smallFolder(join(folder, 'wrong'), {
      'd.json': { Delivery: { SessionName: 'x', Timestamps: [{ Time: -1 }] } },
    })
    const [claim] = await panopto.claims(wrong)
    const { notes, events } = await panopto.read(wrong, claim!)
    expect([notes.map(({ code }) => code), events]).toEqual([['damaged'], []])
  })
})
