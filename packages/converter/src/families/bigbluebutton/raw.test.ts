import { describe, expect, it } from 'vitest'
import type { FoundFile } from '../../input/found-file.ts'
import { KeptTime } from '../../timeline/kept-time.ts'
import { placedEvents } from '../../timeline/placed-events.ts'
import { XmlStream } from '../../xml-stream.ts'
import { EventsListener } from './events-xml.ts'
import { readMeeting } from './raw.ts'

function meetingOf(xml: string, pieceLength = xml.length) {
  const listener = new EventsListener()
  const stream = new XmlStream(listener)
  for (let at = 0; at < xml.length; at += pieceLength) stream.push(xml.slice(at, at + pieceLength))
  stream.end()
  return listener.found
}

const event = (
  timestamp: number,
  module: string,
  name: string,
  fields: Record<string, string | number> = {},
): string => {
  const children = Object.entries(fields).map(([field, value]) => `<${field}>${value}</${field}>`)
  return `<event timestamp="${timestamp}" module="${module}" eventname="${name}">${children.join('\n')}</event>\n`
}
const recording = (...events: string[]): string => `<?xml version="1.0"?>\n<recording>${events.join('')}</recording>\n`
const file = (name: string, kind: string): FoundFile => ({ name, path: `/nowhere/${name}`, size: 1, kind })
const read = (xml: string, files: FoundFile[] = []) => readMeeting(meetingOf(xml), 'events.xml', files)
const join = event(1000, 'PARTICIPANT', 'ParticipantJoinEvent', { userId: 'a', name: 'Ada', role: 'MODERATOR' })
const end = (at: number) => event(at, 'PARTICIPANT', 'EndAndKickAllEvent')
const mark = (at: number, status = 'true') => event(at, 'PARTICIPANT', 'RecordStatusEvent', { status })
const share = (at: number, deck: string) =>
  event(at, 'PRESENTATION', 'SharePresentationEvent', { presentationName: deck })
const turn = (at: number, slide: number) => event(at, 'PRESENTATION', 'GotoSlideEvent', { slide })
const flips = (xml: string) => {
  const { events, kept } = read(xml)
  const placed = placedEvents(events, new KeptTime(kept!))
  return placed
    .filter(({ kind }) => kind === 'slide')
    .map(({ t, data }) => [t, ...Object.values(data as object).slice(0, 2)])
}

describe('record marks', () => {
  it('are paired in the order of their times, whatever their status says', () => {
    expect(read(recording(join, mark(9000), mark(4000), mark(6000, 'false'), mark(5000), end(11000))).kept).toEqual([
      { startMs: 3000, endMs: 4000 },
      { startMs: 5000, endMs: 8000 },
    ])
  })

  it('last to the last event in the file where one is missing, and are everything where there are none', () => {
    expect(read(recording(join, mark(3000), end(11000))).kept).toEqual([{ startMs: 2000, endMs: 10000 }])
    // First and last are elements, not the least and the greatest time.
    expect(read(recording(join, turn(500, 1), turn(20000, 2), end(11000))).kept).toEqual([{ startMs: 0, endMs: 10000 }])
  })
})

describe('slides', () => {
  it('count from 0, each deck comes back where it was left, and what is shown already is no flip', () => {
    const xml = recording(
      ...[join, share(2000, 'one'), turn(3000, 4), share(4000, 'two'), turn(5000, 0), turn(6000, 1)],
      ...[share(7000, 'one'), share(7500, 'one'), turn(8000, 4), share(9000, 'two'), end(11000)],
    )
    expect(flips(xml)).toEqual([
      [1000, 'one', 0],
      [2000, 'one', 4],
      [3000, 'two', 0],
      [5000, 'two', 1],
      [6000, 'one', 4],
      [8000, 'two', 1],
    ])
  })

  it('that were turned to before recording began are there when it begins', () => {
    expect(flips(recording(join, share(2000, 'one'), turn(3000, 2), mark(5000), turn(6000, 3), end(9000)))).toEqual([
      [0, 'one', 2],
      [1000, 'one', 3],
    ])
  })

  it('follow the order in the file where times disagree a little: a deck is shown before it is turned over', () => {
    expect(flips(recording(join, share(2000, 'one'), share(3001, 'two'), turn(3000, 5), end(9000)))).toEqual([
      [1000, 'one', 0],
      [2000, 'two', 5],
    ])
  })

  it('are not told by the progress of a conversion', () => {
    const progress = event(2000, 'PRESENTATION', 'GenerateSlideEvent', { presentationName: 'one', pagesCompleted: 3 })
    expect(flips(recording(join, progress, end(9000)))).toEqual([])
  })
})

describe('people', () => {
  it('write what is trimmed, speak for as long as they do, and are called as other events call them', () => {
    const { events, metadata } = read(
      recording(
        event(1000, 'PARTICIPANT', 'ParticipantJoinEvent', { userId: 1, role: 'MODERATOR' }),
        event(1100, 'PRESENTATION', 'AssignPresenterEvent', { userid: 1, name: 'Grace' }),
        event(1200, 'VOICE', 'ParticipantJoinedEvent', { participant: 1, callername: 'somebody else' }),
        event(2000, 'VOICE', 'ParticipantTalkingEvent', { participant: 1, talking: 'true' }),
        event(2700, 'VOICE', 'ParticipantTalkingEvent', { participant: 1, talking: 'false' }),
        event(3000, 'CHAT', 'PublicChatEvent', { sender: 'Grace', message: '<![CDATA[\n  a < b \n]]>' }),
        event(4000, 'CHAT', 'ClearPublicChatEvent'),
        event(4500, 'VOICE', 'ParticipantLeftEvent', { participant: 1 }),
        end(5000),
      ),
    )
    expect(events.map(({ t, kind, data }) => [t, kind, data])).toEqual([
      [0, 'join', { name: 'Grace', id: '1', role: 'moderator' }],
      [1000, 'speaker', { name: 'somebody else', value: '1', endMs: 1700 }],
      [2000, 'chat', { sender: 'Grace', text: 'a < b', endMs: 3000 }],
    ])
    expect(metadata['attendees']).toEqual([{ id: '1', name: 'Grace', role: 'moderator' }])
  })
})

describe('media', () => {
  const files = [
    ...[
      file('audio/m-1.opus', 'audio/ogg'),
      file('video/m/cam-7.flv', 'video/x-flv'),
      file('deskshare/d.webm', 'video/webm'),
    ],
    file('video/m/320x240-5-99.flv', 'video/x-flv'),
  ]

  it('begin where their events begin them, by whichever name and in whichever form', () => {
    const { tracks, notes, events } = read(
      recording(
        ...[join, event(2000, 'VOICE', 'StartRecordingEvent', { filename: '/var/freeswitch/m-1.wav' })],
        event(2500, 'WEBCAM', 'StartWebcamShareEvent', { stream: 'cam-7' }),
        event(3000, 'bbb-webrtc-sfu', 'StartWebRTCDesktopShareEvent', { filename: '/var/kurento/d.webm' }),
        event(3500, 'PARTICIPANT', 'ParticipantStatusChangeEvent', { status: 'hasStream', userId: 5, value: 'true' }),
        event(3600, 'PARTICIPANT', 'ParticipantStatusChangeEvent', { status: 'hasStream', userId: 5, value: 'false' }),
        event(4000, 'WEBCAM', 'StopWebcamShareEvent', { stream: 'cam-7' }),
        event(5000, 'WEBCAM', 'StartWebcamShareEvent', { stream: 'gone' }),
        end(9000),
      ),
      files,
    )
    expect(tracks.map(({ file: name, role, startMs, endMs }) => [name, role, startMs, endMs])).toEqual([
      ['audio/m-1.opus', 'voice', 1000, 8000],
      ['video/m/cam-7.flv', 'camera', 1500, 3000],
      ['deskshare/d.webm', 'screen', 2000, 8000],
      ['video/m/320x240-5-99.flv', 'camera', 2500, 2600],
    ])
    expect(notes.map(({ code, message }) => [code, message])).toEqual([['missing-media', 'gone is not in the archive']])
    expect(events.filter(({ kind }) => kind === 'screen').map(({ t, data }) => [t, data])).toEqual([
      [2000, { on: true }],
      [8000, { on: false }],
    ])
  })

  it('of which no event tells are dated by their name, on the clock of the events', () => {
    const { tracks, notes } = read(recording(join, end(9000)), [file('audio/m-1500000.wav', 'audio/wav')])
    expect([tracks, notes[0]!.code]).toEqual([[], 'no-time'])
    const late = recording(event(1_000_000, 'CHAT', 'PublicChatEvent'), end(1_900_000))
    const dated = read(late, [file('audio/m-1500000.wav', 'audio/wav')])
    expect(dated.tracks).toEqual([{ file: 'audio/m-1500000.wav', role: 'voice', startMs: 500_000, endMs: null }])
    expect(dated.notes[0]!.code).toBe('time-from-name')
  })
})

describe('events.xml', () => {
  it('is the same in pieces of any length', () => {
    const xml = recording(
      join,
      share(2000, 'ünï'),
      turn(3000, 2),
      event(4000, 'CHAT', 'PublicChatEvent', { message: 'é&amp;è' }),
      end(9000),
    )
    const whole = meetingOf(xml)
    for (const length of [1, 2, 3, 7, 64, 1000]) expect(meetingOf(xml, length)).toEqual(whole)
  })

  it('with a document type is refused', () => {
    expect(() => meetingOf('<!DOCTYPE recording [<!ENTITY a "b">]><recording/>')).toThrow(/document type/)
  })
})
