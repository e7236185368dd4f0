// Archives of other systems: sent, converted by a job, mended by hand, kept as recordings.
import { mkdtempSync, rmSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openCapacity } from '@rushes/pipeline'
import type { ImportView, Mend } from '@rushes/protocol'
import { type Archive, bytesSource, checkArchive, openArchive } from '@rushes/umf'
import { nodeSha256 as sha256 } from '@rushes/umf/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallMeetingEvents } from '../../converter/test/small-meeting.ts'
import { smallZip } from '../../converter/test/small-zip.ts'
import { followToEnd, roomyMachine } from './followed-jobs.ts'
import { ArchiveSender, importIn, zippedMeeting } from './import-sender.ts'
import { newTestFolder, startTestDatabase, type TestDatabase } from './postgres-for-tests.ts'
import { openSecondAccount } from './second-account.ts'
import { startTestServer, type TestServer, testOwnerKey } from './server-for-tests.ts'
import { codeOf, crcField } from './upload-sender.ts'

let database: TestDatabase
let dataDir: string
let server: TestServer
let sender: ArchiveSender
let meeting: Buffer

const options = () => ({
  ...{ databaseUrl: database.url, dataDir },
  jobCapacity: openCapacity({ monitor: roomyMachine() }),
})

beforeAll(async () => {
  database = await startTestDatabase()
  dataDir = mkdtempSync(join(tmpdir(), 'rushes-imports-'))
  server = await startTestServer(options())
  sender = new ArchiveSender(server)
  meeting = await zippedMeeting()
}, 120_000)
afterAll(async () => {
  await server.close()
  await database.close()
  rmSync(dataDir, { recursive: true, force: true })
})

const authorization = `Bearer ${testOwnerKey}`
const post = (query: string, body: Buffer, key = testOwnerKey) =>
  fetch(`${server.url}/api/v1/archives${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: new Uint8Array(body),
  })

async function bytesOf(url: string): Promise<Uint8Array> {
  const response = await fetch(url, { headers: { authorization } })
  expect(response.status).toBe(200)
  return new Uint8Array(await response.arrayBuffer())
}

async function archiveAt(url: string): Promise<Archive> {
  const bytes = await bytesOf(url)
  expect((await checkArchive(bytesSource(bytes), { sha256 })).problems).toEqual([])
  return await openArchive(bytesSource(bytes), { sha256 })
}

/** Kind, time, and what tells it from others. */
async function briefly(archive: Archive): Promise<unknown[]> {
  return (await archive.events()).map(({ t, kind, data }) => {
    const { name, index, text, on } = data as Record<string, unknown>
    return [t, kind, name ?? index ?? text ?? on]
  })
}

describe('an archive that is sent as a body', { timeout: 300_000 }, () => {
  it('becomes a recording with a link and the same id, whose UMF is what the conversion made', async () => {
    const response = await post('?name=Lecture%207.zip', meeting)
    expect(response.status).toBe(201)
    const { id, name, received } = (await response.json()) as ImportView
    expect([name, received]).toEqual(['Lecture 7.zip', meeting.length])
    const kept = await importIn(server, id, 'kept')
    const { job } = await followToEnd(server.url, kept.jobId!)
    expect(job).toMatchObject({ kind: 'convert', state: 'done', title: 'Lecture 7.zip' })
    const recording = await server.client.recording(id)
    expect(recording).toMatchObject({ state: 'published', shareUrl: kept.shareUrl })
    expect(recording.durationMs).toBeCloseTo(6000, -2)
    const archive = await archiveAt(`${server.url}/api/v1/recordings/${id}/file.umf`)
    expect(archive.id).toBe(id)
    // Of the same time, a recording has them in another order.
    expect(new Set((await briefly(archive)).map(String))).toEqual(new Set(smallMeetingEvents.map(String)))
    // Nothing of it lies about.
    expect(await readdir(join(dataDir, 'blobs', 'imports'))).toEqual([])
  })

  it('is refused where there is none, no length, too much of it, or no way to keep it', async () => {
    expect(await codeOf(await post('', Buffer.alloc(0)))).toBe('empty-file')
    expect(await codeOf(await post('?keep=perhaps', Buffer.from('x')))).toBe('bad-metadata')
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1000)) })
    const chunked = await fetch(`${server.url}/api/v1/archives`, {
      ...{ method: 'POST', headers: { authorization }, body: endless, duplex: 'half' },
    } as RequestInit)
    expect([chunked.status, await codeOf(chunked)]).toEqual([411, 'length-required'])
    expect(await codeOf(await sender.create(2 ** 41))).toBe('file-too-large')
    expect(await codeOf(await sender.create(10, { filename: 'x'.repeat(501) }))).toBe('bad-metadata')
  })

  it('tells why nothing came of it', async () => {
    const hostile = smallZip([{ name: '../../outside.txt', content: Buffer.from('theirs') }])
    const { id } = (await (await post('?name=hostile.zip', hostile)).json()) as ImportView
    const { problem, jobId } = await importIn(server, id, 'failed', 'kept')
    const { job } = await followToEnd(server.url, jobId!)
    expect(['critical', 'failed', 'done']).toContain(job.state)
    if (job.state !== 'done') expect(problem).toContain(job.problem)
  })
})

describe('an archive that is uploaded', { timeout: 300_000 }, () => {
  let id: string
  let archive: Archive

  it('goes on where it was cut off, in the next process too, and refuses what is not its next chunk', async () => {
    const url = await sender.created(meeting.length, { keep: 'ask' })
    id = url.split('/').at(-1)!
    const half = Math.floor(meeting.length / 2)
    const first = meeting.subarray(0, half)
    const wrong = await sender.patch(url, 0, first, { 'upload-checksum': crcField(Buffer.from('other bytes')) })
    expect([wrong.status, await codeOf(wrong)]).toEqual([460, 'checksum-mismatch'])
    expect(await sender.offset(url)).toBe(0)
    expect((await sender.patch(url, 0, first, { 'upload-checksum': crcField(first) })).status).toBe(204)
    expect(await codeOf(await sender.patch(url, 0, first))).toBe('offset-conflict')
    await server.close()
    server = await startTestServer(options())
    sender = new ArchiveSender(server)
    const path = new URL(url).pathname
    expect(await sender.offset(path)).toBe(half)
    expect((await sender.patch(path, half, meeting.subarray(half))).status).toBe(204)
  })

  it('is converted on by the next process when this one ends, and tells what it finds meanwhile', async () => {
    const { jobId } = await importIn(server, id, 'converting', 'converted')
    while ((await server.client.job(jobId!)).tasks.done < 3) await sleep(20)
    await server.close()
    server = await startTestServer(options())
    sender = new ArchiveSender(server)
    const { umfUrl } = await importIn(server, id, 'converted')
    const { files, filesCount, tracks, decks } = await server.client.found(id)
    expect(files.map(({ name }) => name)).toContain('m-1/events.xml')
    expect(filesCount).toBe(files.length)
    expect(tracks.length).toBeGreaterThan(1)
    for (const { startMs, endMs } of tracks) expect(endMs!).toBeGreaterThan(startMs)
    expect(decks).toEqual([{ title: 'Talk.pdf', pages: null }])
    archive = await archiveAt(umfUrl!)
    expect(await briefly(archive)).toEqual(smallMeetingEvents)
    // Nobody has kept it.
    await expect(server.client.recording(id)).rejects.toMatchObject({ status: 404 })
  })

  const umf = () => `${server.url}/api/v1/archives/${id}/file.umf`
  const mend = (...mends: Mend[]) => server.client.mendImport(id, { generation: archive.generation, mends })
  const at = async (kind: string) => (await archive.events()).findIndex((event) => event.kind === kind)

  it('is mended by hand: an event dropped, moved and named, an item moved and named, all in one edit', async () => {
    const camera = archive.items({ type: 'video' }).find(({ name }) => name.includes('cam-a'))!
    const before = await archive.bytes('timeline.json')
    const chat = await at('chat')
    const { generation } = await mend(
      { do: 'drop', event: await at('join') },
      { do: 'shift', event: chat, byMs: 250.5 },
      { do: 'name', event: await at('screen'), kind: 'mark', label: 'The screen' },
      { do: 'name-kind', kind: 'chat', as: 'question' },
      { do: 'shift-item', item: camera.name, byMs: 40 },
      { do: 'name-item', item: camera.name, title: 'The speaker' },
    )
    expect(generation).toBe(archive.generation + 1)
    archive = await archiveAt(umf())
    const events = await archive.events()
    expect(events.some(({ kind }) => kind === 'join' || kind === 'chat')).toBe(false)
    expect(events.filter(({ kind }) => kind === 'question').map(({ t }) => t)).toEqual([750.5, 4000])
    expect(events.find(({ kind }) => kind === 'mark')?.data).toEqual({ on: true, label: 'The screen' })
    const moved = archive.item(camera.name)
    expect(moved).toMatchObject({ title: 'The speaker', startMs: camera.startMs! + 40 })
    // What it was is in it still, for its owner alone.
    const original = archive.item('original/timeline.json')
    expect([original.level, Buffer.from(await archive.bytes(original.name))]).toEqual([0, Buffer.from(before)])
    const log = JSON.parse(Buffer.from(await archive.bytes('mended.json')).toString()) as { mends: Mend[] }[]
    expect(log.map(({ mends }) => mends.length)).toEqual([6])
  })

  it('is mended by one at a time: what an older state is meant by, and what can not be, change nothing', async () => {
    const refused = async (code: string, mends: Mend[], generation = archive.generation) => {
      await expect(server.client.mendImport(id, { generation, mends }), code).rejects.toMatchObject({ code })
    }
    const before = Buffer.from(await bytesOf(umf()))
    await refused('changed-meanwhile', [{ do: 'drop', event: 0 }], archive.generation - 1)
    await refused('bad-mend', [
      { do: 'drop', event: 0 },
      { do: 'shift', event: 0, byMs: 1 },
    ])
    await refused('bad-mend', [{ do: 'shift', event: 0, byMs: -1 }])
    await refused('bad-mend', [{ do: 'drop', event: 999 }])
    await refused('bad-mend', [{ do: 'shift-item', item: 'nothing', byMs: 1 }])
    await refused('bad-mend', [{ do: 'name-kind', kind: 'nothing', as: 'mark' }])
    await refused('bad-request', [{ do: 'drop', event: -1 }])
    await refused('bad-request', [{ do: 'name-item', item: 'x', type: 'No Type' }])
    await refused('bad-request', [])
    expect(Buffer.from(await bytesOf(umf())).equals(before)).toBe(true)
    // Of two at once, one finds the other's generation.
    const both = await Promise.allSettled([mend({ do: 'drop', event: 0 }), mend({ do: 'drop', event: 1 })])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    archive = await archiveAt(umf())
  })

  it('is as it was converted again, and then kept with what is mended next', async () => {
    await mend({ do: 'restore' })
    archive = await archiveAt(umf())
    expect(await briefly(archive)).toEqual(smallMeetingEvents)
    const names = archive.items().map(({ name }) => name)
    expect(names).not.toContain('original/timeline.json')
    expect(archive.items().every(({ metadata }) => metadata?.['original'] === undefined)).toBe(true)
    await mend({ do: 'drop', event: await at('join') })
    await server.client.keepImport(id)
    const { shareUrl } = await importIn(server, id, 'kept')
    const shared = await server.client.shared(shareUrl!.split('/').at(-1)!)
    expect(shared.id).toBe(id)
    for (;;) {
      if ((await server.client.recording(id)).archive?.state === 'restored') break
      await sleep(50)
    }
    const kept = await archiveAt(`${server.url}/api/v1/recordings/${id}/file.umf`)
    const others = smallMeetingEvents.filter((each) => (each as unknown[])[1] !== 'join')
    expect(new Set((await briefly(kept)).map(String))).toEqual(new Set(others.map(String)))
    expect(kept.items().map(({ name }) => name)).toContain('original/timeline.json')
    await expect(mend({ do: 'restore' })).rejects.toMatchObject({ code: 'not-converted' })
  })

  it('is nothing to another account, and gone with all bytes and its job when it is removed', async () => {
    const stranger = await openSecondAccount(database.kysely)
    const { id: own } = (await (await post('?keep=ask', meeting)).json()) as ImportView
    const theirs = new ArchiveSender(server, stranger)
    expect((await theirs.send('DELETE', `/api/v1/archives/${own}`)).status).toBe(404)
    const { jobId } = await server.client.import(own)
    await server.client.removeImport(own)
    const { job } = await followToEnd(server.url, jobId!)
    expect(['cancelled', 'done']).toContain(job.state)
    expect(await readdir(join(dataDir, 'blobs', 'imports'))).not.toContain(own)
    await expect(server.client.import(own)).rejects.toMatchObject({ status: 404 })
  })
})

describe('roles', { timeout: 300_000 }, () => {
  it('a process that converts alone takes archives and gives them back, and one that records keeps what it made', async () => {
    const blobsDir = newTestFolder()
    const shared = await startTestDatabase()
    const both = { ...options(), databaseUrl: shared.url, blobsDir }
    const apart = await startTestServer({ ...both, dataDir: newTestFolder(), roles: ['convert'] })
    let other: TestServer | null = null
    try {
      const response = await fetch(`${apart.url}/api/v1/archives?name=talk.txt`, {
        ...{ method: 'POST', headers: { authorization }, body: 'chat of a meeting' },
      })
      expect(response.status).toBe(201)
      const { id } = (await response.json()) as ImportView
      const { umfUrl } = await importIn(apart, id, 'converted')
      expect((await archiveAt(umfUrl!)).items().map(({ name }) => name)).toContain('talk.txt')
      await apart.client.keepImport(id)
      // Nobody is there to keep it: what is missing is said, and it can be had.
      const problem = async () => (await apart.client.import(id)).problem
      await expect.poll(problem, { timeout: 30_000 }).toContain('rushes serve --roles record')
      expect((await fetch(umfUrl!, { headers: { authorization } })).status).toBe(200)
      other = await startTestServer({ ...both, dataDir: newTestFolder(), roles: ['record'] })
      expect((await importIn(apart, id, 'kept')).problem).toBe(null)
      expect((await other.client.recording(id)).state).toBe('published')
    } finally {
      await other?.close()
      await apart.close()
      await shared.close()
    }
  })

  it('an archive of ours is not converted: it is mended and kept as it is', async () => {
    const file = join(newTestFolder(), 'a.umf')
    const { convertArchive } = await import('@rushes/converter')
    const text = join(newTestFolder(), 'notes.txt')
    await writeFile(text, 'some notes')
    await convertArchive({ inputs: [text], output: file, drawId: async () => '01912345-6789-7abc-8def-0123456789ab' })
    const { readFile } = await import('node:fs/promises')
    const { id, state, jobId } = (await (await post('?name=a.umf&keep=ask', await readFile(file))).json()) as ImportView
    expect([state, jobId]).toEqual(['converted', null])
    await server.client.mendImport(id, {
      generation: 1,
      mends: [{ do: 'name-item', item: 'notes.txt', type: 'notes' }],
    })
    await server.client.keepImport(id)
    await importIn(server, id, 'kept')
  })
})
