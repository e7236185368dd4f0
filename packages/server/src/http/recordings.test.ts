import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { madeByFfmpeg } from '../../../media/test/made-media.ts'
import { startTestServer, type TestServer } from '../../test/server-for-tests.ts'

const run = promisify(execFile)
let server: TestServer
let body: Buffer

beforeAll(async () => {
  server = await startTestServer()
  body = await readFile(
    await madeByFfmpeg('webm', [
      ...['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30', '-f', 'lavfi', '-i', 'sine=frequency=440', '-t', '4'],
      ...['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus', '-live', '1'],
    ]),
  )
})
afterAll(() => server.close())

async function frames(path: string): Promise<string[]> {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', path, '-map', '0:v', '-f', 'framehash', '-'])
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)!.trim())
}

describe('a recording, from the first byte to the file', () => {
  it('is published whole, with the digest of what was sent', async () => {
    const recording = await server.record(body, 'Monday <take> "1"')
    expect(recording).toMatchObject({ state: 'published', endReason: 'stopped', bytes: body.length, damage: null })
    expect(recording.sha256).toBe(createHash('sha256').update(body).digest('hex'))
    expect(recording.durationMs).toBeGreaterThan(3900)
    expect([recording.mp4State, recording.webmState]).toEqual(['ready', 'ready'])
    expect(await server.client.recording(recording.id)).toEqual(recording)
  })

  it('plays as MP4 and WebM with the frames of the body', async () => {
    const { mp4Url, webmUrl } = await server.record(body)
    const sent = join(server.dataDir, 'sent.webm')
    await writeFile(sent, body)
    const expected = await frames(sent)
    expect(expected).toHaveLength(120)
    for (const url of [mp4Url!, webmUrl!]) expect(await frames(url)).toEqual(expected)
  })

  it('is listed newest first, renamed, and gone when deleted, with its bytes', async () => {
    const first = await server.record(body, 'first')
    const second = await server.record(body, 'second')
    const { recordings } = await server.client.recordings()
    expect(recordings.slice(0, 2).map(({ id }) => id)).toEqual([second.id, first.id])
    expect((await server.client.rename(first.id, 'Erste')).title).toBe('Erste')
    await server.client.remove(first.id)
    await expect(server.client.recording(first.id)).rejects.toMatchObject({ status: 404 })
    expect((await fetch(first.mp4Url!)).status).toBe(404)
    await expect
      .poll(() => readFile(join(server.dataDir, 'blobs', 'recordings', first.id, 'body')).catch(() => null))
      .toBeNull()
  })

  it('that is no media is kept and published without views, saying why', async () => {
    const text = Buffer.from('this is no media at all, but somebody sent it\n'.repeat(100))
    const recording = await server.record(text)
    expect(recording).toMatchObject({ bytes: text.length, mp4Url: null, webmUrl: null, mp4State: 'unsupported' })
    expect(recording.damage).toMatchObject({ code: 'not-media' })
  })

  it('that was cut anywhere is published up to its last whole sample', async () => {
    for (const share of [0.31, 0.5, 0.77]) {
      const cut = body.subarray(0, Math.floor(body.length * share))
      const { mp4Url } = await server.record(cut)
      const expected = await frames(await kept(cut))
      const got = await frames(mp4Url!)
      expect(got.length).toBeGreaterThan(20)
      // ffmpeg may also decode the front of the last, cut frame of the body itself.
      expect(got).toEqual(expected.slice(0, got.length))
      expect(expected.length - got.length).toBeLessThanOrEqual(1)
    }
  })

  it('is ended by its owner while it is sent: whoever sends it is told', async () => {
    const created = await server.client.createRecording({})
    const published = await server.client.publish(created.id, true)
    expect(published).toMatchObject({ state: 'published', bytes: 0, mp4State: 'unsupported' })
  })

  async function kept(bytes: Uint8Array): Promise<string> {
    const path = join(server.dataDir, `${createHash('sha1').update(bytes).digest('hex')}.webm`)
    await writeFile(path, bytes)
    return path
  }
})

describe('byte ranges (RFC 9110 §14)', () => {
  let url: string
  let whole: Buffer
  let etag: string

  beforeAll(async () => {
    url = (await server.record(body)).mp4Url!
    const response = await fetch(url)
    whole = Buffer.from(await response.arrayBuffer())
    etag = response.headers.get('etag')!
  })

  const ask = async (headers: Record<string, string>, method = 'GET') => {
    const response = await fetch(url, { method, headers })
    return { response, bytes: Buffer.from(await response.arrayBuffer()) }
  }

  it('any range is that part of the whole', async () => {
    let seed = 20_261_121
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
      return seed % below
    }
    for (let trial = 0; trial < 200; trial++) {
      const start = random(whole.length)
      const end = Math.min(start + random(200_000), whole.length - 1)
      const { response, bytes } = await ask({ range: `bytes=${start}-${end}` })
      expect(response.status).toBe(206)
      expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end}/${whole.length}`)
      expect(bytes.equals(whole.subarray(start, end + 1)), `bytes ${start}-${end}`).toBe(true)
    }
  })

  it.each([
    ['bytes=-1', 206, 1],
    ['bytes=0-', 206, null],
    ['bytes=999999999-', 416, 0],
    ['bytes=5-2', 416, 0],
    ['lines=1-2', 200, null],
    ['bytes=0-1,5-6', 200, null],
    ['bytes=junk', 200, null],
  ])('%s is answered with %i', async (range, status, length) => {
    const { response, bytes } = await ask({ range })
    expect(response.status).toBe(status)
    if (status < 300) expect(bytes.length).toBe(length ?? whole.length)
  })

  it('has a strong validator: unchanged is 304, another one voids a range', async () => {
    expect(etag).toMatch(/^"[^"]+"$/)
    expect((await ask({ 'if-none-match': etag, 'cache-control': 'max-age=0' })).response.status).toBe(304)
    expect((await ask({ range: 'bytes=0-9', 'if-range': etag })).response.status).toBe(206)
    expect((await ask({ range: 'bytes=0-9', 'if-range': '"other"' })).response.status).toBe(200)
  })

  it('HEAD says the size and sends nothing', async () => {
    const { response, bytes } = await ask({}, 'HEAD')
    expect(response.headers.get('content-length')).toBe(String(whole.length))
    expect(bytes.length).toBe(0)
  })

  it('names the file after the recording, whatever its title', async () => {
    const recording = await server.record(body, 'Öl & "Wein"\r\nX-Evil: 1')
    const { headers } = await fetch(`${recording.mp4Url}?download`)
    expect(headers.get('x-evil')).toBeNull()
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="[ -~]+"; filename\*=UTF-8''%C3%96l/)
  })
})
