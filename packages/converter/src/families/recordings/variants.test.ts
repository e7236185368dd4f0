// Files of Zoom, Teams and Jibri as their programs write them elsewhere, and wrote them before.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mp4Start, smallFolder } from '../../../test/small-folder.ts'
import { attendanceOf } from './attendance.ts'
import { jibri } from './jibri.ts'
import { recordings } from './recordings.ts'
import { zoomChat } from './zoom-chat.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-variants-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe("Zoom's chat in other languages", () => {
  it.each([
    ['16:03:27 Von  Max Muster  an  Alle : Hallo'],
    ['16:03:27 Von Max Muster an Alle:\n\tHallo'],
    ['16:03:27 De  Max Muster  à  Tout le monde : Hallo'],
    ['16:03:27 De Max Muster a Todos:\n\tHallo'],
    ['16:03:27 De Max Muster para Todos : Hallo'],
    ['16:03:27 Da Max Muster a Tutti:\n\tHallo'],
    ['16:03:27 Van Max Muster naar Iedereen : Hallo'],
    ['16:03:27 Od Max Muster do Wszyscy : Hallo'],
    ['16:03:27 От Max Muster для Все:\n\tHallo'],
    ['16:03:27 開始 Max Muster 送信先 全員:\n\tHallo'],
    ['16:03:27 開始 Max Muster に 全員 : Hallo'],
    ['16:03:27 開始 Max Muster 終了 皆様 : Hallo'],
    ['16:03:27 발신자 Max Muster 수신자 모두에게:\r\n\tHallo'],
    ['16:03:27  Max Muster 對 所有人:\r\n\tHallo'],
    ['16:03:27\t From  Max Muster : Hallo'],
    ['16:03:27 Max Muster:\tHallo'],
    ['16:03:27 From Max Muster to Everyone(in Waiting Room):\n\tHallo'],
    ['16:03:27 从 Max Muster 到 所有人：\n\tHallo'],
    ['2023-04-03 16:03:27 From Max Muster to Everyone:\n\tHallo'],
  ])('is read: %s', (text) => {
    expect(zoomChat(`${text}\n`)).toEqual({
      clock: 'wall',
      messages: [{ atMs: 57_807_000, sender: 'Max Muster', to: null, text: 'Hallo' }],
    })
  })

  it('says whom it was for, and is none where lines only begin alike', () => {
    expect(zoomChat('16:03:27 Von Max an Ada(Direktnachricht):\n\tpsst\n')!.messages[0]).toMatchObject({ to: 'Ada' })
    expect(zoomChat('16:03:27 開始 Max に Ada（ダイレクトメッセージ） : psst\n')!.messages[0]).toMatchObject({
      to: 'Ada',
    })
    expect(zoomChat('16:03:27 From Max (Room 7) : psst\n')!.messages[0]).toMatchObject({
      sender: 'Max (Room 7)',
      to: null,
    })
    expect(zoomChat('16:03:27 Vonnegut wrote: a book\n16:03:28 Debug: x\n16:03:29 INFO a: b\n')).toBeNull()
  })
})

describe("Zoom's chat in a language that is not known", () => {
  it('is read by what its lines have in common', () => {
    const lines = [
      'Mula Ada L. kay Lahat ng tao',
      'Mula Bob kay Lahat ng tao',
      'Mula Ada L. kay Bob(Pribado)',
      'Mula Cleo kay Lahat ng tao',
    ]
    const text = lines.map((head, index) => `10:00:0${index} ${head}:\r\n\tmessage ${index}\r\n`).join('')
    expect(zoomChat(text)!.messages.map(({ sender, to, text: said }) => [sender, to, said])).toEqual([
      ['Ada L.', null, 'message 0'],
      ['Bob', null, 'message 1'],
      ['Ada L.', 'Bob', 'message 2'],
      ['Cleo', null, 'message 3'],
    ])
  })

  it('is none where lines of a log have things in common', () => {
    const log = [
      'INFO api: started',
      'INFO db pool 4: ready',
      'WARN api: slow',
      'INFO api: done',
      'INFO db pool 3: ready',
    ]
    expect(zoomChat(log.map((line, index) => `10:00:0${index} ${line}\n`).join(''))).toBeNull()
  })
})

describe('a recording of Zoom that was stopped and begun again', () => {
  it('has each part where its name puts it, with its words and whoever spoke', async () => {
    const words = (name: string) => `WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\n${name}: Hello\n`
    const files = await smallFolder(join(folder, 'parts'), {
      'GMT20210301-153000_Recording_1920x1080.mp4': mp4Start,
      'GMT20210301-153000_Recording_640x360.mp4': mp4Start.subarray(0, 16),
      'GMT20210301-153000_Recording.transcript.vtt': words('Ada'),
      'GMT20210301-161500_Recording_1920x1080.mp4': mp4Start,
      'GMT20210301-161500_Recording.transcript.vtt': words('Bob'),
      'GMT20210301-161500_Recording.m4a': Buffer.from('\0\0\0\x14ftypM4A \0\0\0\0isom'),
    })
    const [claim] = await recordings.claims(files)
    const { tracks, events, files: facts, unplaced, metadata } = await recordings.read(files, claim!)
    expect(tracks).toEqual([
      { file: 'GMT20210301-153000_Recording_1920x1080.mp4', role: 'main', startMs: 0, endMs: null },
      { file: 'GMT20210301-161500_Recording_1920x1080.mp4', role: 'main', startMs: 2_700_000, endMs: null },
    ])
    expect(events.map(({ t, data }) => [t, data])).toEqual([
      [1000, { name: 'Ada', endMs: 2000 }],
      [2_701_000, { name: 'Bob', endMs: 2_702_000 }],
    ])
    expect(facts.get('GMT20210301-161500_Recording.transcript.vtt')).toMatchObject({
      ...{ type: 'transcript', startMs: 2_700_000, endMs: 2_702_000 },
    })
    expect(unplaced).toEqual(['GMT20210301-153000_Recording_640x360.mp4', 'GMT20210301-161500_Recording.m4a'])
    expect(metadata['started']).toBe('2021-03-01T15:30:00.000Z')
  })
})

describe('captions of older programs', () => {
  it('in the code page of their language, and with times that players do not read, are written once more', async () => {
    const files = await smallFolder(join(folder, 'latin'), {
      'talk.mp4': mp4Start,
      'talk.fr.srt': Buffer.from('1\r\n00:00:01,000 --> 00:00:02,500\r\nDéjà vu, ça va\r\n\r\n', 'latin1'),
      'talk.zh-Hans.srt': '1\n00:00:01,00 --> 00:00:02,5\n你好\n\n2\n00:00:03,000 --> 00:00:04,000\n好\n',
    })
    const [claim] = await recordings.claims(files)
    const { more = [], notes, files: facts } = await recordings.read(files, claim!)
    expect(more).toMatchObject([
      {
        name: 'talk.fr (mended).vtt',
        language: 'fr',
        text: 'WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nDéjà vu, ça va\n',
      },
      { name: 'talk.zh-Hans (mended).vtt', language: 'zh-Hans' },
    ])
    expect(notes.map(({ code, message }) => [code, message])).toEqual([
      ['captions-mended', 'it is not in UTF-8: they are written once more'],
      ['captions-mended', '1 of 2 cues are not as the standard has them: they are written once more'],
    ])
    expect(facts.get('talk.fr.srt')?.type).toBe('data')
  })
})

describe("Teams' attendance", () => {
  const stays = (text: string) => {
    const report = attendanceOf(text)
    const since = (ms: number): number => (ms - report!.startMs) / 60_000
    return report === null
      ? null
      : [
          report.title,
          since(report.endMs),
          ...report.stays.map((stay) => [stay.name, stay.role, since(stay.joinMs), since(stay.leaveMs)]),
        ]
  }

  it('of 2021 has what is summed up without a number, and the role before the last', () => {
    const rows = [
      ...['Meeting Summary', 'Total Number of Participants\t2', 'Meeting Title\tDevops project'],
      ...['Meeting Start Time\t12/10/2021, 7:37:00 PM', 'Meeting End Time\t12/10/2021, 8:07:00 PM'],
      ...['Meeting Id\t453adbad-3672-4bde-92d0-6be3049eb379', ''],
      'Full Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole\tParticipant ID (UPN)',
      'Ada\t12/10/2021, 7:37:00 PM\t12/10/2021, 8:07:00 PM\t30m\ta@example.com\tOrganizer\ta@example.com',
      'Bob\t12/10/2021, 7:38:00 PM\t12/10/2021, 8:06:00 PM\t28m\tb@example.com\tPresenter\tb@example.com',
    ]
    const read = ['Devops project', 30, ['Ada', 'organizer', 0, 30], ['Bob', 'presenter', 1, 29]]
    expect(stays(rows.join('\r\n'))).toEqual(read)
    // Saved once more by a program for tables.
    const quoted = rows.map((row) =>
      row
        .split('\t')
        .map((cell) => (cell.includes(',') ? `"${cell}"` : cell))
        .join(','),
    )
    expect(stays(quoted.join('\n'))).toEqual(read)
  })

  it('of 2020 has a row whenever somebody came or went', () => {
    const rows = [
      'Full Name\tUser Action\tTimestamp',
      'Ada\tJoined\t11/15/2020, 9:30:00 AM',
      'Bob\tJoined before\t11/15/2020, 9:31:00 AM',
      'Bob\tLeft\t11/15/2020, 9:40:00 AM',
      'Bob\tJoined\t11/15/2020, 9:45:00 AM',
      'Ada\tLeft\t11/15/2020, 10:00:00 AM',
    ]
    expect(stays(rows.join('\n'))).toEqual(['', 30, ['Ada', '', 0, 30], ['Bob', '', 1, 10], ['Bob', '', 15, 30]])
  })

  it('of a live event names its columns', () => {
    const rows = [
      'SessionId,ParticipantId,FullName,UserAgent,UtcEventTimestamp,Action,Role',
      's1,ada@example.com,Ada L.,"Mozilla/5.0 (X11, Linux)",1/25/2022 4:48:08 PM,Joined,Presenter',
      's2,bob@example.com,,SignalR,1/25/2022 4:51:08 PM,Joined,Attendee',
      's1,ada@example.com,Ada L.,"Mozilla/5.0 (X11, Linux)",1/25/2022 5:18:08 PM,Left,Presenter',
    ]
    expect(stays(rows.join('\n'))).toEqual([
      ...['', 30, ['Ada L.', 'presenter', 0, 30]],
      ['bob@example.com', 'attendee', 3, 30],
    ])
  })

  it.each([
    ['15.11.2022, 09:30:00', '15.11.2022, 13:30:00'],
    ['15/11/2022 à 09:30:00', '15/11/2022 à 13:30:00'],
    ['15-11-2022 09:30:00', '15-11-2022 13:30:00'],
    ['2022/11/15 9:30:00', '2022/11/15 13:30:00'],
    ['2022年11月15日 9:30', '2022年11月15日 13:30'],
    ['2022. 11. 15. 오전 9:30:00', '2022. 11. 15. 오후 1:30:00'],
    ['11/15/22, 9:30:00\u202fAM', '11/15/22, 1:30:00\u202fPM'],
    ['15/11/2022, 9:30:00 a.\u00a0m.', '15/11/2022, 1:30:00 p.\u00a0m.'],
    ['15.11.2022 9.30.00', '15.11.2022 13.30.00'],
  ])('is in the dates of the machine: %s', (start, end) => {
    const text = `1. Zusammenfassung\nBesprechungstitel\tOptik\nStartzeit\t${start}\nEndzeit\t${end}\n\n2. Teilnehmer\nName\tErster Beitritt\tLetzter Austritt\tDauer\tE-Mail\tTeilnehmer-ID (UPN)\tRolle\nAda\t${start}\t${end}\t4h\ta@example.com\ta@example.com\tOrganisator\n`
    expect(stays(text)).toEqual(['Optik', 240, ['Ada', 'organisator', 0, 240]])
    expect(new Date(attendanceOf(text)!.startMs).toISOString()).toBe('2022-11-15T09:30:00.000Z')
  })

  it('is no other table', () => {
    for (const text of [
      'Name,Action,At\nAda,opened,2022-11-15 09:30:00\n',
      'key\tvalue\nstart\t2022-11-15 09:30:00\n',
      '1. Buy milk\n2. Sell milk\n',
      'a,b\n1,2\n',
    ])
      expect(attendanceOf(text), text).toBeNull()
  })
})

describe('metadata of Jibri', () => {
  it('name participants in whatever form the server gives them, or none', async () => {
    const attendees = async (name: string, participants: unknown) => {
      const files = await smallFolder(join(folder, name), {
        'metadata.json': { meeting_url: 'https://meet.example.com/a', participants, share: true },
        'a_2024-02-03-04-05-06.mp4': mp4Start,
      })
      const [claim] = await jibri.claims(files)
      return (await jibri.read(files, claim!)).metadata['attendees']
    }
    expect(await attendees('strings', ['Ada', '', 5, null])).toEqual([{ name: 'Ada' }])
    expect(
      await attendees('users', [{ user: { id: 1, name: 'Ada' }, group: 'x' }, { user: null }, { name: 'Bob' }]),
    ).toEqual([{ name: 'Ada' }, { name: 'Bob' }])
    expect(await attendees('null', null)).toEqual([])
  })
})
