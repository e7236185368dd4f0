// An archive that is uploaded becomes the recording that it was, and no byte of what else it holds is lost.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { RecordingView, TimelineEvent } from '@rushes/protocol'
import {
  type Archive,
  anonymous,
  bytesSource,
  checkArchive,
  eventsContent,
  type ItemFields,
  openArchive,
  openEditor,
  UmfWriter,
} from '@rushes/umf'
import { nodeSha256 as sha256 } from '@rushes/umf/node'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { madeByFfmpeg } from '../../media/test/made-media.ts'
import { footer } from '../../umf/src/anchor.ts'
import { box } from '../../umf/src/box.ts'
import type { Description } from '../../umf/src/description.ts'
import { indexPayload } from '../../umf/src/index-box.ts'
import { MemoryFile } from '../../umf/test/memory-file.ts'
import { startTestDatabase, type TestDatabase } from './postgres-for-tests.ts'
import { startTestServer, type TestServer, testOwnerKey } from './server-for-tests.ts'
import { UploadSender } from './upload-sender.ts'

const run = promisify(execFile)
let database: TestDatabase
let server: TestServer
/** Of another server. */
let recording: RecordingView
let frames: string
let exported: Uint8Array

const events: TimelineEvent[] = [
  { t: 200.5, kind: 'mark', data: { label: 'here' } },
  { t: 100, kind: 'annotation', data: { op: 'add', shape: [1, 2.5, '\u0000'] } },
]

beforeAll(async () => {
  database = await startTestDatabase()
  server = await startTestServer({ databaseUrl: database.url })
  const body = await readFile(
    await madeByFfmpeg('webm', [
      ...['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25', '-f', 'lavfi', '-i', 'sine=frequency=440', '-t', '1'],
      ...['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus', '-live', '1'],
    ]),
  )
  const origin = await startTestServer()
  try {
    recording = await origin.record(body, 'Ein Vortrag – 1', events)
    exported = await bytesOf(recording.umfUrl!)
    frames = await framesOf(await bytesOf(recording.mp4Url!))
  } finally {
    await origin.close()
  }
})
// An archive is one recording here as long as that is not deleted.
afterEach(async () => {
  const { recordings } = await server.client.recordings()
  await Promise.all(recordings.map(({ id }) => server.client.remove(id)))
})
afterAll(async () => {
  await server.close()
  await database.close()
})

const bytes = (text: string) => new TextEncoder().encode(text)
const opened = (file: Uint8Array) => openArchive(bytesSource(file), { sha256 })
const owned = (id: string, name: string) => `${server.url}/api/v1/recordings/${id}/${name}`

async function bytesOf(url: string): Promise<Uint8Array> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${testOwnerKey}` } })
  expect(response.status).toBe(200)
  return new Uint8Array(await response.arrayBuffer())
}

async function framesOf(file: Uint8Array): Promise<string> {
  const path = join(server.dataDir, 'decoded')
  await writeFile(path, file)
  return (await run('ffmpeg', ['-v', 'error', '-i', path, '-map', '0', '-f', 'framemd5', '-'])).stdout
}

async function uploaded(file: Uint8Array): Promise<RecordingView> {
  const sender = new UploadSender(server)
  const url = await sender.created(file.length, { filename: 'from elsewhere.umf' })
  expect((await sender.patch(url, 0, file)).status).toBe(204)
  return settled(url)
}

/** On a machine with much to do the check may go on behind the answer. */
async function settled(url: string): Promise<RecordingView> {
  for (;;) {
    const view = await server.client.recording(url.split('/').at(-1)!)
    if (view.archive?.state !== 'checking') return view
    await sleep(50)
  }
}

async function intact(file: Uint8Array): Promise<Uint8Array> {
  expect((await checkArchive(bytesSource(file), { sha256 })).problems).toEqual([])
  return file
}

/** All that an archive says and holds, wherever it lies. */
async function contentOf(archive: Archive) {
  const items = await Promise.all(
    archive.items().map(async ({ extents, inline, ...item }) => ({
      ...item,
      content: item.pointer === undefined ? Buffer.from(await archive.bytes(item.name)).toString('base64') : null,
    })),
  )
  const { cover: _, generation: __, items: ___, presentation, ...rest } = archive.state.description
  return { ...rest, items, presentation: { ...presentation, length: 0 } }
}

async function timelineOf({ id }: RecordingView): Promise<TimelineEvent[]> {
  const { events: all } = await server.client.timeline(id)
  return all.map(({ t, kind, data }) => ({ t, kind, data }))
}

const item = (name: string, more: Partial<ItemFields> = {}): ItemFields => ({
  ...{ name, type: 'document', contentType: 'text/plain' },
  ...more,
})

let furnishedOnce: Promise<Uint8Array> | null = null
const furnished = () => (furnishedOnce ??= furnish())

/** The exported archive with much in it that recordings have no place for. */
async function furnish(presentation?: Record<string, unknown>): Promise<Uint8Array> {
  const file = new MemoryFile(exported.slice())
  const editor = await openEditor(file, sha256)
  const hidden = eventsContent([
    { t: 3, kind: 'slide', resource: 'slides/1.png', data: { deck: 'd', index: 0 } },
    { t: 4, kind: 'slide', resource: 'secret plan', data: { deck: 'd', index: 1 } },
    { t: 5, kind: 'mark', data: { label: 'and this' } },
  ])
  const eventItem = { type: 'events', contentType: 'application/vnd.umf.events+json' }
  await editor.edit({
    put: [
      { item: item('slides/1.png', { type: 'slide', startMs: 0, endMs: 10, title: 'One' }), content: bytes('a slide') },
      { item: item('secret plan', { level: 0 }), content: bytes('WORDS THAT NOBODY KNOWS') },
      { item: item('for staff', { limits: { group: ['staff'] } }), inline: bytes('WORDS FOR STAFF') },
      { item: item('made of it', { from: { items: ['secret plan', 'slides/1.png'], by: 'x' } }), inline: bytes('y') },
      { item: item('elsewhere'), pointer: 'https://example.org/x', length: 5 },
      { item: item('nothing'), content: bytes('') },
      {
        item: { ...item('strange', { type: 'of-my-own' }), unknown: { deep: [1] } } as ItemFields,
        content: bytes('z'),
      },
      { item: item('more events', eventItem), content: hidden },
      { item: item('restricted events', { ...eventItem, level: 10 }), content: hidden },
    ],
    metadata: { place: { name: 'hall' }, notes: [{ code: 'x', message: 'of it', resource: 'secret plan' }] },
    ...(presentation && { presentation }),
  })
  return intact(await withExtension(file.bytes))
}

/** The same archive with one more extension box before its index. */
async function withExtension(file: Uint8Array): Promise<Uint8Array> {
  const archive = await opened(file)
  const all: Uint8Array[] = []
  const writer = new UmfWriter({ write: (piece) => void all.push(piece.slice()), sha256, id: archive.id })
  const { length: _, ...fields } = archive.presentation!
  await writer.media(fields, new Uint8Array(0), file.slice(8192, archive.presentation!.length))
  await writer.extension('abcd', bytes('of somebody else'))
  for (const each of archive.items()) {
    const { extents, inline, pointer, length, digest, ...said } = each
    const place = pointer === undefined ? { content: await archive.bytes(each.name) } : { pointer, length: length! }
    await writer.add({ item: said, ...place })
  }
  await writer.finish({ ...archive.metadata })
  return Buffer.concat(all)
}

/** The same file with another index, as somebody would write it who means harm. */
function withDescription(file: Uint8Array, { state }: Archive, description: Description): Uint8Array {
  const anchor = state.anchor!
  const idat = file.slice(state.idat.at, state.idat.at + state.idat.length)
  const payload = Buffer.concat(indexPayload(description, idat))
  const index = box('meta', payload)
  const root = createHash('sha256').update(payload).digest()
  const end = anchor.indexOffset + index.length + 136
  const before = Buffer.from(file.slice(0, anchor.indexOffset)).fill(0, 2048, 8192)
  return Buffer.concat([before, index, footer({ ...anchor, indexSize: index.length, end, root }, sha256)])
}

describe('an archive that is uploaded', () => {
  it('is the recording that it was: title, timeline, frames; and its archive has the same in it', async () => {
    const view = await uploaded(exported)
    expect(view).toMatchObject({ title: recording.title, archive: { state: 'restored', note: null } })
    // `moov` counts in whole ms.
    expect(Math.abs(view.durationMs - recording.durationMs)).toBeLessThan(1)
    expect(await timelineOf(view)).toEqual([...events].sort((one, other) => one.t - other.t))
    expect(await framesOf(await bytesOf(owned(view.id, 'file.mp4')))).toBe(frames)
    const again = await intact(await bytesOf(owned(view.id, 'file.umf')))
    expect(await contentOf(await opened(again))).toEqual(await contentOf(await opened(exported)))
    expect(await framesOf(again)).toBe(frames)
    // What stood before the pictures is made anew, and does not grow with every journey.
    expect(again.length).toBeLessThanOrEqual(exported.length + 1000)
    expect(Buffer.from(await bytesOf(owned(view.id, 'original'))).equals(exported)).toBe(true)
  })

  it('keeps what the catalog has no place for, and gives it back', async () => {
    const file = await furnished()
    const view = await uploaded(file)
    expect(view.archive).toEqual({ state: 'restored', note: null })
    const own = [...events, { t: 5, kind: 'mark', data: { label: 'and this' } }]
    expect(await timelineOf(view)).toEqual(own.sort((one, other) => one.t - other.t))
    const again = await intact(await bytesOf(owned(view.id, 'file.umf')))
    const [before, after] = await Promise.all([opened(file), opened(again)])
    expect((await after.events()).map((event) => JSON.stringify(event)).sort()).toEqual(
      (await before.events()).map((event) => JSON.stringify(event)).sort(),
    )
    // Open events are all in the first of their items now; everything else is as it was.
    const rest = async (archive: Archive) => {
      const { items, ...said } = await contentOf(archive)
      return { ...said, items: items.filter(({ name }) => !['timeline.json', 'more events'].includes(name)) }
    }
    expect(await rest(after)).toEqual(await rest(before))
    expect(after.items().map(({ name }) => name)).toEqual(before.items().map(({ name }) => name))
    expect(Buffer.from(again).includes('abcdof somebody else')).toBe(true)
  })

  it('[L3, L5] shows whoever has its link what everybody may read, and no byte of the rest', async () => {
    const view = await uploaded(await furnished())
    const [umf, mp4] = await Promise.all(['umf', 'mp4'].map((ending) => bytesOf(`${view.shareUrl}/file.${ending}`)))
    for (const file of [umf!, mp4!]) {
      for (const words of ['NOBODY KNOWS', 'FOR STAFF', 'secret plan', 'for staff', 'restricted', 'somebody else']) {
        expect(Buffer.from(file).includes(words), words).toBe(false)
      }
    }
    const archive = await openArchive(bytesSource(await intact(umf!)), { sha256, caller: anonymous })
    expect(archive.items().map(({ name }) => name)).toEqual([
      ...['timeline.json', 'slides/1.png', 'made of it', 'elsewhere', 'nothing', 'strange', 'more events'],
    ])
    expect((await archive.events()).flatMap(({ resource }) => resource ?? [])).toEqual(['slides/1.png'])
    expect(archive.item('made of it').from).toEqual({ items: ['slides/1.png'], by: 'x' })
  })

  it('[L3] keeps events that nobody can read for its owner alone: they may name anything', async () => {
    const file = new MemoryFile((await furnished()).slice())
    const torn = { ...item('torn events'), type: 'events', contentType: 'application/vnd.umf.events+json' }
    const content = bytes('[{"t":1,"kind":"slide","resource":"secret plan"')
    await (await openEditor(file, sha256)).edit({ put: [{ item: torn, content }] })
    const view = await uploaded(file.bytes)
    const all = await opened(await intact(await bytesOf(owned(view.id, 'file.umf'))))
    expect(await all.bytes('torn events')).toEqual(content)
    const shared = await intact(await bytesOf(`${view.shareUrl}/file.umf`))
    for (const words of ['torn events', 'secret plan']) expect(Buffer.from(shared).includes(words), words).toBe(false)
  })

  it('whose picture is not for everybody has no link until its owner makes one', async () => {
    const view = await uploaded(await furnish({ level: 10 }))
    expect(view).toMatchObject({ shareUrl: null, archive: { state: 'restored' } })
    const { url } = await server.client.share(view.id)
    const open = await openArchive(bytesSource(await bytesOf(`${url}/file.umf`)), { sha256, caller: anonymous })
    expect(open.presentation?.level).toBeUndefined()
    expect((await opened(await bytesOf(owned(view.id, 'file.umf')))).presentation?.level).toBe(10)
  })

  it('[F4, M1] that is a recording here already is a copy of it, with all that is in it and an id of its own', async () => {
    const file = await furnished()
    const first = await uploaded(file)
    const [second, third] = await Promise.all([uploaded(file), uploaded(file)])
    const { id: archiveId } = await opened(file)
    const idOf = async ({ id }: RecordingView) => (await opened(await bytesOf(owned(id, 'file.umf')))).id
    expect(await idOf(first)).toBe(archiveId)
    for (const view of [second, third]) {
      expect(view.archive).toMatchObject({ state: 'restored', note: expect.stringContaining(archiveId) })
      expect(view.title).toBe(recording.title)
      expect(await timelineOf(view)).toEqual(await timelineOf(first))
      const again = await opened(await intact(await bytesOf(owned(view.id, 'file.umf'))))
      const { id, metadata, ...content } = await contentOf(again)
      const before = await contentOf(await opened(await bytesOf(owned(first.id, 'file.umf'))))
      expect(content).toEqual({ ...before, id: undefined, metadata: undefined })
      expect(id).toBe(view.id)
      const generation = (await opened(file)).generation
      expect(metadata).toEqual({ ...before.metadata, from: [{ id: archiveId, generation, by: 'upload' }] })
      // L3: what its owner is told is not for whoever has its link.
      const shown = await fetch(`${server.url}/api/v1/shares/${view.shareUrl!.split('/').at(-1)}`)
      expect(await shown.json()).toMatchObject({ archive: { state: 'restored', note: null } })
    }
    expect(Buffer.from(await bytesOf(owned(second.id, 'original'))).equals(file)).toBe(true)
    // A copy of the copy says both.
    const copy = await uploaded(await bytesOf(owned(second.id, 'file.umf')))
    const { metadata } = await opened(await bytesOf(owned(copy.id, 'file.umf')))
    expect((metadata['from'] as { id: string }[]).map(({ id }) => id)).toEqual([archiveId, second.id])
    // Where the first is gone, its archive may come back.
    await server.client.remove(first.id)
    expect((await uploaded(file)).archive).toEqual({ state: 'restored', note: null })
  })

  it.each([
    ['a byte of its picture', (file: Buffer) => file.indexOf('mdat') + 500, /main presentation|media/],
    ['a byte of an item', (file: Buffer) => file.indexOf('NOBODY KNOWS'), /secret plan/],
    ['a byte of its index', (file: Buffer) => file.indexOf('"metadata"') + 3, /./],
  ])(
    'with another value in %s is a plain recording, and says why to its owner alone',
    async (_what, placeIn, words) => {
      const file = Buffer.from(await furnished())
      file[placeIn(file)]! ^= 1
      const view = await uploaded(file)
      expect(view).toMatchObject({ title: 'from elsewhere.umf', archive: { state: 'plain' } })
      expect(view.archive!.note).toMatch(words)
      expect(await timelineOf(view)).toEqual([])
      const { metadata } = await opened(await intact(await bytesOf(owned(view.id, 'file.umf'))))
      expect(metadata['notes']).toEqual([
        expect.objectContaining({ code: 'archive-not-restored', message: view.archive!.note }),
      ])
      const shared = await server.client.recording(view.id)
      expect(shared.mp4State).toBe('ready')
      expect(view.shareUrl).toBeNull()
      const { id: share, url } = await server.client.share(view.id)
      const seen = await fetch(`${server.url}/api/v1/shares/${share}`)
      expect(await seen.json()).toMatchObject({ archive: { state: 'plain', note: null } })
      const theirs = Buffer.from(await bytesOf(`${url}/file.umf`))
      for (const hidden of ['NOBODY KNOWS', 'secret plan']) expect(theirs.includes(hidden)).toBe(false)
    },
  )

  it('whose picture no MP4 player knows is an item of its own, for its owner alone', async () => {
    const file = Buffer.from(await furnished())
    file.write('zz09', file.indexOf('vp09'), 'latin1')
    const view = await uploaded(file)
    expect(view).toMatchObject({ mp4State: 'needs-encode', archive: { state: 'plain' } })
    const own = await opened(await intact(await bytesOf(owned(view.id, 'file.umf'))))
    expect(own.item('recording.mp4').level).toBe(0)
    expect(Buffer.from(await own.bytes('recording.mp4')).equals(file)).toBe(true)
    const { url } = await server.client.share(view.id)
    const theirs = await intact(await bytesOf(`${url}/file.umf`))
    expect((await opened(theirs)).items()).toEqual([])
    expect(theirs.length).toBeLessThan(10_000)
  })

  it('[D6] is never restored with any one bit flipped, and nothing of it is shown then that was not', async () => {
    const whole = await furnished()
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
        const file = Buffer.from(whole)
        file[at]! ^= 1 << bit
        const sender = new UploadSender(server)
        const url = await sender.created(file.length)
        const { status } = await sender.patch(url, 0, file)
        expect([204, 415, 422]).toContain(status)
        if (status !== 204) return
        const view = await settled(url)
        expect(view.archive?.state).not.toBe('restored')
        const { url: link } = await server.client.share(view.id)
        const shared = await intact(await bytesOf(`${link}/file.umf`))
        expect(Buffer.from(shared).includes('NOBODY KNOWS')).toBe(false)
        await intact(await bytesOf(owned(view.id, 'file.umf')))
      }),
      { numRuns: 15 },
    )
  })

  it('that ends early is a plain recording', async () => {
    const view = await uploaded(exported.subarray(0, exported.length - 200))
    expect(view).toMatchObject({ title: 'from elsewhere.umf', archive: { state: 'plain' } })
    expect(await framesOf(await bytesOf(owned(view.id, 'file.mp4')))).toBe(frames)
  })

  it('whose items would have it read without end is a plain recording', async () => {
    const edited = new MemoryFile(exported.slice())
    await (await openEditor(edited, sha256)).edit({ put: [{ item: item('large'), content: new Uint8Array(20_000) }] })
    const file = edited.bytes
    const archive = await opened(file)
    const description = structuredClone(archive.state.description)
    const bomb = description.items.find(({ name }) => name === 'large')!
    bomb.extents = Array.from({ length: 1000 }, () => bomb.extents![0]!)
    bomb.length = 1000 * 20_000
    const view = await uploaded(withDescription(file, archive, description))
    expect(view.archive).toMatchObject({ state: 'plain', note: expect.stringContaining('across each other') })
  })

  const alone = async (fill: (writer: UmfWriter) => Promise<unknown>) => {
    const all: Uint8Array[] = []
    const metadata = { title: 'Minutes', authors: [{ name: 'Ada' }] }
    const writer = new UmfWriter({ write: (piece) => void all.push(piece.slice()), sha256, metadata })
    await fill(writer)
    await writer.finish()
    return Buffer.concat(all)
  }
  const ofItems = () =>
    alone(async (writer) => {
      await writer.add(
        { item: item('minutes.txt', { startMs: 100, endMs: 900 }), content: bytes('nothing to see') },
        { item: item('closed.txt', { level: 10 }), content: bytes('NOBODY KNOWS') },
        {
          item: { name: 'timeline', type: 'events', contentType: 'application/vnd.umf.events+json' },
          content: eventsContent(events.toSorted((one, other) => one.t - other.t)),
        },
      )
      await writer.extension('abcd', bytes("somebody's own"))
    })

  it('of items alone, without pictures and sound, is restored whole, and shows each reader what they may read', async () => {
    const file = await ofItems()
    const view = await uploaded(file)
    expect(view).toMatchObject({
      title: 'Minutes',
      mp4State: 'unsupported',
      archive: { state: 'restored', note: null },
    })
    const own = await intact(await bytesOf(owned(view.id, 'file.umf')))
    const { presentation: _, ...content } = await contentOf(await opened(file))
    expect(await contentOf(await opened(own))).toMatchObject(content)
    expect(Buffer.from(own).includes("somebody's own")).toBe(true)
    expect(await timelineOf(view)).toEqual(events.toSorted((one, other) => one.t - other.t))
    const { url } = await server.client.share(view.id)
    const theirs = await intact(await bytesOf(`${url}/file.umf`))
    expect((await opened(theirs)).items().map(({ name }) => name)).toEqual(['minutes.txt', 'timeline'])
    expect(Buffer.from(theirs).includes('NOBODY KNOWS')).toBe(false)
    const text = await fetch(`${url}/resources/minutes.txt`)
    expect([text.status, await text.text()]).toEqual([200, 'nothing to see'])
    expect((await fetch(`${url}/resources/closed.txt`)).status).toBe(404)
    expect((await fetch(`${url}/file.mp4`)).status).not.toBe(200)
  })

  it('of items alone goes from server to server and stays what it is', async () => {
    const first = await uploaded(await ofItems())
    const file = await bytesOf(owned(first.id, 'file.umf'))
    await server.client.remove(first.id)
    const second = await uploaded(file)
    expect(second.archive).toMatchObject({ state: 'restored', note: null })
    const again = await intact(await bytesOf(owned(second.id, 'file.umf')))
    expect(await contentOf(await opened(again))).toEqual(await contentOf(await opened(file)))
  })

  it.each([
    ['with nothing in it', () => alone(async () => {})],
    ['of items, cut off', async () => (await ofItems()).subarray(0, -300)],
  ])('%s is refused', async (_, made) => {
    const sender = new UploadSender(server)
    const file = await made()
    const refused = await sender.patch(await sender.created(file.length), 0, file)
    expect(refused.status).toBe(422)
    expect(await refused.json()).toMatchObject({ error: { code: 'nothing-playable' } })
  })

  it('of items alone with a damaged one is kept as it came, for its owner alone', async () => {
    const file = await ofItems()
    file[file.indexOf('nothing to see')]! ^= 1
    const view = await uploaded(file)
    expect(view.archive).toMatchObject({ state: 'plain' })
    const { url } = await server.client.share(view.id)
    expect((await opened(await intact(await bytesOf(`${url}/file.umf`)))).items()).toEqual([])
  })

  it('is restored by the next process, where one ended before it was', async () => {
    const { id } = await uploaded(exported)
    await sql`delete from recording_events where recording_id = ${id}`.execute(database.kysely)
    await sql`update uploaded_archives set state = 'checking' where recording_id = ${id}`.execute(database.kysely)
    const blobsDir = join(server.dataDir, 'blobs')
    const next = await startTestServer({ databaseUrl: database.url, blobsDir })
    try {
      await expect.poll(async () => (await server.client.recording(id)).archive?.state).toBe('restored')
      expect((await server.client.timeline(id)).events).toHaveLength(2)
    } finally {
      await next.close()
    }
  })
})
