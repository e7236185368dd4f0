import { execFile, execFileSync } from 'node:child_process'
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readInit, shiftFragment } from '@rushes/media'
import {
  certificateText,
  type DeliveryCertificate,
  deliveryLeaf,
  digestField,
  type ManifestEntry,
  merkleRoot,
} from '@rushes/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CmafEvent, makeCmafEvent, withRendition } from './cmaf-event.ts'
import { createDelivery, type DeliverySender } from './delivery-sender.ts'
import { startTestServer, type TestServer, testOwnerKey } from './server-for-tests.ts'

const runFile = promisify(execFile)
let server: TestServer
let event: CmafEvent
let folder: string

beforeAll(async () => {
  event = makeCmafEvent(9)
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'rushes-deliveries-'))
})

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const create = (id?: string): Promise<DeliverySender> => createDelivery(server, id)

const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const codeOf = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code

async function certificateOf(sender: DeliverySender): Promise<DeliveryCertificate> {
  for (let attempt = 0; ; attempt++) {
    const response = await sender.get('/certificate')
    if (response.ok) return (await response.json()) as DeliveryCertificate
    expect(await codeOf(response)).toBe('not-delivered')
    if (attempt > 200) throw new Error('no certificate after 10 s')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Digest of every decoded picture, and of all sound. */
function decoded(path: string, map: string): string {
  return execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-map', map, '-f', 'framemd5', '-'])
    .toString()
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/^\d+, */gm, '')
}

/** The same event, on a timeline that began so many seconds before. */
function lateEvent({ entries, files, ...rest }: CmafEvent, seconds: number): CmafEvent {
  const shifted = new Map<string, Buffer>()
  const timescales = new Map<string, { timescale: number; trackId: number }>()
  const listed = (name: string, bytes: Buffer) => {
    shifted.set(name, bytes)
    return { name, size: bytes.length, digest: digestOf(bytes) }
  }
  const late = entries.map((entry): ManifestEntry => {
    if (entry.type === 'representation') {
      const bytes = files.get(entry.init.name)!
      timescales.set(entry.id, { timescale: entry.timescale, trackId: readInit(bytes).tracks[0]!.trackId })
      return { ...entry, init: listed(entry.init.name, bytes) }
    }
    if (entry.type !== 'segment') return entry
    const { timescale, trackId } = timescales.get(entry.representation)!
    const bytes = Buffer.from(files.get(entry.file.name)!)
    shiftFragment(bytes, new Map([[trackId, seconds * timescale]]))
    return { ...entry, start: entry.start + seconds * timescale, file: listed(entry.file.name, bytes) }
  })
  return { ...rest, entries: late, files: shifted }
}

describe('a delivery', () => {
  it('E1, E2: is published whole when its files came in any order, with a certificate that stands alone', async () => {
    const sender = await create()
    expect((await sender.list(0, event.entries)).status).toBe(200)
    const names = [...event.files.keys()].sort(() => Math.random() - 0.5)
    for (const name of names) {
      const bytes = event.files.get(name)!
      const response = await sender.put(name, bytes)
      expect(response.status, name).toBe(201)
      // F2: what was read back.
      expect(await response.json()).toEqual({ name, size: bytes.length, digest: digestOf(bytes) })
      expect(response.headers.get('repr-digest')).toBe(digestField(digestOf(bytes)))
    }
    const certificate = await certificateOf(sender)
    expect(certificate.files.map(({ name }) => name)).toEqual([...event.files.keys()])
    const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
    expect(merkleRoot(certificate.files.map(deliveryLeaf), sha256)).toBe(certificate.merkleRoot)
    const key = createPublicKey({ key: Buffer.from(certificate.publicKey, 'base64'), format: 'der', type: 'spki' })
    const signature = Buffer.from(certificate.signature, 'base64')
    expect(verify(null, certificateText(certificate), key, signature)).toBe(true)
    expect(verify(null, certificateText({ ...certificate, issuedAt: new Date().toISOString() }), key, signature)).toBe(
      false,
    )

    const recording = await server.client.recording(sender.id)
    expect(recording).toMatchObject({ state: 'published', title: 'Sunday', mp4State: 'ready' })
    expect(recording.tracks.map(({ kind }) => kind)).toEqual(['video', 'audio'])
    const path = join(folder, 'published.mp4')
    writeFileSync(path, Buffer.from(await (await fetch(recording.mp4Url!)).arrayBuffer()))
    for (const [map, original] of [
      ['0:v', event.video],
      ['0:a', event.audio],
    ] as const) {
      const source = join(folder, 'source.mp4')
      writeFileSync(source, original)
      expect(decoded(path, map)).toBe(decoded(source, '0'))
    }

    // F5: after it was published the segments still have their own addresses, and their digests.
    for (const [name, bytes] of event.files) {
      expect(Buffer.from(await (await sender.get(`/${name}`)).arrayBuffer())).toEqual(bytes)
      expect(await (await sender.get(`/${name}/digest`)).json()).toMatchObject({ digest: digestOf(bytes) })
    }
    const part = await sender.get('/video-000001.m4s', { range: 'bytes=10-19' })
    expect(part.status).toBe(206)
    expect(Buffer.from(await part.arrayBuffer())).toEqual(event.files.get('video-000001.m4s')!.subarray(10, 20))
    // The segments are in the body and nowhere else.
    const files = join(server.dataDir, 'blobs', 'recordings', sender.id, 'files')
    expect(readdirSync(files).sort()).toEqual(['audio-init.mp4', 'video-init.mp4'])
  })

  it('C2: repeated, answers with a new token; another account may not take its id', async () => {
    const sender = await create()
    await sender.list(0, event.entries.slice(0, 2))
    const again = await create(sender.id)
    expect((await sender.list(0, [])).status).toBe(401)
    expect((await again.list(0, event.entries.slice(0, 3))).status).toBe(200)
    const { id } = await server.client.createRecording({})
    const response = await fetch(`${server.url}/api/v1/deliveries`, {
      method: 'POST',
      headers: { authorization: `Bearer ${testOwnerKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ id }),
    })
    expect([response.status, await codeOf(response)]).toEqual([409, 'id-taken'])
  })

  it('M2, M3: takes repeated entries, and none that contradict', async () => {
    const sender = await create()
    expect(await (await sender.list(0, event.entries.slice(0, 4))).json()).toEqual({ next: 4 })
    expect(await (await sender.list(2, event.entries.slice(2, 6))).json()).toEqual({ next: 6 })
    const gap = await sender.list(9, event.entries.slice(9, 10))
    expect([gap.status, gap.headers.get('manifest-next'), await codeOf(gap)]).toEqual([409, '6', 'manifest-gap'])
    const segment = structuredClone(event.entries[5]!)
    if (segment.type !== 'segment') throw new Error('the sixth entry is a segment')
    segment.file.digest = digestOf(randomBytes(8))
    expect(await codeOf(await sender.list(5, [segment]))).toBe('manifest-conflict')
    for (const bad of [
      { ...segment, sequence: 9 },
      { ...segment, file: { ...segment.file, name: 'video-000000.m4s' } },
      { ...segment, representation: 'nothing' },
      event.entries[0]!,
    ]) {
      const response = await sender.list(6, [bad])
      expect([response.status, await codeOf(response)]).toEqual([422, 'bad-entry'])
    }
    // What was refused left nothing behind.
    expect(await (await sender.list(6, event.entries.slice(6))).json()).toEqual({ next: event.entries.length })
    const after = await sender.list(event.entries.length, [event.entries[3]!])
    expect(await codeOf(after)).toBe('bad-entry')
  })

  it('M5: waits for no file that was withdrawn, whether it had arrived or not; and the main picture stays', async () => {
    const ladder = withRendition(event, 'small')
    const sender = await create()
    const { length } = ladder.entries
    await sender.list(0, ladder.entries.slice(0, -1))
    const [arrived, missing] = ['small-000001.m4s', 'small-000003.m4s']
    for (const [name, bytes] of ladder.files) if (name !== missing) await sender.put(name, bytes)
    const withdraw = (representation: string, sequence: number) => {
      return { type: 'withdrawn', representation, sequence, reason: 'the spool is full' } as const
    }
    for (const [bad, before] of [
      [withdraw('video', 1), []],
      [withdraw('audio', 1), []],
      [withdraw('small', 99), []],
      [withdraw('nothing', 0), []],
      [withdraw('small', 2), [withdraw('small', 2)]],
    ] as const) {
      expect(await codeOf(await sender.list(length - 1, [...before, bad]))).toBe('bad-entry')
    }
    expect((await sender.get(`/${arrived}`)).status).toBe(200)
    const entries = [withdraw('small', 1), withdraw('small', 3), ladder.entries.at(-1)!]
    expect((await sender.list(length - 1, entries)).status).toBe(200)
    expect((await sender.get(`/${arrived}`)).status).toBe(404)
    expect(await codeOf(await sender.put(missing, ladder.files.get(missing)!))).toBe('not-in-manifest')
    const { files } = await certificateOf(sender)
    const listed = ladder.entries.flatMap((entry) =>
      'file' in entry ? [entry.file] : 'init' in entry ? [entry.init] : [],
    )
    expect(files).toEqual(listed.filter(({ name }) => name !== arrived && name !== missing))
    const playlist = await (await sender.get('/small.m3u8')).text()
    expect(playlist.match(/#EXT-X-GAP\nsmall-\d+\.m4s/g)).toEqual([`#EXT-X-GAP\n${arrived}`, `#EXT-X-GAP\n${missing}`])
    expect(await (await sender.get('/video.m3u8')).text()).not.toContain('GAP')
    const manifest = await (await sender.get('/manifest.mpd')).text()
    expect(manifest).toContain('id="video"')
    expect(manifest).not.toContain('id="small"')
  })

  it('F1, F3: stores nothing that is not listed, or is not what was listed', async () => {
    const sender = await create()
    const bytes = event.files.get('video-000000.m4s')!
    expect(await codeOf(await sender.put('video-000000.m4s', bytes))).toBe('not-in-manifest')
    await sender.list(0, event.entries)
    const flipped = Buffer.from(bytes)
    flipped[1000]! ^= 1
    const response = await sender.put('video-000000.m4s', flipped)
    expect([response.status, await codeOf(response)]).toEqual([422, 'digest-mismatch'])
    expect((await sender.head('video-000000.m4s')).headers.get('upload-offset')).toBe('0')
    const other = await sender.put('video-000000.m4s', bytes, { 'repr-digest': digestField(digestOf(flipped)) })
    expect(await codeOf(other)).toBe('manifest-conflict')
    expect((await sender.put('video-000000.m4s', bytes.subarray(1))).status).toBe(400)
    expect((await sender.put('video-000000.m4s', bytes)).status).toBe(201)
    expect((await sender.put('video-000000.m4s', bytes)).status).toBe(200)
  })

  it('F4: takes a file in parts, and says where to go on', async () => {
    const sender = await create()
    await sender.list(0, event.entries)
    const bytes = event.files.get('video-000001.m4s')!
    const size = bytes.length
    const first = await sender.put('video-000001.m4s', bytes.subarray(0, 5000), {
      'content-range': `bytes 0-4999/${size}`,
    })
    expect([first.status, await first.json()]).toEqual([202, { name: 'video-000001.m4s', received: 5000 }])
    const head = await sender.head('video-000001.m4s')
    expect([head.status, head.headers.get('upload-offset')]).toEqual([404, '5000'])
    const wrong = await sender.put('video-000001.m4s', bytes.subarray(6000), {
      'content-range': `bytes 6000-${size - 1}/${size}`,
    })
    expect([wrong.status, wrong.headers.get('upload-offset'), await codeOf(wrong)]).toEqual([
      409,
      '5000',
      'wrong-offset',
    ])
    const rest = await sender.put('video-000001.m4s', bytes.subarray(5000), {
      'content-range': `bytes 5000-${size - 1}/${size}`,
    })
    expect([rest.status, await rest.json()]).toMatchObject([201, { digest: digestOf(bytes) }])
    expect((await sender.head('video-000001.m4s')).status).toBe(200)
  })

  it('E1: begins with what came first, however long after the beginning of the event that was', async () => {
    for (const lateSeconds of [3, 4000]) {
      const late = lateEvent(event, lateSeconds)
      const sender = await create()
      await sender.list(0, late.entries)
      for (const [name, bytes] of late.files) await sender.put(name, bytes)
      await certificateOf(sender)
      const recording = await server.client.recording(sender.id)
      expect(Math.abs(recording.durationMs! - 9000)).toBeLessThan(60)
      const path = join(folder, `late-${lateSeconds}.mp4`)
      writeFileSync(path, Buffer.from(await (await fetch(recording.mp4Url!)).arrayBuffer()))
      const probed = execFileSync('ffprobe', [
        '-v',
        'error',
        '-show_entries',
        'format=start_time',
        '-of',
        'csv=p=0',
        path,
      ])
      expect(Math.abs(Number(probed))).toBeLessThan(0.06)
      const inTime = join(folder, 'in-time.mp4')
      writeFileSync(inTime, event.video)
      expect(decoded(path, '0:v')).toBe(decoded(inTime, '0:v'))
    }
  })

  it('P1: lists what is there without one missing before it, for players as they are', async () => {
    const sender = await create()
    await sender.list(0, event.entries.slice(0, -1))
    expect((await sender.get('/main.m3u8')).status).toBe(404)
    for (const [name, bytes] of event.files) if (name !== 'video-000002.m4s') await sender.put(name, bytes)
    const live = await (await sender.get('/video.m3u8')).text()
    expect(live).toContain('video-000001.m4s')
    expect(live).not.toContain('video-000002.m4s')
    expect(live).not.toContain('video-000003.m4s')
    expect(live).not.toContain('EXT-X-ENDLIST')
    await sender.list(event.entries.length - 1, event.entries.slice(-1))
    await sender.put('video-000002.m4s', event.files.get('video-000002.m4s')!)
    await certificateOf(sender)
    const probe = async (name: string) => {
      const { stdout } = await runFile('ffprobe', [
        ...['-v', 'error', '-headers', `authorization: Bearer ${testOwnerKey}\r\n`, '-count_packets'],
        ...['-show_entries', 'stream=codec_type,nb_read_packets', '-of', 'csv=p=0'],
        `${server.url}/api/v1/deliveries/${sender.id}/${name}`,
      ])
      return stdout.split('\n').filter((line) => line !== '')
    }
    const [video, audio] = ['video', 'audio'].map((kind) => {
      const path = join(folder, `${kind}.mp4`)
      writeFileSync(path, kind === 'video' ? event.video : event.audio)
      const entries = ['-count_packets', '-show_entries', 'stream=nb_read_packets', '-of', 'csv=p=0']
      return execFileSync('ffprobe', ['-v', 'error', ...entries, path])
        .toString()
        .trim()
    })
    for (const name of ['main.m3u8', 'manifest.mpd']) {
      expect([...new Set(await probe(name))].sort(), name).toEqual([`audio,${audio}`, `video,${video}`])
    }
  })

  it('M4: tells readers what is new, when it is', async () => {
    const sender = await create()
    await sender.list(0, event.entries.slice(0, 3))
    const asked = performance.now()
    const waiting = sender.get('/manifest?from=3&wait=10')
    setTimeout(() => void sender.list(3, event.entries.slice(3, 5)), 300)
    expect(await (await waiting).json()).toMatchObject({
      state: 'live',
      from: 3,
      next: 5,
      entries: event.entries.slice(3, 5),
    })
    expect(performance.now() - asked).toBeLessThan(5000)
  })

  it('C3: is gone with its recording, files and all', async () => {
    const sender = await create()
    await sender.list(0, event.entries)
    await sender.put('video-init.mp4', event.files.get('video-init.mp4')!)
    await server.client.remove(sender.id)
    expect((await sender.put('audio-init.mp4', event.files.get('audio-init.mp4')!)).status).toBe(401)
    const path = join(server.dataDir, 'blobs', 'recordings', sender.id)
    for (let attempt = 0; existsSync(path) && attempt < 100; attempt++)
      await new Promise((resolve) => setTimeout(resolve, 50))
    expect(existsSync(path)).toBe(false)
  })

  it('published by its owner before its end, keeps what comes later', async () => {
    const sender = await create()
    await sender.list(0, event.entries)
    const names = [...event.files.keys()]
    for (const name of names.slice(0, 5)) await sender.put(name, event.files.get(name)!)
    for (let attempt = 0; (await server.client.recording(sender.id)).bytes === 0 && attempt < 100; attempt++)
      await new Promise((resolve) => setTimeout(resolve, 50))
    const published = await server.client.publish(sender.id, true)
    expect(published.state).toBe('published')
    for (const name of names.slice(5)) expect((await sender.put(name, event.files.get(name)!)).status).toBe(201)
    expect((await certificateOf(sender)).files).toHaveLength(names.length)
    for (const [name, bytes] of event.files)
      expect(await (await sender.get(`/${name}/digest`)).json()).toMatchObject({ digest: digestOf(bytes) })
  })
})
