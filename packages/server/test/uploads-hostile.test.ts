// Uploads by somebody who means harm, or whose program is broken: each has its clear answer, and the server goes on.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newTestFolder, startTestDatabase, type TestDatabase } from './postgres-for-tests.ts'
import { openSecondAccount } from './second-account.ts'
import { startTestServer, type TestServer } from './server-for-tests.ts'
import { codeOf, crcField, UploadSender } from './upload-sender.ts'

let database: TestDatabase
const folder = newTestFolder()
let server: TestServer
let sender: UploadSender
/** Of a second account of the same server. */
let stranger: UploadSender

beforeAll(async () => {
  database = await startTestDatabase()
  const limits = { maxOpenUploads: 40, maxRecordingBytes: 2 ** 34 }
  server = await startTestServer({ databaseUrl: database.url, limits })
  sender = new UploadSender(server)
  stranger = new UploadSender(server, await openSecondAccount(database.kysely))
})
afterAll(async () => {
  await server.close()
  await database.close()
})

const u32 = (...words: number[]): Buffer => {
  const bytes = Buffer.alloc(words.length * 4)
  for (const [at, word] of words.entries()) bytes.writeUInt32BE(word >>> 0, at * 4)
  return bytes
}
const box = (type: string, ...parts: Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts)
  return Buffer.concat([u32(content.length + 8), Buffer.from(type, 'latin1'), content])
}
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1')
const zeros = (count: number): Buffer => Buffer.alloc(count)
const ftyp = box('ftyp', Buffer.from('isom'), u32(0))

type Table = { durations?: number; offset?: number; size?: number; samples?: number; editTime?: number }
function trak(id: number, { durations = 40, offset = 8, size = 1000, samples = 10, editTime }: Table = {}): Buffer {
  const entry = box('mp4v', Buffer.alloc(78))
  const stbl = box(
    'stbl',
    box('stsd', u32(0, 1), entry),
    box('stts', u32(0, 1, samples, durations)),
    box('stsc', u32(0, 1, 1, samples, 1)),
    box('stsz', u32(0, size, samples)),
    box('co64', u32(0, 1), u32(Math.floor(offset / 2 ** 32), offset)),
  )
  const hdlr = box('hdlr', u32(0, 0, 0x76696465, 0, 0, 0), Buffer.alloc(1))
  const mdia = box('mdia', box('mdhd', u32(0, 0, 0, 1000, 0, 0)), hdlr, box('minf', stbl))
  const edts = editTime === undefined ? [] : [box('edts', box('elst', u32(0, 1, 1000, editTime, 0x10000)))]
  return box('trak', box('tkhd', u32(7, 0, 0, id), Buffer.alloc(68)), ...edts, mdia)
}
const moov = (...traks: Buffer[]): Buffer => box('moov', box('mvhd', u32(0, 0, 0, 1000, 0), Buffer.alloc(80)), ...traks)

/** What became of a file that is sent whole. */
async function outcomeOf(file: Buffer): Promise<{ status: number; code: string | null; url: string }> {
  const url = await sender.created(file.length)
  const response = await sender.patch(url, 0, file, { 'upload-checksum': crcField(file) })
  return { status: response.status, code: response.ok ? null : await codeOf(response), url }
}

async function viewOf(url: string) {
  return await server.client.recording(url.split('/').at(-1)!)
}

describe('a hostile file', () => {
  it.each([
    ['4,000 tracks', 'nothing-playable', [ftyp, moov(...Array.from({ length: 4000 }, (_, at) => trak(at + 1)))]],
    ['100,000 empty boxes', 'nothing-playable', [ftyp, ...Array.from({ length: 100_000 }, () => box('free'))]],
    ['boxes in boxes, 20,000 deep', 'nothing-playable', [ftyp, nested(20_000)]],
    ['a moov of 4 GB in a file of 2 kB', 'nothing-playable', [ftyp, u32(2 ** 32 - 16), ascii('moov'), zeros(2000)]],
    ['a box of 5 bytes', 'nothing-playable', [ftyp, u32(5), ascii('mdat'), zeros(2000)]],
    ['samples beyond 2^62', 'nothing-playable', [ftyp, moov(trak(1, { offset: 2 ** 62 })), box('mdat', zeros(100))]],
    [
      '4 billion samples',
      'nothing-playable',
      [ftyp, moov(trak(1, { samples: 2 ** 32 - 1, size: 0 })), box('mdat', zeros(9))],
    ],
    ['text posing as video', 'not-media', [ascii('ftypisom is what a video says. This is a letter. '.repeat(50))]],
    ['a playlist that names another file', 'not-media', [ascii('#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n')]],
  ])('%s is refused: %s', async (_name, code, parts) => {
    const outcome = await outcomeOf(Buffer.concat(parts))
    expect(outcome.code).toBe(code)
    expect(await sender.offset(outcome.url)).toBe(-404)
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  it('whose tables promise more than comes is published as far as it is whole, saying so', async () => {
    const head = Buffer.concat([ftyp, moov(trak(1, { samples: 10, size: 1000, offset: 100_000 }))])
    const file = Buffer.concat([head, box('mdat', randomBytes(100_000 - head.length - 8 + 3500))])
    const { status, url } = await outcomeOf(file)
    expect(status).toBe(204)
    const view = await viewOf(url)
    expect(view.damage).toMatchObject({ code: 'cut-short' })
    expect(view.tracks[0]).toMatchObject({ samples: 3 })
  })

  it('with negative and enormous times is published with times that are none of these', async () => {
    const file = Buffer.concat([
      ftyp,
      moov(trak(1, { durations: 0xffffffff, offset: 2000, editTime: 0xffff0000 }), trak(2, { offset: 2000 })),
      box('mdat', randomBytes(20_000)),
    ])
    const { url } = await outcomeOf(file)
    const view = await viewOf(url)
    expect(view.durationMs).toBeGreaterThanOrEqual(0)
    expect(Number.isFinite(view.durationMs)).toBe(true)
  })
})

describe('a film whose times are negative', () => {
  // Two seconds with frames that are shown in another order than they are decoded in: 50 pictures.
  function film(...flags: string[]): Buffer {
    const path = join(folder, 'film.mp4')
    const input = '-f lavfi -i testsrc2=size=160x120:rate=25 -t 2 -c:v libx264 -preset ultrafast -bf 2'
    execFileSync('ffmpeg', ['-v', 'error', '-y', ...input.split(' '), ...flags, path])
    return readFileSync(path)
  }
  /** The first entry of its edit list, version 0: duration, then where in the media it begins, signed. */
  function withEdit(mediaTime: number): Buffer {
    const bytes = film()
    bytes.writeInt32BE(mediaTime, bytes.indexOf('elst') + 16)
    return bytes
  }
  function shown(bytes: Uint8Array): { pictures: string[]; seconds: number[] } {
    const path = join(folder, 'shown.mp4')
    writeFileSync(path, bytes)
    const run = (program: string, args: string) => execFileSync(program, args.split(' ').concat(path)).toString().trim()
    const times = run('ffprobe', '-v error -select_streams v -show_entries frame=pts_time -of csv=p=0')
    const hashes = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-map', '0:v', '-f', 'framemd5', '-']).toString()
    return {
      pictures: hashes.split('\n').flatMap((line) => /^\d.*, *([0-9a-f]{32})$/.exec(line)?.[1] ?? []),
      seconds: times.split('\n').flatMap((line) => (/^\d/.test(line) ? [Number.parseFloat(line)] : [])),
    }
  }

  it.each([
    ['composition offsets below zero', 0, () => film('-movflags', 'negative_cts_offsets')],
    // Such an edit is none: what is left is the delay of reordering, two frames, as in every film without edits.
    ['an edit that begins before the media', 0.08, () => withEdit(-0x10000)],
    ['an edit that begins as early as can be written', 0.08, () => withEdit(-(2 ** 31))],
  ])('%s: it is shown whole, from %d s on', async (_name, start, make) => {
    const { status, url } = await outcomeOf(make())
    expect(status).toBe(204)
    const view = await viewOf(url)
    expect(view.durationMs).toBeGreaterThanOrEqual(1960)
    expect(view.durationMs).toBeLessThanOrEqual(2120)
    const response = await fetch(view.mp4Url!)
    expect(response.status).toBe(200)
    const { pictures, seconds } = shown(new Uint8Array(await response.arrayBuffer()))
    expect(pictures).toEqual(shown(film()).pictures)
    expect(pictures).toHaveLength(50)
    // In steps of a frame: nothing is before 0, and nothing is put off by what the file claimed.
    expect(seconds[0]).toBeCloseTo(start, 3)
    expect(seconds.map((second) => Math.round((second - seconds[0]!) * 25))).toEqual(seconds.map((_second, at) => at))
  })
})

function nested(depth: number): Buffer {
  const bytes = Buffer.alloc(depth * 8)
  for (let at = 0; at < depth; at++) {
    bytes.writeUInt32BE((depth - at) * 8, at * 8)
    bytes.write('moov', at * 8 + 4)
  }
  return bytes
}

describe('a hostile sender', () => {
  it("finds nobody else's upload, on any verb (attack 24)", async () => {
    const url = await sender.created(100_000)
    await sender.patch(url, 0, Buffer.concat([ftyp, Buffer.alloc(1000)]))
    const offset = await sender.offset(url)
    const { key } = await server.client.createKey('mine')
    expect(await new UploadSender(server, key).offset(url)).toBe(offset)
    for (const method of ['HEAD', 'PATCH', 'DELETE']) {
      const response = await stranger.send(method, url, {
        'content-type': 'application/offset+octet-stream',
        'upload-offset': String(offset),
      })
      expect([method, response.status]).toEqual([method, 404])
      const anonymous = await fetch(url, { method, headers: { 'tus-resumable': '1.0.0' } })
      expect([method, anonymous.status]).toEqual([method, 401])
    }
    const seen = (await (await stranger.send('GET', '/api/v1/uploads')).json()) as { uploads: unknown[] }
    expect(seen.uploads).toEqual([])
    expect(await sender.offset(url)).toBe(offset)
    await sender.send('DELETE', url)
  })

  it('of another site is refused (attacks 21, 22)', async () => {
    const response = await sender.create(1000, {}, { origin: 'https://evil.example' })
    expect([response.status, await codeOf(response)]).toEqual([403, 'foreign-origin'])
    const url = await sender.created(1000)
    const patch = await sender.patch(url, 0, Buffer.alloc(10), { origin: 'https://evil.example' })
    expect(patch.status).toBe(403)
    await sender.send('DELETE', url)
  })

  it('whose offsets contradict changes nothing (T3)', async () => {
    const url = await sender.created(100_000)
    await sender.patch(url, 0, Buffer.concat([ftyp, Buffer.alloc(984)]))
    for (const offset of [0, 999, 1001, 99_999, 2 ** 50]) {
      const response = await sender.patch(url, offset, randomBytes(10))
      expect([offset, response.status]).toEqual([offset, 409])
    }
    for (const offset of ['-1', '1e3', '0x10', '', 'NaN']) {
      const response = await sender.send('PATCH', url, {
        'content-type': 'application/offset+octet-stream',
        'upload-offset': offset,
      })
      expect([offset, response.status]).toEqual([
        offset,
        expect.toSatisfy((status: number) => status === 400 || status === 403),
      ])
    }
    expect((await sender.patch(url, 1000, Buffer.alloc(99_001))).status).toBe(413)
    expect(await sender.offset(url)).toBe(1000)
    await sender.send('DELETE', url)
  })

  it('that says nonsense of the file is refused before anything is made (M1–M4)', async () => {
    const before = (await server.client.uploads()).length
    const cases: [string, number, Record<string, string>, Record<string, string>][] = [
      ['empty', 0, {}, {}],
      ['over the limit', 2 ** 34 + 1, {}, {}],
      ['a name of 501 characters', 10, { filename: 'x'.repeat(501) }, {}],
      ['an order of other bytes', 1000, { order: '500-899,0-499' }, {}],
      ['an order that overlaps', 1000, { order: '500-999,0-500' }, {}],
      ['an order of nothing', 1000, { order: '0-999' }, {}],
      ['a front over its bound', 2 ** 33, { order: `1000-${2 ** 33 - 1},0-999` }, {}],
      ['no metadata', 1000, {}, { 'upload-metadata': '' }],
      ['metadata that is none', 1000, {}, { 'upload-metadata': 'filename !!!' }],
    ]
    for (const [name, size, metadata, headers] of cases) {
      const response = await sender.create(size, metadata, headers)
      expect([name, response.status]).toEqual([
        name,
        expect.toSatisfy((status: number) => status === 400 || status === 413),
      ])
    }
    expect(await server.client.uploads()).toHaveLength(before)
  })

  it('that opens uploads without end is stopped (attack 35)', async () => {
    const opened: string[] = []
    let response = await sender.create(1000)
    for (; response.status === 201; response = await sender.create(1000)) opened.push(response.headers.get('location')!)
    expect([response.status, await codeOf(response)]).toEqual([429, 'too-many-uploads'])
    expect(opened.length).toBeLessThanOrEqual(40)
    for (const url of opened) await sender.send('DELETE', url)
  })

  it('has one writer: a later request goes on where the earlier one was cut (N4)', async () => {
    const url = await sender.created(1_000_000)
    let feed: ReadableStreamDefaultController<Uint8Array> | undefined
    const slow = new ReadableStream<Uint8Array>({
      start(controller) {
        feed = controller
        controller.enqueue(Buffer.concat([ftyp, Buffer.alloc(5000)]))
      },
    })
    const former = sender.patch(url, 0, slow).catch(() => null)
    const received = async () => (await server.client.uploads()).find(({ id }) => url.endsWith(id))?.received
    while ((await received()) !== 5016) await sleep(20)
    const offset = await sender.offset(url)
    expect(offset).toBe(5016)
    expect((await sender.patch(url, offset, Buffer.alloc(1000))).status).toBe(204)
    try {
      feed?.enqueue(Buffer.alloc(1000))
      feed?.close()
    } catch {
      // Cut already.
    }
    await former
    expect(await sender.offset(url)).toBe(6016)
    await sender.send('DELETE', url)
  })
})

describe('an upload that nobody goes on with', () => {
  it('expires: it is gone with its bytes, and a day that is put off is kept', async () => {
    const brief = await startTestServer({ limits: { uploadExpiryMs: 2500 } })
    try {
      const hasty = new UploadSender(brief)
      const response = await hasty.create(100_000)
      expect(Date.parse(response.headers.get('upload-expires') ?? '')).toBeGreaterThan(0)
      const url = response.headers.get('location')!
      await hasty.patch(url, 0, Buffer.concat([ftyp, Buffer.alloc(1000)]))
      const id = url.split('/').at(-1)!
      const body = join(brief.dataDir, 'blobs', 'recordings', id)
      expect(existsSync(body)).toBe(true)
      for (let tries = 0; existsSync(body) && tries < 300; tries++) await sleep(100)
      expect(existsSync(body)).toBe(false)
      expect(await hasty.offset(url)).toBe(-404)
    } finally {
      await brief.close()
    }
  })
})
