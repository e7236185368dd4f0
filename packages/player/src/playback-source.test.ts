import { describe, expect, it } from 'vitest'
import { diagnose, explainProblem, playableSources, sourcesOf, sourceWords } from './playback-source.ts'

const vp8 = sourcesOf({
  src: '/a.mp4',
  type: 'video/mp4; codecs="vp08.00.10.08, opus"',
  srcWebm: '/a.webm',
  typeWebm: 'video/webm; codecs="vp8, opus"',
})

describe('sources', () => {
  it('tries the MP4 first, and leaves out what the browser firmly refuses', () => {
    expect(vp8.map((source) => source.url)).toEqual(['/a.mp4', '/a.webm'])
    const playable = playableSources(vp8, ({ type }) => (type.includes('vp08') ? '' : 'probably'))
    expect(playable.map((source) => source.url)).toEqual(['/a.webm'])
  })

  it('knows no source where none was given', () => {
    expect(sourcesOf({ src: null, srcWebm: '' })).toEqual([])
  })

  it('names codecs as people do', () => {
    expect(vp8.map(sourceWords)).toEqual(['VP8 and Opus in MP4', 'VP8 and Opus in WebM'])
    expect(sourceWords({ url: '', container: 'MP4', type: 'video/mp4; codecs="avc1.64001f,mp4a.40.2"' })).toBe(
      'H.264 and AAC in MP4',
    )
    expect(sourceWords({ url: '', container: 'MP4', type: 'video/mp4' })).toBe('MP4')
    expect(sourceWords({ url: '', container: 'WebM', type: 'video/webm; codecs="zzz9"' })).toBe('zzz9 in WebM')
  })
})

describe('diagnose', () => {
  const [source] = vp8 as [(typeof vp8)[0]]
  const answers = (status: number) => async () => new Response(status === 206 ? 'x' : null, { status })

  it.each([
    [404, 4, 'missing'],
    [410, 4, 'missing'],
    [403, 2, 'missing'],
    [503, 4, 'unreachable'],
    [206, 4, 'unsupported'],
    [206, 3, 'damaged'],
    [206, 2, 'unreachable'],
  ])('status %d and media error %d: %s', async (status, code, kind) => {
    expect((await diagnose(source, { code, atSeconds: 3 }, answers(status))).kind).toBe(kind)
  })

  it('calls a server that does not answer unreachable', async () => {
    const dead = async () => Promise.reject(new TypeError('Failed to fetch'))
    expect(await diagnose(source, { code: 4, atSeconds: 0 }, dead)).toEqual({ kind: 'unreachable' })
  })

  it('says what to do about each', async () => {
    expect(explainProblem({ kind: 'unsupported', what: 'VP8 in MP4' }).heading).toBe(
      'This browser can’t play VP8 in MP4',
    )
    for (const kind of ['missing', 'unreachable'] as const) expect(explainProblem({ kind }).mayRetry).toBe(true)
  })
})
