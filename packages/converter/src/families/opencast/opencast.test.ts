import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mp4Start, pngStart, smallFolder } from '../../../test/small-folder.ts'
import { opencast } from './opencast.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-opencast-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const md5 = createHash('md5').update(mp4Start).digest('hex')
const part = (kind: string, flavor: string, url: string, more = '', ref = ''): string =>
  `<${kind} id="${url}" type="${flavor}"${ref === '' ? '' : ` ref="${ref}"`}><url>${url}</url>${more}</${kind}>`
const mediaPackage = (inside: string, duration = 60_000): string => `<?xml version="1.0"?>
  <oc:mediapackage xmlns:oc="http://mediapackage.opencastproject.org" id="p-1" start="2024-02-03T04:05:06Z" duration="${duration}">
  <title>Optics</title>${inside}</oc:mediapackage>`
const segments = (
  ...starts: string[]
): string => `<Mpeg7 xmlns="urn:mpeg:mpeg7:schema:2001"><Description><MultimediaContent><Video>
  <TemporalDecomposition>${starts
    .map(
      (start) => `<VideoSegment><MediaTime><MediaRelTimePoint>${start}</MediaRelTimePoint></MediaTime></VideoSegment>`,
    )
    .join('')}</TemporalDecomposition></Video></MultimediaContent></Description></Mpeg7>`

describe('a mediapackage', () => {
  it('has both sides, the furthest on of each, flips where segments begin, captions by their language', async () => {
    const files = await smallFolder(join(folder, 'whole'), {
      'manifest.xml': mediaPackage(
        [
          part('track', 'presenter/source', 'tracks/a.mp4', `<checksum type="md5">${md5}</checksum>`),
          part(
            'track',
            'presenter/delivery',
            'https://x.example/files/b.mp4?x=1',
            '<checksum type="md5">00000000000000000000000000000000</checksum>',
          ),
          part('track', 'presentation/delivery', './c.mp4'),
          part('track', 'presentation/work', 'gone.mp4'),
          part('catalog', 'mpeg-7/segments', 'm.xml'),
          part('catalog', 'dublincore/episode', 'episode.xml'),
          part(
            'attachment',
            'captions/source',
            'de.vtt',
            '<mimetype>text/vtt</mimetype><tags><tag>lang:de</tag></tags>',
          ),
          part('attachment', 'presentation/segment+preview', 'p1.png', '', 'track:x;time=T00:00:00:0F1000'),
          part('attachment', 'presentation/segment+preview', 'p2.png', '', 'track:x;time=T00:00:07:7F1000'),
        ].join(''),
      ),
      'a.mp4': mp4Start,
      'b.mp4': mp4Start,
      'c.mp4': mp4Start,
      'm.xml': segments('T00:00:00:0F1000', 'T00:00:07:7F1000', 'T00:01:10:5F10'),
      'episode.xml':
        '<dublincore xmlns:dcterms="http://purl.org/dc/terms/"><dcterms:title>Optics 3</dcterms:title><dcterms:creator>Ada</dcterms:creator></dublincore>',
      'de.vtt': 'WEBVTT\n\n00:00.000 --> 00:01.000\nHallo\n',
      'p1.png': pngStart,
      'p2.png': pngStart,
    })
    const [claim, ...others] = await opencast.claims(files)
    expect(others).toEqual([])
    const { tracks, events, decks, notes, statedMs, metadata, files: facts } = await opencast.read(files, claim!)
    expect(tracks.map(({ file, role, side }) => [file, role, side])).toEqual([
      ['b.mp4', 'camera', 'presenter'],
      ['c.mp4', 'screen', 'presentation'],
    ])
    expect(events.map(({ t, data }) => [t, (data as { index: number }).index])).toEqual([
      [0, 0],
      [7007, 1],
      [70_500, 2],
    ])
    expect(decks.map(({ pages }) => pages)).toEqual([['p1.png', 'p2.png', null]])
    expect(notes.map(({ code }) => code).sort()).toEqual(['checksum', 'missing-media'])
    expect([statedMs, facts.get('de.vtt')?.language]).toEqual([60_000, 'de'])
    expect(metadata).toMatchObject({
      title: 'Optics 3',
      authors: [{ name: 'Ada' }],
      started: '2024-02-03T04:05:06.000Z',
    })
  })

  it('that was cut by its editor is what the editor kept, unless it has been cut already', async () => {
    const smil = `<smil xmlns="http://www.w3.org/ns/SMIL"><body><par><video clipBegin="1000ms" clipEnd="2500ms" src="a"/></par>
      <par><video clipBegin="4000ms" clipEnd="9000ms" src="a"/></par></body></smil>`
    const read = async (name: string, flavor: string) => {
      const inside = part('track', flavor, 'a.mp4') + part('catalog', 'smil/cutting', 'cut.smil')
      const files = await smallFolder(join(folder, name), {
        'manifest.xml': mediaPackage(inside),
        'a.mp4': mp4Start,
        'cut.smil': smil,
      })
      const [claim] = await opencast.claims(files)
      return (await opencast.read(files, claim!)).kept
    }
    expect(await read('cut', 'presenter/source')).toEqual([
      { startMs: 1000, endMs: 2500 },
      { startMs: 4000, endMs: 9000 },
    ])
    expect(await read('done', 'presenter/delivery')).toBe(null)
  })

  it('with parts that are damaged is read as far as it can be, which is told', async () => {
    const inside = part('track', 'presenter/source', 'a.mp4') + part('catalog', 'mpeg-7/segments', 'm.xml')
    const own = part('attachment', 'rushes/events', 'timeline.json')
    const files = await smallFolder(join(folder, 'damaged'), {
      'manifest.xml': mediaPackage(inside + own, -5),
      'a.mp4': mp4Start,
      'm.xml': '<Mpeg7><Description>',
      'timeline.json': [{ t: -1, kind: 'slide' }],
    })
    const [claim] = await opencast.claims(files)
    const { tracks, events, notes, statedMs } = await opencast.read(files, claim!)
    expect([tracks.length, events, statedMs]).toEqual([1, [], undefined])
    expect(notes.map(({ code, resource }) => [code, resource]).sort()).toEqual([
      ['damaged', 'm.xml'],
      ['damaged', 'timeline.json'],
    ])
  })
})
