import type { RecordingView, TrackView } from '@rushes/protocol'
import { describe, expect, it } from 'vitest'
import { fileName, mediaType, ownAddress, publicLink, recordingSources } from './recording-links.ts'

const track = (kind: TrackView['kind'], codecString: string | null): TrackView => ({
  id: 1,
  kind,
  codec: 'x',
  codecString,
  samples: 1,
})

describe('addresses', () => {
  it('fetches from the origin of the page, by whatever name the server calls itself', () => {
    expect(ownAddress('http://127.0.0.1:7070/r/abc/file.mp4?v=1', 'https://rushes.example')).toBe('/r/abc/file.mp4?v=1')
  })

  it('gives out the address one came by where the server knows only its loopback', () => {
    expect(publicLink('http://127.0.0.1:7070/r/abc', 'https://rushes.example')).toBe('https://rushes.example/r/abc')
    expect(publicLink('http://127.0.0.1:7070/r/abc', 'http://localhost:7070')).toBe('http://127.0.0.1:7070/r/abc')
    expect(publicLink('https://films.example/r/abc', 'http://10.0.0.5')).toBe('https://films.example/r/abc')
  })
})

describe('mediaType', () => {
  it('names the codecs, so that browsers can say no before they fetch', () => {
    const tracks = [track('video', 'avc1.64001f'), track('audio', 'mp4a.40.2'), track('other', null)]
    expect(mediaType('mp4', tracks)).toBe('video/mp4; codecs="avc1.64001f, mp4a.40.2"')
  })

  it('leaves them out where one is not known, or is no codec string', () => {
    expect(mediaType('webm', [track('video', 'vp9'), track('audio', null)])).toBe('video/webm')
    expect(mediaType('webm', [track('video', 'vp9"; x="')])).toBe('video/webm')
    expect(mediaType('mp4', [])).toBe('video/mp4')
  })

  it('calls sound alone audio', () => {
    expect(mediaType('webm', [track('audio', 'opus')])).toBe('audio/webm; codecs="opus"')
  })
})

describe('recordingSources', () => {
  it('hands the player only what is ready', () => {
    const recording = {
      mp4State: 'needs-encode',
      mp4Url: null,
      webmState: 'ready',
      webmUrl: 'http://x/r/a/file.webm',
      ...{ tracks: [track('video', 'vp8')], delivery: null, createdAt: '2027-01-15T08:00:00.000Z' },
    } as unknown as RecordingView
    expect(recordingSources(recording, 'http://x')).toEqual({
      ...{ srcHls: null, typeHls: null },
      startedAt: '2027-01-15T08:00:00.000Z',
      src: null,
      type: null,
      srcWebm: '/r/a/file.webm',
      typeWebm: 'video/webm; codecs="vp8"',
    })
  })

  it('hands it what is being recorded, and says what its segments are', () => {
    const live = { playlistUrl: 'http://y/r/a/live.m3u8', type: 'video/webm; codecs="vp8"', isSent: true, silentMs: 0 }
    const recording = { state: 'receiving', delivery: null, tracks: [], live } as unknown as RecordingView
    const { srcHls, typeHls, src } = recordingSources(recording, 'http://x')
    expect([srcHls, typeHls, src]).toEqual(['/r/a/live.m3u8', live.type, null])
  })

  it('hands it the stream of what arrives, and of sets that are no file', () => {
    const arriving = {
      ...{ mp4Url: null, mp4State: 'ready', webmUrl: null, webmState: 'unsupported', tracks: [], state: 'receiving' },
      delivery: {
        ...{ hlsUrl: 'http://y/r/a/stream/main.m3u8', startedAt: '2027-01-15T08:00:00.000Z' },
        sets: [{ name: 'main' }, { name: 'slides' }],
      },
    } as unknown as RecordingView
    const published = { ...arriving, state: 'published', mp4Url: 'http://y/r/a/file.mp4' } as RecordingView
    const chosen = (recording: RecordingView, set: string | null) => {
      const { srcHls, src } = recordingSources(recording, 'http://x', set)
      return [srcHls, src]
    }
    expect(chosen(arriving, null)).toEqual(['/r/a/stream/main.m3u8', null])
    expect(chosen(arriving, 'slides')).toEqual(['/r/a/stream/main.m3u8?set=slides', null])
    expect(chosen(published, 'main')).toEqual([null, '/r/a/file.mp4'])
    expect(chosen(published, 'slides')).toEqual(['/r/a/stream/main.m3u8?set=slides', null])
  })
})

describe('fileName', () => {
  it.each([
    ['A talk: part 1/2?', 'A talk part 1 2.mp4'],
    ['..', 'recording.mp4'],
    ['', 'recording.mp4'],
    ['Grüße 🎬', 'Grüße 🎬.mp4'],
    ['x'.repeat(300), `${'x'.repeat(120)}.mp4`],
    ['a\u0000b\nc', 'a b c.mp4'],
  ])('%j', (title, name) => {
    expect(fileName(title, 'mp4')).toBe(name)
  })
})
