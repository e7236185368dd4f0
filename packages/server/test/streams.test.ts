import { parseDigestField } from '@rushes/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uuidV7 } from '../src/catalog/identifiers.ts'
import { type CmafEvent, makeCmafEvent, withSet } from './cmaf-event.ts'
import { createDelivery, type DeliverySender } from './delivery-sender.ts'
import { startTestServer, type TestServer, testOwnerKey } from './server-for-tests.ts'

let server: TestServer
let event: CmafEvent
let sender: DeliverySender
let share: string

beforeAll(async () => {
  event = withSet(makeCmafEvent(6), 'slides')
  server = await startTestServer()
  sender = await createDelivery(server)
  await sender.list(0, event.entries.slice(0, -1))
  share = (await server.client.recording(sender.id)).shareUrl!
})

afterAll(async () => {
  await server.close()
})

const asOwner = { authorization: `Bearer ${testOwnerKey}` }
const own = (path: string, headers: Record<string, string> = asOwner) =>
  fetch(`${server.url}/api/v1/deliveries/${sender.id}/${path}`, { headers })
const shared = (path: string, headers: Record<string, string> = {}) => fetch(`${share}/stream/${path}`, { headers })
const statuses = async (ask: (path: string) => Promise<Response>, paths: readonly string[]) =>
  Object.fromEntries(await Promise.all(paths.map(async (path) => [path, (await ask(path)).status])))

describe('what players get of a delivery', () => {
  it('begins when each kind of the first set has a segment', async () => {
    const { delivery } = await server.client.recording(sender.id)
    expect(delivery).toMatchObject({ state: 'live', hlsUrl: null, files: { here: 0, listed: event.files.size } })
    expect((await shared('main.m3u8')).status).toBe(404)
    for (const [name, bytes] of event.files) if (!name.startsWith('audio')) await sender.put(name, bytes)
    expect((await server.client.recording(sender.id)).delivery?.hlsUrl).toBeNull()
    for (const [name, bytes] of event.files) if (!name.endsWith('2.m4s')) await sender.put(name, bytes)
    const begun = (await server.client.recording(sender.id)).delivery!
    expect(begun).toMatchObject({
      ...{ state: 'live', hlsUrl: `${share}/stream/main.m3u8`, dashUrl: `${share}/stream/manifest.mpd` },
      sets: [
        { name: 'main', kinds: ['video', 'audio'] },
        { name: 'slides', kinds: ['video'] },
      ],
      startedAt: '2027-01-15T08:00:00.000Z',
      playableMs: { here: 4000, listed: 8000 },
      files: { here: event.files.size - 1, listed: event.files.size },
    })
    expect(begun.bytes.listed - begun.bytes.here).toBe(event.files.get('audio-000002.m4s')!.length)
  })

  it('is for the holders of the link: playlists and media, and nothing that proves or lists', async () => {
    const played = ['main.m3u8', 'main.m3u8?set=slides', 'video.m3u8', 'audio.m3u8', 'slides.m3u8', 'manifest.mpd']
    const paths = [...played, 'video-init.mp4', 'video-000001.m4s', 'slides-000000.m4s']
    const ok = Object.fromEntries(paths.map((path) => [path, 200]))
    expect(await statuses(shared, paths)).toEqual(ok)
    expect(await statuses((path) => own(path), paths)).toEqual(ok)
    const others = ['manifest', 'certificate', 'video-000001.m4s/digest', 'nothing.m3u8', 'main.m3u8?set=nothing']
    expect(Object.values(await statuses(shared, [...others, 'video-000009.m4s']))).toEqual(Array(6).fill(404))
  })

  it('is not for strangers, not through another’s link, and not once the link is withdrawn', async () => {
    const paths = ['main.m3u8', 'video.m3u8', 'video-000001.m4s', 'manifest']
    expect(Object.values(await statuses((path) => own(path, {}), paths))).toEqual(Array(4).fill(401))
    const stranger = await createDelivery(server)
    const strange = await fetch(`${server.url}/api/v1/deliveries/${uuidV7()}/main.m3u8`, { headers: asOwner })
    expect(strange.status).toBe(404)
    // The token of one delivery, and the link of one, open no other.
    expect((await stranger.get(`/../${sender.id}/main.m3u8`)).status).toBe(401)
    const othersShare = (await server.client.recording(stranger.id)).shareUrl!
    expect((await fetch(`${othersShare}/stream/video-000001.m4s`)).status).toBe(404)
    const { id, url } = await server.client.share(sender.id)
    expect((await fetch(`${url}/stream/video.m3u8`)).status).toBe(200)
    await server.client.unshare(sender.id, id)
    const withdrawn = (path: string) => fetch(`${url}/stream/${path}`)
    expect(Object.values(await statuses(withdrawn, paths))).toEqual(Array(4).fill(404))
  })

  it('each set has a multivariant playlist of its own, with the first set’s sound where it has none', async () => {
    const main = await (await shared('main.m3u8')).text()
    expect(main.split('\n').filter((line) => line.endsWith('.m3u8'))).toEqual(['video.m3u8'])
    const slides = await (await shared('main.m3u8?set=slides')).text()
    expect(slides.split('\n').filter((line) => line.endsWith('.m3u8'))).toEqual(['slides.m3u8'])
    expect(slides).toMatch(/#EXT-X-MEDIA:TYPE=AUDIO.*URI="audio.m3u8"/)
  })
})

describe('caches in front of players', () => {
  it('keep segments for ever, and check playlists while they grow', async () => {
    const segment = await shared('video-000001.m4s')
    expect(Object.fromEntries(segment.headers)).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'access-control-allow-origin': '*',
      'content-type': 'video/mp4',
    })
    const digest = parseDigestField(segment.headers.get('repr-digest')!)
    expect(segment.headers.get('etag')).toBe(`"${digest?.slice('sha256:'.length)}"`)
    expect((await own('video-000001.m4s')).headers.get('cache-control')).toMatch(/^private, .*immutable$/)
    const playlist = await shared('video.m3u8')
    expect(playlist.headers.get('cache-control')).toBe('public, max-age=1')
    expect(playlist.headers.get('access-control-allow-origin')).toBe('*')
    expect(playlist.headers.get('content-type')).toBe('application/vnd.apple.mpegurl')
    expect((await own('video.m3u8')).headers.get('cache-control')).toBe('private, max-age=1')
  })

  it('ask with what they have, for parts of it too (RFC 9110 §13, §14)', async () => {
    for (const path of ['video-000001.m4s', 'video.m3u8', 'manifest.mpd']) {
      const etag = (await shared(path)).headers.get('etag')!
      expect((await shared(path, { 'if-none-match': etag })).status, path).toBe(304)
      expect((await shared(path, { 'if-none-match': '"other"' })).status, path).toBe(200)
    }
    const bytes = event.files.get('video-000001.m4s')!
    const etag = (await shared('video-000001.m4s')).headers.get('etag')!
    const part = await shared('video-000001.m4s', { range: 'bytes=10-19', 'if-range': etag })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 10-19/${bytes.length}`])
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(10, 20))
    expect((await shared('video-000001.m4s', { range: 'bytes=10-19', 'if-range': '"other"' })).status).toBe(200)
    const beyond = await shared('video-000001.m4s', { range: `bytes=${bytes.length}-` })
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${bytes.length}`])
  })

  it('see a playlist change when a segment arrives, and not before', async () => {
    const before = await shared('audio.m3u8')
    const video = await shared('slides.m3u8')
    expect(await before.text()).not.toContain('audio-000002.m4s')
    await sender.put('audio-000002.m4s', event.files.get('audio-000002.m4s')!)
    const after = await shared('audio.m3u8', { 'if-none-match': before.headers.get('etag')! })
    expect(after.status).toBe(200)
    expect(await after.text()).toContain('audio-000002.m4s')
    expect((await shared('slides.m3u8')).headers.get('etag')).toBe(video.headers.get('etag'))
  })

  it('get playlists compressed where they take it', async () => {
    const plain = await shared('video.m3u8', { 'accept-encoding': 'identity' })
    expect(plain.headers.get('content-encoding')).toBeNull()
    const text = await plain.text()
    const zipped = await shared('video.m3u8', { 'accept-encoding': 'br, gzip' })
    expect(zipped.headers.get('content-encoding')).toBe('gzip')
    expect(zipped.headers.get('vary')).toContain('accept-encoding')
    expect(await zipped.text()).toBe(text)
    expect(zipped.headers.get('etag')).not.toBe(plain.headers.get('etag'))
    const refused = await shared('video.m3u8', { 'accept-encoding': 'gzip;q=0, *;q=0' })
    expect(refused.headers.get('content-encoding')).toBeNull()
  })
})
