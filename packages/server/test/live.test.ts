import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLiveBody } from './live-body.ts'
import { startLiveSender } from './live-sender.ts'
import { startTestServer, type TestServer, testOwnerKey } from './server-for-tests.ts'

const run = promisify(execFile)
let server: TestServer
let mp4: Uint8Array
let vp8: Uint8Array

beforeAll(async () => {
  ;[server, mp4, vp8] = await Promise.all([startTestServer(), makeLiveBody('mp4', 8), makeLiveBody('vp8', 8)])
}, 60_000)

afterAll(async () => {
  await server.close()
})

const text = async (url: string): Promise<string> => {
  const reply = await fetch(url)
  expect(reply.status, url).toBe(200)
  return reply.text()
}
const names = (playlist: string): string[] => playlist.split('\n').filter((line) => line.startsWith('live/'))
const partsOf = (playlist: string): string[] =>
  [...playlist.matchAll(/#EXT-X-PART:.*URI="([^"]+)"/g)].map((match) => match[1]!)
const hintOf = (playlist: string): string => /#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec(playlist)![1]!
const bytes = async (url: string): Promise<Buffer> => {
  const reply = await fetch(url)
  expect(reply.status, url).toBe(200)
  return Buffer.from(await reply.arrayBuffer())
}

describe('a recording that is watched while it is made', () => {
  it('lists what has come, holds who asks for the next part until it is, and tells the recorder', async () => {
    const sender = await startLiveSender(server, mp4)
    await sender.sendUpTo(Math.floor(mp4.length / 2))
    const view = (await server.client.recording(sender.id)).live
    expect(view).toMatchObject({
      playlistUrl: `${sender.share}/live.m3u8`,
      type: 'application/vnd.apple.mpegurl',
      isSent: true,
    })
    const first = await text(`${sender.share}/live.m3u8`)
    expect(first).toContain('#EXT-X-PLAYLIST-TYPE:EVENT')
    expect(first).not.toContain('EXT-X-ENDLIST')
    expect(names(first).length).toBeGreaterThanOrEqual(1)

    // RFC 8216bis §6.2.5.2: answered when the part is there, and not before. The hint names it beforehand.
    const [, segment, part] = /(\d+)\.(\d+)\.m4s$/.exec(hintOf(first))!
    let answered = false
    const blocked = text(`${sender.share}/live.m3u8?_HLS_msn=${segment}&_HLS_part=${part}`).then((playlist) => {
      answered = true
      return playlist
    })
    const hinted = bytes(`${sender.share}/${hintOf(first)}`)
    await text(`${sender.share}/live.m3u8`)
    expect(answered).toBe(false)
    expect((await fetch(`${sender.share}/live/${segment}.${Number(part) + 1}.m4s`)).status).toBe(404)
    await sender.sendUpTo(Math.floor(mp4.length * 0.8))
    expect(partsOf(await blocked)).toContain(hintOf(first))
    expect((await hinted).subarray(4, 8).toString()).toBe('moof')
    // The next acknowledgement says it; so nothing is sent for it alone.
    expect(sender.isWatched).toBe(true)

    await sender.end()
    const whole = await text(`${sender.share}/live.m3u8`)
    expect(whole).toMatch(/#EXT-X-ENDLIST\n$/)
    expect(names(whole).slice(0, 1)).toEqual(names(first).slice(0, 1))
    expect((await server.client.recording(sender.id)).live).toBeNull()
  })

  it('plays in ffmpeg from its beginning, for somebody who comes late', async () => {
    const sender = await startLiveSender(server, mp4)
    await sender.sendUpTo(Math.floor(mp4.length * 0.9))
    const folder = mkdtempSync(join(tmpdir(), 'rushes-live-'))
    const out = join(folder, 'seen.mp4')
    await text(`${sender.share}/live.m3u8`)
    const playing = run('ffmpeg', [
      '-v',
      'error',
      '-live_start_index',
      '0',
      '-i',
      `${sender.share}/live.m3u8`,
      '-c',
      'copy',
      out,
    ])
    // It ends by the playlist's own end.
    await sender.end()
    await playing
    const count = async (path: string): Promise<string> => {
      const entries = ['-count_packets', '-show_entries', 'stream=codec_name,nb_read_packets', '-of', 'csv=p=0']
      return (await run('ffprobe', ['-v', 'error', ...entries, path])).stdout
    }
    writeFileSync(join(folder, 'sent.mp4'), mp4)
    expect(await count(out)).toBe(await count(join(folder, 'sent.mp4')))
    expect(readFileSync(out).length).toBeGreaterThan(mp4.length * 0.9)
    rmSync(folder, { recursive: true })
  })

  it('comes as WebM where its codecs have no place in MP4', async () => {
    const sender = await startLiveSender(server, vp8)
    await sender.sendUpTo(Math.floor(vp8.length * 0.9))
    const { live } = await server.client.recording(sender.id)
    expect(live?.type).toBe('video/webm; codecs="vp8,opus"')
    const playlist = await text(live!.playlistUrl)
    const init = await bytes(`${sender.share}/live/init.webm`)
    const segments = await Promise.all(names(playlist).map((name) => bytes(`${sender.share}/${name}`)))
    expect(segments.length).toBeGreaterThan(1)
    const folder = mkdtempSync(join(tmpdir(), 'rushes-live-'))
    writeFileSync(join(folder, 'live.webm'), Buffer.concat([init, ...segments]))
    const { stderr } = await run('ffmpeg', ['-v', 'error', '-i', join(folder, 'live.webm'), '-f', 'null', '-'])
    expect(stderr).toBe('')
    rmSync(folder, { recursive: true })
    sender.close()
  })

  it('is cut alike by every server that has the same bytes', async () => {
    const first = await startTestServer()
    const sender = await startLiveSender(first, mp4)
    await sender.sendUpTo(Math.floor(mp4.length / 2))
    const before = await text(`${sender.share}/live.m3u8`)
    // As one that starts again has them: the names that players know are still true.
    const again = await startLiveSender(server, mp4)
    await again.sendUpTo(Math.floor(mp4.length / 2))
    const after = await text(`${again.share}/live.m3u8`)
    const cuts = (playlist: string) => playlist.split('\n').filter((line) => /^(#EXTINF|#EXT-X-PART:|live)/.test(line))
    expect(cuts(after)).toEqual(cuts(before))
    sender.close()
    again.close()
    await first.close()
  })

  it('is there for those who may play it, and for nobody else', async () => {
    const sender = await startLiveSender(server, mp4)
    const own = `${server.url}/api/v1/recordings/${sender.id}/live.m3u8`
    await sender.sendUpTo(Math.floor(mp4.length / 2))
    expect((await fetch(own)).status).toBe(401)
    expect((await fetch(own, { headers: { authorization: `Bearer ${testOwnerKey}` } })).status).toBe(200)
    expect((await fetch(`${server.url}/r/${'x'.repeat(24)}/live.m3u8`)).status).toBe(404)
    for (const name of ['init.webm', '0.webm', '99.m4s', '0.99.m4s', '..%2fbody', 'x']) {
      expect((await fetch(`${sender.share}/live/${name}`)).status, name).toBe(404)
    }
    expect((await fetch(`${sender.share}/live.m3u8?_HLS_part=1`)).status).toBe(400)
    expect((await fetch(`${sender.share}/live.m3u8?_HLS_msn=-1`)).status).toBe(400)
    await text(`${sender.share}/live.m3u8`)
    expect((await fetch(`${sender.share}/live.m3u8?_HLS_msn=50`)).status).toBe(400)
    // A published recording has its file; one that is discarded has nothing.
    await sender.end()
    const published = await server.record(mp4)
    expect((await fetch(`${published.shareUrl}/live.m3u8`)).status).toBe(404)
    const discarded = await startLiveSender(server, mp4)
    await discarded.sendUpTo(Math.floor(mp4.length / 2))
    await text(`${discarded.share}/live.m3u8`)
    const gone = await fetch(`${server.url}/api/v1/recordings/${discarded.id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${testOwnerKey}` },
    })
    expect(gone.status).toBe(204)
    expect((await fetch(`${discarded.share}/live.m3u8`)).status).toBe(404)
    discarded.close()
  })
})
