// What the manifest of the fixtures states of archives of other systems.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bigBlueButtonPublished } from '../src/families/bigbluebutton/published.ts'
import { segmentsOf } from '../src/families/opencast/mpeg7.ts'
import { opencast } from '../src/families/opencast/opencast.ts'
import { foundInput } from '../src/input/input-folder.ts'
import { unzip } from '../src/input/unzip.ts'
import { keptTime } from '../src/timeline/kept-reading.ts'
import { readXmlTree } from '../src/xml-tree.ts'
import { fixtureFacts, fixturePath, readFixture } from './fixture-facts.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-fixtures-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const of = (pattern: RegExp) => fixtureFacts.filter(({ file }) => pattern.test(file))

describe('Opencast', () => {
  it('has its media where the manifest says, tells of checksums that are not right, and of what is missing', async () => {
    for (const { file } of of(/^opencast\/zips\/data\.zip$/)) {
      const { files: zips } = await foundInput(fixturePath(file))
      const { files } = await unzip(zips[0]!, { folder, prefix: '', signal: new AbortController().signal })
      expect(files.map(({ name }) => name).sort()).toEqual([
        ...[
          'data/aonly.mov',
          'data/dublincore.xml',
          'data/manifest.xml',
          'data/mpeg-7.xml',
          'data/series-dublincore.xml',
          'data/vonly.mov',
        ],
      ])
      const [claim] = await opencast.claims(files)
      const reading = await opencast.read(files, claim!)
      expect(reading.tracks.map(({ file: name, role, startMs }) => [name, role, startMs])).toEqual([
        ['data/aonly.mov', 'camera', 0],
        ['data/vonly.mov', 'screen', 0],
      ])
      expect(reading.notes.filter(({ code }) => code === 'checksum')).toHaveLength(5)
      expect(reading.metadata).toMatchObject({ started: '2007-12-05T13:40:00.000Z', source: { id: '10.0000/1' } })
    }
  })

  it('has segments where MPEG-7 puts them, to the ms', async () => {
    for (const { file, facts } of of(/^opencast\/.*mpeg7\.xml$/)) {
      const { files } = await foundInput(fixturePath(file))
      const segments = segmentsOf(await readXmlTree(files[0]!))
      const stated = (facts as unknown as { segments_id_start_dur_raw: [string, number, number][] }[]).flatMap(
        (each) => each.segments_id_start_dur_raw,
      )
      expect(segments.map(({ startMs, endMs }) => [startMs, endMs! - startMs])).toEqual(
        stated.map(([, start, length]) => [start, length]),
      )
      const { events } = await readFixture(file)
      expect(events.map(({ t, kind }) => [t, kind])).toEqual(stated.map(([, start]) => [start, 'slide']))
    }
  })

  it('keeps what an editor kept', async () => {
    for (const { file, facts } of of(/^opencast\/smil\/smil1\.xml$/)) {
      const { clips } = facts as { clips: { clipBegin: string; clipEnd: string }[] }
      const { kept } = await readFixture(file)
      expect(kept).toEqual(
        clips.map(({ clipBegin, clipEnd }) => ({
          startMs: Number.parseInt(clipBegin, 10),
          endMs: Number.parseInt(clipEnd, 10),
        })),
      )
    }
  })
})

describe('Paella', () => {
  it('has its streams, length and frames, which are sorted', async () => {
    for (const { file, facts } of of(/^paella\/.*\/data\.json$/)) {
      const stated = facts as {
        title: string
        duration_s: number
        frameList_times_s: number[]
        captions?: { lang: string }[]
      }
      const { format, statedMs = 0, events, metadata, more = [] } = await readFixture(file)
      expect(format).toBe('paella')
      expect(statedMs).toBe(stated.duration_s * 1000)
      expect(metadata['title'] ?? '').toBe(stated.title)
      expect(events.map(({ t, kind }) => [t, kind])).toEqual(
        [...stated.frameList_times_s].sort((left, right) => left - right).map((seconds) => [seconds * 1000, 'slide']),
      )
      expect(more.filter(({ type }) => type === 'captions').map(({ language }) => language)).toEqual(
        (stated.captions ?? []).map(({ lang }) => lang),
      )
    }
  })
})

describe('Adobe Connect', () => {
  it('has its messages in the order of their times', async () => {
    for (const _ of of(/^adobe-connect\/connect2mp4\/mainstream\.xml$/)) {
      const { format, kept, events, notes } = await readFixture('adobe-connect/connect2mp4')
      expect([format, kept]).toEqual(['adobe-connect', [{ startMs: 0, endMs: 5000 }]])
      expect(events.map(({ t, kind, data }) => [t, kind, data])).toEqual([
        [40, 'slide', { deck: '', index: 0, value: 1 }],
        [60, 'slide', { deck: 'Learning Theory.pdf', index: 3, value: 3 }],
      ])
      expect(notes.map(({ code, message }) => [code, message])).toEqual([
        ['missing-media', 'cameraVoip_12_100 is not in the archive'],
      ])
    }
  })
})

describe('Zoom and Teams', () => {
  it('have their words from the first to the last, and who spoke', async () => {
    for (const { file, facts } of of(/^(zoom|teams)\/.*\.vtt$/)) {
      const stated = facts as {
        last_end_ms: number
        voice_tag_speakers: string[]
        prefix_speakers: Record<string, number>
      }
      const reading = await readFixture(file)
      const { events, files } = reading
      expect([keptTime(reading, []).durationMs, [...files.values()][0]!.type], file).toEqual([
        stated.last_end_ms,
        'transcript',
      ])
      const names = new Set(
        events.filter(({ kind }) => kind === 'speaker').map(({ data }) => (data as { name: string }).name),
      )
      const expected =
        stated.voice_tag_speakers.length > 0 ? stated.voice_tag_speakers : Object.keys(stated.prefix_speakers)
      expect([...names].sort(), file).toEqual([...expected].sort())
    }
  })

  it('have those who were there from when until when they were', async () => {
    for (const { file } of of(/^teams\/attendance.*\.csv$/)) {
      const reading = await readFixture(file)
      const { format, metadata, events } = reading
      expect([format, metadata['title'], keptTime(reading, []).durationMs]).toEqual(['teams', 'Scrum Meeting', 690_000])
      const joins = events.filter(({ kind }) => kind === 'join')
      expect(joins).toHaveLength(8)
      expect(joins.at(-1)).toMatchObject({ t: 404_000, data: { name: 'HOTEL Hal' } })
    }
  })
})

describe('whoever reads one family', () => {
  it('claims none of the others', async () => {
    for (const { file } of of(/^(opencast|paella|zoom|teams)\//)) {
      const { files } = await foundInput(fixturePath(file))
      expect([file, await bigBlueButtonPublished.claims(files)]).toEqual([file, []])
    }
  })
})
