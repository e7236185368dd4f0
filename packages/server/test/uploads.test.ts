import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestField, uploadOrder } from '@rushes/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer, testOwnerKey } from './server-for-tests.ts'
import { codeOf, crcField, UploadSender } from './upload-sender.ts'

let server: TestServer
let sender: UploadSender
let folder: string
/** An MP4 whose `moov` comes last, and where. */
let file: Buffer
let front: { offset: number; length: number }

beforeAll(async () => {
  server = await startTestServer({ limits: { maxOpenUploads: 8 } })
  sender = new UploadSender(server)
  folder = mkdtempSync(join(tmpdir(), 'rushes-uploads-'))
  file = makeFile('-c:a aac')
  front = moovOf(file)
})

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

function makeFile(...more: string[]): Buffer {
  const path = join(folder, 'made.mp4')
  const input = '-f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i sine=frequency=440 -t 2'
  const args = `${input} -c:v libx264 -preset ultrafast -g 25 -bf 2 ${more.join(' ')}`
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args.split(' '), path])
  return readFileSync(path)
}

function moovOf(bytes: Buffer): { offset: number; length: number } {
  for (let at = 0; at + 8 <= bytes.length; at += bytes.readUInt32BE(at)) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'moov') return { offset: at, length: bytes.readUInt32BE(at) }
  }
  throw new Error('no moov')
}

const hevc = '-c:v libx265 -preset ultrafast -x265-params log-level=none -pix_fmt yuv420p -tag:v hvc1'
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const idOf = (url: string) => url.split('/').at(-1)!
const bodyOrder = ({ offset, length }: typeof front) =>
  Buffer.concat([file.subarray(offset, offset + length), file.subarray(0, offset), file.subarray(offset + length)])

function decoded(bytes: Uint8Array): string {
  const path = join(folder, 'decoded.mp4')
  writeFileSync(path, bytes)
  return execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-map', '0', '-f', 'framemd5', '-']).toString()
}

/** Hashes of the pictures alone: time bases differ between containers. */
function pictures(bytes: Uint8Array): string[] {
  const path = join(folder, 'pictures')
  writeFileSync(path, bytes)
  const lines = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-map', '0:v', '-f', 'framemd5', '-']).toString()
  return lines
    .split('\n')
    .flatMap((line) => (line === '' || line.startsWith('#') ? [] : [line.split(',').at(-1)!.trim()]))
}

async function fetched(path: string): Promise<Buffer> {
  const response = await fetch(server.url + path, { headers: { authorization: `Bearer ${testOwnerKey}` } })
  expect(response.status).toBe(200)
  return Buffer.from(await response.arrayBuffer())
}

async function sendAll(url: string, body: Uint8Array, chunk = 50_000): Promise<Response> {
  for (let at = 0; ; at += chunk) {
    const bytes = body.subarray(at, at + chunk)
    const isLast = at + chunk >= body.length
    const response = await sender.patch(url, at, bytes, { 'upload-checksum': crcField(bytes) })
    if (isLast || response.status !== 204) return response
    expect(response.headers.get('upload-offset')).toBe(String(at + chunk))
  }
}

describe('a whole file', () => {
  it('[M3, T4] whose moov was sent first is published with its last byte, and is the file that was meant', async () => {
    const body = bodyOrder(front)
    const url = await sender.created(file.length, { order: uploadOrder(front, file.length)! })
    expect((await sendAll(url, body)).status).toBe(204)
    const recording = await server.client.recording(idOf(url))
    expect(recording).toMatchObject({
      state: 'published',
      title: 'talk.mp4',
      endReason: 'uploaded',
      bytes: file.length,
      sha256: sha256(file),
      damage: null,
      mp4State: 'ready',
    })
    const mp4 = await fetched(`/api/v1/recordings/${recording.id}/file.mp4`)
    expect(moovOf(mp4).offset).toBe(8192)
    expect(decoded(mp4)).toBe(decoded(file))
    expect((await fetched(`/api/v1/recordings/${recording.id}/original`)).equals(file)).toBe(true)
    expect(await sender.offset(url)).toBe(file.length)
  })

  it('[T5] is told where to go on, on every server that has its bytes', async () => {
    const url = await sender.created(file.length, { fingerprint: 'one' })
    await sender.patch(url, 0, file.subarray(0, 70_000))
    expect(await sender.offset(url)).toBe(70_000)
    const { uploads } = (await (await sender.send('GET', '/api/v1/uploads')).json()) as { uploads: object[] }
    expect(uploads[0]).toMatchObject({ id: idOf(url), size: file.length, received: 70_000, fingerprint: 'one' })
    expect((await sender.patch(url, 70_000, file.subarray(70_000))).status).toBe(204)
    expect(await server.client.recording(idOf(url))).toMatchObject({ state: 'published', sha256: sha256(file) })
  })

  it('[T2] keeps nothing of a chunk that came otherwise than it was sent', async () => {
    const url = await sender.created(file.length)
    const chunk = file.subarray(0, 1000)
    const altered = Buffer.from(chunk)
    altered[500]! ^= 1
    const refused = await sender.patch(url, 0, altered, { 'upload-checksum': crcField(chunk) })
    expect([refused.status, await codeOf(refused)]).toEqual([460, 'checksum-mismatch'])
    expect(await sender.offset(url)).toBe(0)
    const sha1 = createHash('sha1').update(chunk).digest('base64')
    expect((await sender.patch(url, 0, chunk, { 'upload-checksum': `sha1 ${sha1}` })).status).toBe(204)
    for (const field of ['md5 AAAA', 'crc32', 'crc32 AAAA', 'toString AAAA']) {
      const response = await sender.patch(url, 1000, chunk, { 'upload-checksum': field })
      expect([response.status, await codeOf(response)]).toEqual([400, 'unsupported-checksum'])
    }
    await sender.send('DELETE', url)
  })

  it('[T6] that is another than was meant is refused whole', async () => {
    const url = await sender.created(file.length)
    const meant = digestField(`sha256:${sha256(randomBytes(10))}`)
    const refused = await sender.patch(url, 0, file, { 'repr-digest': meant })
    expect([refused.status, await codeOf(refused)]).toEqual([422, 'digest-mismatch'])
    expect(await sender.offset(url)).toBe(-404)
    const again = await sender.created(file.length)
    const right = digestField(`sha256:${sha256(file)}`)
    expect((await sender.patch(again, 0, file, { 'repr-digest': right })).status).toBe(204)
  })

  it('[T7] that ends early is published as far as it is whole, saying so', async () => {
    const whole = makeFile('-c:a aac -movflags +faststart')
    const cut = whole.subarray(0, Math.floor(whole.length * 0.6))
    const url = await sender.created(cut.length)
    expect((await sender.patch(url, 0, cut)).status).toBe(204)
    const recording = await server.client.recording(idOf(url))
    expect(recording).toMatchObject({ state: 'published', mp4State: 'ready', damage: { code: 'cut-short' } })
    expect(recording.durationMs).toBeGreaterThan(500)
  })

  it('[T8] that is no media is refused with its first bytes, in words', async () => {
    for (const [bytes, words] of [
      [Buffer.from('Dear diary, today I recorded nothing at all.'.repeat(100)), /text/],
      [Buffer.concat([Buffer.from('RIFF\0\0\0\0AVI LIST'), randomBytes(5000)]), /AVI/],
      [Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(5000)]), /PDF/],
    ] as const) {
      const url = await sender.created(2 ** 20)
      const refused = await sender.patch(url, 0, bytes, { 'upload-checksum': crcField(bytes) })
      expect(refused.status).toBe(415)
      const { error } = (await refused.json()) as { error: { code: string; message: string } }
      expect(error.code).toBe('not-media')
      expect(error.message).toMatch(words)
      expect(await sender.offset(url)).toBe(-404)
    }
  })

  it('[T8] in which nothing can be played is refused at its end', async () => {
    const withoutMovie = file.subarray(0, front.offset)
    const url = await sender.created(withoutMovie.length)
    const refused = await sender.patch(url, 0, withoutMovie)
    expect([refused.status, await codeOf(refused)]).toEqual([422, 'nothing-playable'])
  })

  it.each([
    ['WebM', 'webm', '-c:v libvpx -deadline realtime -cpu-used 8 -c:a libopus', 'webm'],
    ['Matroska', 'mkv', '-c:v libx264 -preset ultrafast -c:a flac', 'mp4'],
    ['fragmented MP4', 'mp4', '-c:v libx264 -preset ultrafast -c:a aac -movflags +frag_keyframe+empty_moov', 'mp4'],
    ['MOV of H.265 and FLAC, moov first', 'mp4', `${hevc} -c:a flac -strict -2 -movflags +faststart`, 'mp4'],
    ['MOV of B-frames and edit lists', 'mov', '-c:v libx264 -preset ultrafast -bf 3 -c:a aac', 'mp4'],
    ['MP4 of two sounds', 'mp4', '-map 0 -map 1 -map 1 -c:v libx264 -preset ultrafast -c:a aac', 'mp4'],
  ])('[T4] of the kind %s is what it was, and decodes to the same', async (_name, extension, args, view) => {
    const path = join(folder, `kind.${extension}`)
    const input = '-f lavfi -i testsrc2=size=160x120:rate=25 -f lavfi -i sine=frequency=440:sample_rate=48000 -t 1'
    execFileSync('ffmpeg', ['-v', 'error', '-y', ...`${input} ${args}`.split(' '), path])
    const bytes = readFileSync(path)
    const url = await sender.created(bytes.length, { filename: `kind.${extension}` })
    expect((await sendAll(url, bytes)).status).toBe(204)
    const recording = await server.client.recording(idOf(url))
    expect(recording).toMatchObject({ state: 'published', sha256: sha256(bytes), damage: null })
    const published = await fetched(`/api/v1/recordings/${recording.id}/file.${view}`)
    expect(pictures(published)).toEqual(pictures(bytes))
    expect((await fetched(`/api/v1/recordings/${recording.id}/original`)).equals(bytes)).toBe(true)
  })

  it('[T9] is deleted by its sender, but not any more when it is published', async () => {
    const url = await sender.created(file.length)
    await sender.patch(url, 0, file.subarray(0, 1000))
    expect((await sender.send('DELETE', url)).status).toBe(204)
    expect(await sender.offset(url)).toBe(-404)
    const kept = await sender.created(file.length)
    await sender.patch(kept, 0, file)
    expect((await sender.send('DELETE', kept)).status).toBe(400)
    expect(await server.client.recording(idOf(kept))).toMatchObject({ state: 'published' })
  })
})
