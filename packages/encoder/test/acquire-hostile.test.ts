import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseInput } from '../src/acquire/input.ts'
import { parseRendition } from '../src/acquire/rendition.ts'
import { AcquiredEvent, makeMedia, openTestFolder } from './acquired-event.ts'

const folder = openTestFolder()
let secret = ''
let server: Server
let port = 0
const requests: string[] = []

beforeAll(async () => {
  secret = await makeMedia(folder.path('secret.ts'), ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=10', '-t', '2'])
  server = createServer((request, response) => {
    requests.push(request.url ?? '')
    response.end(readFileSync(secret))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
  folder.remove()
})

const playlist = (target: string): string => `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${target}\n#EXT-X-ENDLIST\n`

describe('a file that would have others opened', () => {
  const web = (): string => `http://127.0.0.1:${port}/secret.ts`
  const hostile: [string, () => string][] = [
    ['playlist-file.mp4', () => playlist(`file://${secret}`)],
    ['playlist-relative.mp4', () => playlist('secret.ts')],
    ['playlist-web.mp4', () => playlist(web())],
    ['playlist.m3u8', () => playlist(`file://${secret}`)],
    ['concat.mp4', () => `ffconcat version 1.0\nfile '${secret}'\n`],
    ['concat.ffconcat', () => `ffconcat version 1.0\nfile ${web()}\n`],
    [
      'session.sdp',
      () =>
        'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n',
    ],
    [
      'dash.mpd',
      () =>
        `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp2t"><Representation id="1" bandwidth="1"><BaseURL>${web()}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    ],
    ['text.mp4', () => 'XBIN\x1a nothing that is media, only words, '.repeat(100)],
    ['text.ans', () => '\x1b[31mred\x1b[0m\n'.repeat(1000)],
  ]

  it.each(hostile)('%s opens nothing', async (name, content) => {
    const path = folder.path(name)
    writeFileSync(path, content())
    const event = new AcquiredEvent([path])
    await expect(event.acquisition.done).rejects.toMatchObject({ name: 'SourceError', code: 'refused' })
    expect(event.of('segment')).toEqual([])
    expect(requests).toEqual([])
  })

  it('is really one that ffmpeg by itself would follow: the test would see it', async () => {
    const path = folder.path('playlist-file.mp4')
    const args = ['-v', 'error', '-nostdin', '-i', path, '-f', 'null', '-']
    await expect(promisify(execFile)('ffmpeg', args)).resolves.toBeDefined()
  })
})

describe('a source that is not there', () => {
  it('is told by a typed error that says so', async () => {
    await expect(new AcquiredEvent(['/nowhere/at-all.mp4']).acquisition.done).rejects.toMatchObject({
      code: 'not-found',
    })
    await expect(new AcquiredEvent(['/dev/null']).acquisition.done).rejects.toMatchObject({ code: 'refused' })
    expect(() => new AcquiredEvent(['test:', 'test:'])).toThrow('two inputs are the set main')
  })

  it('stops at once while it is waited for', async () => {
    const event = new AcquiredEvent([`tcp://127.0.0.1:1`, `b=srt://127.0.0.1:${port}?mode=listener`])
    await event.until(() => event.of('source').filter(({ state }) => state === 'connecting').length >= 2)
    await event.acquisition.stop()
    expect(event.of('segment')).toEqual([])
    expect(event.of('source').filter(({ state }) => state === 'ended').length).toBe(2)
  })
})

describe('the text of a source', () => {
  it('is a kind, an address and perhaps a name', () => {
    expect(parseInput('camera-1=v4l2:/dev/video0?size=1280x720&rate=30&audio=alsa:hw:1,0')).toEqual({
      set: 'camera-1',
      source: {
        ...{ kind: 'v4l2', address: '/dev/video0', isListener: false, width: 1280, height: 720, frameRate: 30 },
        audio: { kind: 'alsa', address: 'hw:1,0', isListener: false },
      },
    })
    expect(parseInput('rtmp://0.0.0.0:1935/live/key?mode=listener').source).toEqual({
      ...{ kind: 'rtmp', address: 'rtmp://0.0.0.0:1935/live/key', isListener: true },
    })
    expect(parseInput('pulse:').source).toMatchObject({ kind: 'pulse', address: 'default' })
    expect(parseInput('desk=udp://@239.0.0.1:1234').source.kind).toBe('udp')
    expect(parseInput('https://example.org/live/main.m3u8?t=1').source.kind).toBe('hls')
    expect(parseInput('a folder/a film=1.mp4').source).toMatchObject({ kind: 'file', address: 'a folder/a film=1.mp4' })
    // To FFmpeg it would be a protocol; here it is the name of a file.
    expect(parseInput('subfile,,start,1,end,2,,:x').source.kind).toBe('file')
    expect(parseRendition('1280x720p30@2500k')).toEqual({ width: 1280, height: 720, frameRate: 30, bitrate: 2_500_000 })
    expect(parseRendition('3M')).toEqual({ bitrate: 3_000_000 })
  })

  it.each([
    '',
    '-',
    'concat://a|b',
    'data://text',
    'http://169.254.169.254/latest/meta-data',
    'test:?size=1x1',
    'test:?size=320x180:rate=1[x];movie=/etc/passwd',
    'test:?rate=1000',
    'v4l2:/dev/../etc/passwd',
    'v4l2:/dev/video0?audio=file:/etc/passwd',
    'srt://127.0.0.1:9?mode=rendezvous',
    'srt://127.0.0.1:9?linger=1',
    'alsa:$(id)',
    'a\nb',
    'x'.repeat(2000),
  ])('is refused: %s', (text) => {
    expect(() => parseInput(text)).toThrow(expect.objectContaining({ code: 'bad-source' }))
  })

  it.each(['1280x720', '1281x720@1M', '1280x720@0k', '1280x720@2500', '99999x2@1M', '@1M'])(
    'of a rendition is refused: %s',
    (text) => {
      expect(() => parseRendition(text)).toThrow(expect.objectContaining({ code: 'bad-rendition' }))
    },
  )
})
