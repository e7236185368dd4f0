import { describe, expect, it } from 'vitest'
import { nextAsk, pieceAfter, pieceAt, readLivePlaylist } from './live-playlist.ts'

const head = [
  '#EXTM3U',
  '#EXT-X-TARGETDURATION:4',
  '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24.0,HOLD-BACK=12.0,PART-HOLD-BACK=0.967',
]
const date = (seconds: number) => `#EXT-X-PROGRAM-DATE-TIME:${new Date(1e12 + 1000 * seconds).toISOString()}`
const part = (name: string, more = '') => `#EXT-X-PART:DURATION=0.5,URI="live/${name}.webm"${more}`
const first = [
  ...[...head, '#EXT-X-MAP:URI="live/init.webm"', date(0), '#EXTINF:2.00000,', 'live/0.webm', date(2)],
  ...[
    part('1.0', ',INDEPENDENT=YES'),
    part('1.1'),
    part('1.2'),
    part('1.3'),
    '#EXTINF:2.00000,',
    'live/1.webm',
    date(4),
  ],
  ...[part('2.0', ',INDEPENDENT=YES'), part('2.1'), '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="live/2.2.webm"', ''],
].join('\n')
const delta = [
  ...[...head, '#EXT-X-SKIP:SKIPPED-SEGMENTS=1', date(2), '#EXTINF:2.00000,', 'live/1.webm', date(4)],
  ...[part('2.0', ',INDEPENDENT=YES'), part('2.1'), part('2.2'), '#EXT-X-ENDLIST', ''],
].join('\n')

describe('a playlist of WebM', () => {
  const listed = readLivePlaylist(first, null)

  it('says what is there, when it was made, and how far to stay behind', () => {
    expect(listed.segments.map(({ uri, start, end }) => [uri, start, end])).toEqual([
      ['live/0.webm', 0, 2],
      ['live/1.webm', 2, 4],
      [null, 4, 5],
    ])
    expect(listed).toMatchObject({ initUri: 'live/init.webm', holdBack: 0.967, ended: false })
    expect(listed.segments[2]?.date).toBe(1e12 + 4000)
    expect(nextAsk(listed)).toBe('_HLS_msn=2&_HLS_part=2&_HLS_skip=YES')
  })

  it('may leave out what was there before', () => {
    const now = readLivePlaylist(delta, listed)
    expect(now.segments.map(({ start, end }) => [start, end])).toEqual([
      [0, 2],
      [2, 4],
      [4, 5.5],
    ])
    expect(now).toMatchObject({ initUri: 'live/init.webm', ended: true })
    expect(() => readLivePlaylist(delta, null)).toThrow('a delta to something else')
    expect(() => readLivePlaylist('<html>', null)).toThrow('no playlist')
  })

  it('is loaded from the key frame before a place, piece by piece, to its end', () => {
    const names: string[] = []
    for (let piece = pieceAt(listed, 1.5); piece !== null; piece = pieceAfter(listed, piece)) names.push(piece.uri)
    expect(names).toEqual(['0', '1.0', '1.1', '1.2', '1.3', '2.0', '2.1'].map((name) => `live/${name}.webm`))
    expect(pieceAt(listed, 4.9)?.uri).toBe('live/2.0.webm')
    expect(pieceAt(listed, 99)?.uri).toBe('live/2.0.webm')
    expect(pieceAt({ ...listed, segments: [] }, 0)).toBeNull()
  })
})
