import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { smallFolder } from '../../../test/small-folder.ts'
import { speakerTurns, spokenCues } from '../cues.ts'
import { attendanceOf } from './attendance.ts'
import { recordings } from './recordings.ts'
import { folderTimeOfDay, gmtStamp, zoomChat } from './zoom-chat.ts'

describe('cues', () => {
  it('are read without the blank line before the next number, unpadded, in both commas, and in several lines', () => {
    expect(
      spokenCues('WEBVTT\n\n1\n00:00:00.000 --> 00:00:02.000\nAda: One\n2\n00:00:02.000 --> 00:00:04.000\n2\n'),
    ).toEqual([
      { startMs: 0, endMs: 2000, speaker: 'Ada', text: 'One' },
      { startMs: 2000, endMs: 4000, speaker: null, text: '2' },
    ])
    expect(spokenCues('0:0:0.0 --> 0:0:0.570\r\nHi\r\n')).toEqual([
      { startMs: 0, endMs: 570, speaker: null, text: 'Hi' },
    ])
    expect(spokenCues('1\n00:00:01,500 --> 00:00:02,25 X1:0\nA\nB')[0]).toEqual({
      startMs: 1500,
      endMs: 2250,
      speaker: null,
      text: 'A\nB',
    })
    expect(spokenCues('00:00:013,567 --> 00:00:14,901\nA')[0]).toMatchObject({ startMs: 13_567, endMs: 14_901 })
    expect(spokenCues('0:00:01.000,0:00:02.000\nBob: a')[0]).toMatchObject({
      startMs: 1000,
      endMs: 2000,
      speaker: 'Bob',
    })
    expect(spokenCues('WEBVTT\n\na/1-0\n00:01.000 --> 00:02.000\n<v Ann &amp; Co>one\ntwo</v>\n')[0]).toMatchObject({
      ...{ startMs: 1000, text: 'one\ntwo' },
    })
  })

  it('in TTML, its drafts too, are written as WebVTT, at the times that it puts together', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rushes-ttml-'))
    try {
      const paragraphs =
        '<div begin="00:00:10.000"><p begin="1s" end="2.5s">Good <br/>morning</p><p begin="2s" dur="1s">All</p></div>'
      const of = (uri: string) =>
        `<?xml version="1.0"?><tt xml:lang="en" xmlns="${uri}"><body>${paragraphs}</body></tt>`
      for (const uri of [
        'http://www.w3.org/ns/ttml',
        'http://www.w3.org/2006/10/ttaf1',
        'http://www.w3.org/2006/04/ttaf1',
      ]) {
        const files = await smallFolder(folder, { 'talk.xml': of(uri) })
        const { files: facts, more = [] } = await recordings.read(files, (await recordings.claims(files))[0]!)
        expect(facts.get('talk.xml'), uri).toEqual({ type: 'data', startMs: 0, endMs: 13_000 })
        expect(more).toMatchObject([
          { name: 'talk (from TTML).vtt', type: 'transcript', language: 'en', endMs: 13_000 },
        ])
        const [words] = more
        expect('text' in words! ? words.text : '').toMatch(/00:00:11\.000 --> 00:00:12\.500\nGood\nmorning/)
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('that lack their first line are words all the same, and are written once more by the standard', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rushes-cues-'))
    const words = '00:00:00.500 --> 00:00:07.000\nOne\n\n00:00:07.000 --> 00:00:11.890\nTwo\n'
    const files = await smallFolder(folder, { 'words.txt': words })
    const { more, notes } = await recordings.read(files, (await recordings.claims(files))[0]!)
    await rm(folder, { recursive: true, force: true })
    expect(more).toMatchObject([{ name: 'words (mended).vtt', type: 'transcript', text: `WEBVTT\n\n${words}` }])
    expect(notes.map(({ code }) => code)).toEqual(['captions-mended'])
  })

  it('tell of a speaker once until another one speaks', () => {
    const cue = (startMs: number, speaker: string | null) => ({ startMs, endMs: startMs + 500, speaker, text: 'x' })
    expect(speakerTurns([cue(2000, 'b'), cue(0, 'a'), cue(1000, 'a'), cue(1500, null), cue(3000, 'a')])).toEqual([
      { t: 0, name: 'a', endMs: 1500 },
      { t: 2000, name: 'b', endMs: 2500 },
      { t: 3000, name: 'a', endMs: 3500 },
    ])
  })

  it('take no sentence for a name where most have none', () => {
    const cue = (text: string) => `00:00.000 --> 00:01.000\n${text}\n\n`
    const speakers = (...texts: string[]) => spokenCues(texts.map(cue).join('')).map(({ speaker }) => speaker)
    expect(speakers('What I mean: this', 'and that', 'and more')).toEqual([null, null, null])
    expect(speakers('A.J. Lopez: this', 'Dr. Brown: at 10:30', 'we go')).toEqual(['A.J. Lopez', 'Dr. Brown', null])
  })
})

describe("Zoom's chat", () => {
  it('of its cloud counts from the meeting', () => {
    expect(zoomChat('00:00:05\tAda Lovelace:\tHello\r\n00:01:10\tBob:\tone\r\ntwo: three\r\n')).toEqual({
      clock: 'meeting',
      messages: [
        { atMs: 5000, sender: 'Ada Lovelace', to: null, text: 'Hello' },
        { atMs: 70_000, sender: 'Bob', to: null, text: 'one\ntwo: three' },
      ],
    })
  })

  it('of its program is in the clock of the wall, on one line or on the next', () => {
    expect(
      zoomChat('10:30:05\t From Ada Lovelace : Hello\n10:31:00 From Bob to Everyone:\n\tHi there\n\tagain\n'),
    ).toEqual({
      clock: 'wall',
      messages: [
        { atMs: 37_805_000, sender: 'Ada Lovelace', to: null, text: 'Hello' },
        { atMs: 37_860_000, sender: 'Bob', to: null, text: 'Hi there\nagain' },
      ],
    })
    expect(zoomChat('10:31:00 From Bob to Ada Lovelace(Direct Message):\n\tpsst\n')!.messages[0]).toMatchObject({
      to: 'Ada Lovelace',
      text: 'psst',
    })
  })

  it('is nothing else', () => {
    for (const text of ['', 'Hello: world\n', '10:30:05 something happened\n', 'a,b\n1,2\n'])
      expect(zoomChat(text)).toBeNull()
  })

  it('is dated by the names of what lies beside it', () => {
    expect(gmtStamp('x/GMT20210301-153000_Recording_1920x1080.mp4')).toBe(Date.UTC(2021, 2, 1, 15, 30))
    expect(folderTimeOfDay('2021-03-01 10.30.05 Topic 123/chat.txt')).toBe(37_805_000)
    expect([gmtStamp('GMT.mp4'), folderTimeOfDay('2021/chat.txt')]).toEqual([null, null])
  })
})

describe("Teams' attendance", () => {
  const report = (dates: readonly string[]) =>
    `1. Summary\nMeeting title\tX\nStart time\t${dates[0]}\nEnd time\t${dates[1]}\n\n2. Participants\nName\tFirst join\tLast leave\nA\t${dates[2]}\t${dates[3]}\n`

  it('is read with days or months first, and halves of days', () => {
    for (const dates of [
      ['15/11/22, 09:30:00', '15/11/22, 13:30:00', '15/11/22, 09:31:00', '15/11/22, 13:00:00'],
      ['11/15/2022, 9:30:00 AM', '11/15/2022, 1:30:00 PM', '11/15/2022, 9:31:00 AM', '11/15/2022, 1:00:00 PM'],
      ['2022-11-15 09:30:00', '2022-11-15 13:30:00', '2022-11-15 09:31:00', '2022-11-15 13:00:00'],
    ]) {
      const { startMs, endMs, stays } = attendanceOf(report(dates))!
      expect([
        endMs - startMs,
        stays.map(({ name, joinMs, leaveMs }) => [name, joinMs - startMs, leaveMs - startMs]),
      ]).toEqual([4 * 3_600_000, [['A', 60_000, 3.5 * 3_600_000]]])
      expect(new Date(startMs).getUTCDate()).toBe(15)
    }
  })
})
