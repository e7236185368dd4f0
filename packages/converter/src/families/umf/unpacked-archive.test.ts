import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mp4Start, pngStart, smallFolder } from '../../../test/small-folder.ts'
import { claimedEvents } from '../claimed-events.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-unpacked-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const EVENTS = 'application/vnd.umf.events+json'
const item = (name: string, type: string, contentType: string, more = {}) => ({ name, type, contentType, ...more })
const manifest = (more = {}) => ({
  umf: 1,
  id: '01900000-0000-7000-8000-000000000000',
  metadata: { title: 'Talk', format: 'bigbluebutton', notes: [{ code: 'x' }] },
  presentation: { item: item('talk.mp4', 'video', 'video/mp4', { durationMs: 6000 }), file: 'talk.mp4' },
  items: [
    { item: item('s/1.png', 'slide', 'image/png', { metadata: { deck: 'd', index: 1 } }) },
    { item: item('a:b.txt', 'document', 'text/plain', { title: 'B', level: 10 }), file: 'a_b.txt' },
    { item: item('lent.txt', 'document', 'text/plain', { limits: { department: 'x' } }) },
    { item: item('gone.txt', 'document', 'text/plain') },
    { item: item('far.mp4', 'video', 'video/mp4'), pointer: 'https://x.example/far.mp4' },
    {
      item: item('timeline.json', 'events', EVENTS),
      events: [
        { t: 1000.5, kind: 'slide', resource: 's/1.png', data: { deck: 'd', index: 1 } },
        { t: 10, kind: 'mark', resource: 'a:b.txt', data: { label: 'x' } },
      ],
    },
    {
      item: item('own.json', 'events', EVENTS, { level: 0 }),
      events: [{ t: 7, kind: 'mark', data: { label: 'secret' } }],
    },
  ],
  ...more,
})
const contents = {
  'talk.mp4': mp4Start,
  's/1.png': pngStart,
  'a_b.txt': 'B',
  'lent.txt': 'L',
  // What looks like another event, and larger, is one of its items.
  'deep/events.xml': `<recording meeting_id="m"><event timestamp="1" module="CHAT" eventname="PublicChatEvent"/></recording>${' '.repeat(9000)}`,
}

describe('an archive that was unpacked', () => {
  it('is as a whole what it was: names, kinds, who may read what, and events to the ms', async () => {
    const files = await smallFolder(join(folder, 'whole'), { ...contents, 'umf.json': manifest() })
    const [best, ...others] = await claimedEvents(files)
    expect([best!.family.format, best!.claim.root, others]).toEqual(['umf', '', []])
    const reading = await best!.family.read(files, best!.claim)
    expect(reading.notes.map(({ code, resource }) => [code, resource])).toEqual([['missing', 'gone.txt']])
    expect([reading.kept, reading.tracks]).toEqual([
      [{ startMs: 0, endMs: 6000 }],
      [{ file: 'talk.mp4', role: 'main', startMs: 0, endMs: null }],
    ])
    expect(reading.events).toEqual([
      { t: 10, kind: 'mark', resource: 'a_b.txt', data: { label: 'x' } },
      { t: 1000.5, kind: 'slide', resource: 's/1.png', data: { deck: 'd', index: 1 } },
    ])
    expect(reading.decks).toEqual([{ name: 'd', title: 'd', pages: [null, 's/1.png'] }])
    expect(reading.files.get('a_b.txt')).toEqual({ type: 'document', title: 'B', level: 10 })
    // What is limited otherwise, and what tells of all that is limited, is the owner's.
    expect(['lent.txt', 'umf.json'].map((name) => reading.files.get(name)!.level)).toEqual([0, 0])
    expect(reading.more).toMatchObject([
      { name: 'far.mp4', pointer: 'https://x.example/far.mp4' },
      { name: 'own.json', type: 'events', level: 0 },
    ])
    expect(reading.metadata).toEqual({ title: 'Talk', origin: { id: manifest().id, by: 'convert' } })
  })

  it('never shows to all a presentation that was not for all', async () => {
    const presentation = {
      item: item('talk.mp4', 'video', 'video/mp4', { durationMs: 6000, level: 5 }),
      file: 'talk.mp4',
    }
    const files = await smallFolder(join(folder, 'kept'), { ...contents, 'umf.json': manifest({ presentation }) })
    const [best] = await claimedEvents(files)
    const { tracks, files: facts, notes } = await best!.family.read(files, best!.claim)
    expect([tracks, facts.get('talk.mp4')]).toEqual([[], { startMs: 0, level: 5 }])
    expect(notes.map(({ code }) => code)).toContain('kept-back')
  })

  it('with a list that leads out of its folder, or is none, tells so and reads nothing else', async () => {
    const items = [{ item: item('x', 'document', 'text/plain'), file: '../../../etc/passwd' }]
    const out = await smallFolder(join(folder, 'out'), { 'umf.json': manifest({ items, presentation: undefined }) })
    const [first] = await claimedEvents(out)
    const { files, notes } = await first!.family.read(out, first!.claim)
    expect([[...files.keys()], notes.map(({ code }) => code)]).toEqual([['umf.json'], ['missing']])
    const wrong = await smallFolder(join(folder, 'wrong'), { 'umf.json': { umf: 1, items: 'none' } })
    const [second] = await claimedEvents(wrong)
    const reading = await second!.family.read(wrong, second!.claim)
    expect([reading.events, reading.notes.map(({ code }) => code)]).toEqual([[], ['damaged']])
  })
})
