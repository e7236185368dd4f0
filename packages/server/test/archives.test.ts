// Every recording is an archive (packages/umf/SPEC.md): file.umf beside file.mp4, over the same body.
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type RecordingView, type TimelineEvent, uploadOrder } from '@rushes/protocol'
import { anonymous, bytesSource, checkArchive, openArchive } from '@rushes/umf'
import { nodeSha256 as sha256 } from '@rushes/umf/node'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { madeByChromium, madeByFfmpeg } from '../../media/test/made-media.ts'
import { startTestDatabase, type TestDatabase } from './postgres-for-tests.ts'
import { openSecondAccount } from './second-account.ts'
import { startTestServer, type TestServer, testOwnerKey } from './server-for-tests.ts'
import { UploadSender } from './upload-sender.ts'

const run = promisify(execFile)
let database: TestDatabase
let server: TestServer
let webm: Buffer

const input = '-f lavfi -i testsrc2=size=160x120:rate=25 -f lavfi -i sine=frequency=440:sample_rate=48000 -t 1'
const made = async (ending: string, args: string) => readFile(await madeByFfmpeg(ending, `${input} ${args}`.split(' ')))

beforeAll(async () => {
  database = await startTestDatabase()
  server = await startTestServer({ databaseUrl: database.url })
  webm = await made('webm', '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus -live 1')
})
afterAll(async () => {
  await server.close()
  await database.close()
})

const events: TimelineEvent[] = [
  { t: 200.5, kind: 'mark', data: { label: 'here' } },
  { t: 100, kind: 'annotation', data: { op: 'add', shape: [1, 2.5, '\u0000'] } },
]

/** With conditions, fetch asks of its own accord that no cache is used, where it is not told otherwise. */
const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(path.startsWith('http') ? path : server.url + path, {
    method,
    headers: { authorization: `Bearer ${testOwnerKey}`, 'cache-control': 'max-age=0', ...headers },
  })
const archiveOf = async ({ id }: Pick<RecordingView, 'id'>) => {
  const response = await ask(`/api/v1/recordings/${id}/file.umf`)
  expect(response.status).toBe(200)
  return { response, bytes: new Uint8Array(await response.arrayBuffer()) }
}
const opened = (bytes: Uint8Array) => openArchive(bytesSource(bytes), { sha256 })
const sha256Of = async (bytes: Uint8Array<ArrayBuffer>) => crypto.subtle.digest('SHA-256', bytes)
const problemsOf = async (bytes: Uint8Array) => (await checkArchive(bytesSource(bytes), { sha256 })).problems

async function frames(bytes: Uint8Array): Promise<string> {
  const path = join(server.dataDir, 'decoded')
  await writeFile(path, bytes)
  return (await run('ffmpeg', ['-v', 'error', '-i', path, '-map', '0', '-f', 'framemd5', '-'])).stdout
}

async function uploaded(bytes: Buffer, order: string | null): Promise<RecordingView> {
  const sender = new UploadSender(server)
  const url = await sender.created(bytes.length, order === null ? {} : { order })
  expect((await sender.patch(url, 0, bytes)).status).toBe(204)
  return server.client.recording(url.split('/').at(-1)!)
}

/** As a sender does it: `moov` first. */
async function uploadedMoovFirst(): Promise<RecordingView> {
  const file = await made('mp4', '-c:v libx264 -preset ultrafast -c:a aac')
  const offset = file.indexOf('moov') - 4
  const front = { offset, length: file.readUInt32BE(offset) }
  const body = [
    file.subarray(offset, offset + front.length),
    file.subarray(0, offset),
    file.subarray(offset + front.length),
  ]
  return uploaded(Buffer.concat(body), uploadOrder(front, file.length)!)
}

async function annexB(): Promise<Buffer> {
  const types = ['vp8', 'vp9', 'av1', 'h264'].map((codec) => `video/webm;codecs=${codec},opus`)
  const paths = await madeByChromium({ mimeTypes: types, ms: 3000, pauseAtMs: 1200, videoBitsPerSecond: 300_000 })
  return readFile(paths.get(types[3]!)!)
}

describe('a recording as an archive', () => {
  it.each([
    ['WebM', async () => server.record(webm, 'A talk', events)],
    [
      'WebM with start codes, which its MP4 has lengths for',
      async () => server.record(await annexB(), 'A talk', events),
    ],
    [
      'fragmented MP4',
      async () =>
        server.record(await made('mp4', '-c:v libx264 -preset ultrafast -c:a aac -movflags +frag_keyframe+empty_moov')),
    ],
    ['MP4 whose moov comes last', uploadedMoovFirst],
    [
      'sound alone',
      async () => server.record(await made('m4a', '-map 1 -c:a aac -movflags +frag_keyframe+empty_moov')),
    ],
  ])('[D6, E4] of %s is intact to the last byte, and has the frames of its MP4', async (_kind, record) => {
    const recording = await record()
    const { response, bytes } = await archiveOf(recording)
    expect(await problemsOf(bytes)).toEqual([])
    const mp4 = await ask(`/api/v1/recordings/${recording.id}/file.mp4`)
    expect(response.headers.get('content-type')).toBe(mp4.headers.get('content-type'))
    expect(await frames(bytes)).toBe(await frames(new Uint8Array(await mp4.arrayBuffer())))
    const archive = await opened(bytes)
    expect(archive.id).toBe(recording.id)
    expect(archive.presentation).toMatchObject({ durationMs: recording.durationMs })
    expect(archive.metadata).toMatchObject({ title: recording.title, durationMs: recording.durationMs })
    expect(archive.metadata['ended'] ?? null).toBe(recording.endReason === 'uploaded' ? null : recording.publishedAt)
  })

  it('has the digest of what it shows from the moment it is published: nobody waits for one', async () => {
    const body = await made('mp4', '-c:v libx264 -preset ultrafast -c:a aac -movflags +frag_keyframe+empty_moov')
    const shown = body.indexOf('mfra') - 4
    expect(shown).toBeGreaterThan(0)
    const { id } = await server.record(body)
    const { rows } = await sql<{ shown_as: string; sha256: Buffer }>`
      select shown_as, sha256 from media_digests where recording_id = ${id}`.execute(database.kysely)
    expect(rows).toEqual([
      { shown_as: expect.stringMatching(` 0 ${shown}$`), sha256: Buffer.from(await sha256Of(body.subarray(0, shown))) },
    ])
  })

  it('[E3] tells what happened as the timeline does', async () => {
    const { id } = await server.record(webm, 'A talk', events)
    const { bytes } = await archiveOf({ id })
    const timeline = await server.client.timeline(id)
    expect(timeline.events).toHaveLength(2)
    const said = timeline.events.map(({ t, kind, data }) => ({ t, kind, data })).sort((one, other) => one.t - other.t)
    expect(await (await opened(bytes)).events()).toEqual(said)
  })

  it('that no MP4 player knows is an item as it was sent', async () => {
    const body = await made('webm', '-c:v libvpx -deadline realtime -cpu-used 8 -c:a libopus')
    const recording = await server.record(body)
    const { response, bytes } = await archiveOf(recording)
    expect(response.headers.get('content-type')).toBe('application/mp4')
    expect(await problemsOf(bytes)).toEqual([])
    const archive = await opened(bytes)
    expect(archive.presentation).toBeNull()
    expect(archive.item('recording.webm')).toMatchObject({ type: 'video', contentType: 'video/webm' })
    expect(Buffer.from(await archive.bytes('recording.webm')).equals(body)).toBe(true)
  })

  it('is served in ranges that make the whole', async () => {
    const recording = await server.record(webm, 'A talk', events)
    const { bytes } = await archiveOf(recording)
    const url = `/api/v1/recordings/${recording.id}/file.umf`
    const cuts = [0, 1, 2048, 2176, 8191, 8192, 8193, bytes.length - 136, bytes.length - 1, bytes.length]
    const parts: Buffer[] = []
    for (const [index, start] of cuts.slice(0, -1).entries()) {
      const part = await ask(url, { range: `bytes=${start}-${cuts[index + 1]! - 1}` })
      expect([part.status, part.headers.get('content-range')]).toEqual([
        206,
        `bytes ${start}-${cuts[index + 1]! - 1}/${bytes.length}`,
      ])
      parts.push(Buffer.from(await part.arrayBuffer()))
    }
    expect(Buffer.concat(parts).equals(bytes)).toBe(true)
    const footer = await ask(url, { range: 'bytes=-136' })
    expect(Buffer.from(await footer.arrayBuffer()).equals(bytes.subarray(-136))).toBe(true)
  })

  it.each([
    ['shown as it was sent', async () => server.record(webm, 'A talk', events), 0],
    ['shown in another order', uploadedMoovFirst, 1],
  ])(
    'has an ETag that goes with its bytes, %s: the same after a restart, another with another title',
    async (_kind, record, made) => {
      const { id } = await record()
      await server.client.rename(id, 'Ein "Titel" – 100 %')
      const before = await archiveOf({ id })
      const etag = before.response.headers.get('etag')!
      expect(before.response.headers.get('content-disposition')).toContain("filename*=UTF-8''Ein%20%22Titel%22")
      expect(before.response.headers.get('last-modified')).toBeNull()
      expect((await ask(`/api/v1/recordings/${id}/file.umf`, { 'if-none-match': etag })).status).toBe(304)
      // Another process: digests of media that are shown otherwise than they came are made again where they are missing.
      await sql`delete from media_digests`.execute(database.kysely)
      const next = await startTestServer({ databaseUrl: database.url, blobsDir: join(server.dataDir, 'blobs') })
      try {
        const again = await Promise.all(
          ['GET', 'HEAD', 'GET'].map((method) => ask(`${next.url}/api/v1/recordings/${id}/file.umf`, {}, method)),
        )
        for (const response of again) expect(response.headers.get('etag')).toBe(etag)
        expect(Buffer.from(await again[0]!.arrayBuffer()).equals(before.bytes)).toBe(true)
        const { rows } = await sql`select shown_as from media_digests where recording_id = ${id}`.execute(
          database.kysely,
        )
        expect(rows).toEqual(Array(made).fill({ shown_as: expect.stringMatching(/^\d+ 0 \d+$/) }))
      } finally {
        await next.close()
      }
      await server.client.rename(id, 'Another')
      const after = await archiveOf({ id })
      expect(after.response.headers.get('etag')).not.toBe(etag)
      expect((await opened(after.bytes)).metadata['title']).toBe('Another')
      expect(await problemsOf(after.bytes)).toEqual([])
      expect((await ask(`/api/v1/recordings/${id}/file.umf`, { 'if-none-match': etag })).status).toBe(200)
    },
  )

  it('is opened and closed to everybody as its MP4 is', async () => {
    const { id, shareUrl } = await server.record(webm, 'Mine')
    const receiving = await server.client.createRecording({})
    const strangerKey = await openSecondAccount(database.kysely)
    const share = shareUrl!.split('/').at(-1)!
    const withdrawn = (await server.client.share(id)).id
    await server.client.unshare(id, withdrawn)
    const asked: [string, Record<string, string>][] = [
      [`/api/v1/recordings/${id}`, {}],
      [`/api/v1/recordings/${id}`, { authorization: '' }],
      [`/api/v1/recordings/${id}`, { authorization: 'Bearer rk_wrong' }],
      [`/api/v1/recordings/${id}`, { authorization: `Bearer ${strangerKey}` }],
      [`/api/v1/recordings/00000000-0000-7000-8000-000000000000`, {}],
      [`/api/v1/recordings/junk`, {}],
      [`/api/v1/recordings/${receiving.id}`, {}],
      [`/r/${share}`, { authorization: '' }],
      [`/r/${withdrawn}`, { authorization: '' }],
      [`/r/${'A'.repeat(24)}`, { authorization: '' }],
    ]
    const statuses: number[] = []
    for (const [path, headers] of asked) {
      for (const method of ['GET', 'HEAD']) {
        const [umf, mp4] = await Promise.all(
          ['umf', 'mp4'].map((ending) => ask(`${path}/file.${ending}`, headers, method)),
        )
        statuses.push(umf!.status)
        expect([path, method, umf!.status]).toEqual([path, method, mp4!.status])
        if (umf!.status === 200) expect(Number(umf!.headers.get('content-length'))).toBeGreaterThan(webm.length)
        else expect(await umf!.text()).toBe(await mp4!.text())
      }
    }
    expect([...new Set(statuses)].sort()).toEqual([200, 401, 404, 409])
    const theirs = new Uint8Array(await (await ask(`/r/${share}/file.umf`, { authorization: '' })).arrayBuffer())
    const archive = await openArchive(bytesSource(theirs), { sha256, caller: anonymous })
    expect([archive.metadata['title'], archive.presentation?.type]).toEqual(['Mine', 'video'])
  })
})
