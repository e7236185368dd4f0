import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dashManifest } from './dash.ts'
import { mediaPlaylist, multivariantPlaylist } from './hls.ts'
import { isPlayable, type MediaPresentation, type PlaylistRepresentation } from './media-presentation.ts'
import { segmentTemplate, segmentTimeline } from './segment-address.ts'

const wallClock = Date.UTC(2026, 10, 20, 10)

function representation(
  id: string,
  changes: Partial<PlaylistRepresentation> = {},
  starts: readonly number[] = [0, 2, 4],
): PlaylistRepresentation {
  return {
    id,
    set: 'main',
    kind: 'video',
    codecs: 'avc1.64001F',
    bandwidth: 1_000_000,
    timescale: 1000,
    init: `${id}-init.mp4`,
    playlist: `${id}.m3u8`,
    segments: starts.map((start, sequence) => ({
      sequence,
      start: start * 1000,
      duration: 2000,
      wallClock: wallClock + start * 1000,
      uri: `${id}-${sequence}.m4s`,
      size: 250_000,
    })),
    ended: false,
    ...changes,
  }
}
const audio = (id: string, changes: Partial<PlaylistRepresentation> = {}): PlaylistRepresentation =>
  representation(id, { kind: 'audio', codecs: 'mp4a.40.2', bandwidth: 128_000, ...changes })
const presentation = (...representations: PlaylistRepresentation[]): MediaPresentation => ({
  title: 'Event',
  representations,
  gaps: [],
})

describe('media playlist', () => {
  it('[RFC 8216 §6.2.1] only grows: what was there stays as it was', () => {
    const whole = representation('v', { ended: true }, [0, 2, 4, 6, 20, 22])
    let before = mediaPlaylist({ ...whole, segments: whole.segments.slice(0, 1), ended: false }, [])
    for (let count = 2; count <= whole.segments.length; count++) {
      const now = mediaPlaylist({ ...whole, segments: whole.segments.slice(0, count), ended: false }, [])
      expect(now.startsWith(before)).toBe(true)
      before = now
    }
    expect(mediaPlaylist(whole, [])).toBe(`${before}#EXT-X-ENDLIST\n`)
  })

  it('[§4.3.3.1] the target duration is at least each duration, rounded', () => {
    const durations = [1.4, 2.49, 2.51, 0.3]
    for (const longest of durations) {
      const { segments } = representation('v')
      const changed = representation('v', { segments: segments.map((each) => ({ ...each, duration: longest * 1000 })) })
      const target = Number(/TARGETDURATION:(\d+)/.exec(mediaPlaylist(changed, []))![1])
      expect(target).toBe(Math.max(1, Math.round(longest)))
    }
  })

  it('[§4.3.2.3] a discontinuity stands where times jump, and nowhere else', () => {
    const lines = mediaPlaylist(representation('v', {}, [0, 2, 10, 12]), []).split('\n')
    expect(lines.filter((line) => line === '#EXT-X-DISCONTINUITY')).toHaveLength(1)
    const at = lines.indexOf('#EXT-X-DISCONTINUITY')
    expect(lines.slice(at + 1, at + 4)).toEqual([
      `#EXT-X-PROGRAM-DATE-TIME:${new Date(wallClock + 10_000).toISOString()}`,
      '#EXTINF:2.000000,',
      'v-2.m4s',
    ])
  })

  it('a short gap breaks sound and picture at the same place, though only one of them jumps', () => {
    const gaps = [{ set: 'main', from: wallClock + 4000, to: wallClock + 4200 }]
    const broken = (text: string): number[] =>
      text
        .split('#EXTINF')
        .slice(1)
        .flatMap((part, index) => (part.includes('DISCONTINUITY') ? [index + 1] : []))
    expect(broken(mediaPlaylist(representation('v', {}, [0, 2, 4.2, 6.2]), gaps))).toEqual([2])
    expect(broken(mediaPlaylist(representation('a', { kind: 'audio' }, [0, 2, 4, 6]), gaps))).toEqual([2])
    expect(broken(mediaPlaylist(representation('s', { set: 'slides' }), gaps))).toEqual([])
  })
})

describe('multivariant playlist', () => {
  it('pairs the best picture with the best sound, and offers other sets as alternatives', () => {
    const text = multivariantPlaylist(
      presentation(
        representation('low', { bandwidth: 500_000, width: 640, height: 360, frameRate: 29.97 }),
        representation('high', { bandwidth: 3_000_000, width: 1920, height: 1080, frameRate: 29.97 }),
        audio('poor', { bandwidth: 64_000 }),
        audio('rich', { bandwidth: 192_000, channels: 2 }),
        audio('desk', { set: 'desk' }),
      ),
    )
    const lines = text.split('\n')
    const stream = (uri: string): string => lines[lines.indexOf(uri) - 1]!
    expect(stream('high.m3u8')).toContain('AUDIO="rich"')
    expect(stream('low.m3u8')).toContain('AUDIO="poor"')
    expect(stream('high.m3u8')).toContain('RESOLUTION=1920x1080,FRAME-RATE=29.970')
    const media = lines.filter((line) => line.startsWith('#EXT-X-MEDIA:'))
    expect(media.filter((line) => line.includes('DEFAULT=YES'))).toHaveLength(2)
    expect(media.filter((line) => line.includes('NAME="desk"') && line.includes('DEFAULT=NO'))).toHaveLength(2)
  })

  it('[§4.3.4.2] BANDWIDTH is no less than any segment needs, sound included', () => {
    const { segments } = representation('v')
    const peak = segments.map((each, index) => (index === 1 ? { ...each, size: 1_000_000 } : each))
    const text = multivariantPlaylist(presentation(representation('v', { segments: peak }), audio('a')))
    // 1 MB in 2 s and 250 kB in 2 s.
    expect(text).toContain(':BANDWIDTH=5000000,')
  })

  it('an event of sound alone has variants of sound', () => {
    const text = multivariantPlaylist(presentation(audio('a')))
    expect(text).toContain('#EXT-X-STREAM-INF')
    expect(text).not.toContain('#EXT-X-MEDIA')
  })

  it('is playable once each kind of the default set has begun', () => {
    const none = { segments: [] }
    expect(isPlayable(presentation(representation('v'), audio('a', none)))).toBe(false)
    expect(isPlayable(presentation(representation('v'), audio('a'), audio('d', { set: 'desk', ...none })))).toBe(true)
    expect(isPlayable(presentation())).toBe(false)
  })
})

describe('DASH', () => {
  it('[§5.3.9.6] the timeline gives back every start, and has no hole', () => {
    const runs = fc.array(fc.record({ gap: fc.constantFrom(0, 0, 0, 500), duration: fc.constantFrom(2000, 1960) }))
    fc.assert(
      fc.property(runs, (made) => {
        let end = 7
        const segments = made.map(({ gap, duration }, sequence) => {
          const start = end + gap
          end = start + duration
          return { sequence, start, duration, wallClock, uri: '', size: 1 }
        })
        const back: [number, number][] = []
        let at = 0
        for (const { start, duration, repeats } of segmentTimeline(segments)) {
          at = start
          for (let count = 0; count <= repeats; count++, at += duration) back.push([at, duration])
        }
        const next = (index: number) => segments[index + 1]?.start ?? end
        expect(back).toEqual(segments.map(({ start }, index) => [start, next(index) - start]))
      }),
    )
  })

  it('[§5.3.9.4.4] a template stands for exactly the names that are there, or is none', () => {
    const name = fc
      .array(fc.constantFrom('a', '-', '$', '0', '1', '7'), { maxLength: 6 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(name, name, fc.nat(3), fc.nat(120), (before, after, width, first) => {
        const segments = [0, 1, 2].map((index) => {
          const sequence = first + index
          const uri = `${before}${String(sequence).padStart(width, '0')}${after}`
          return { sequence, start: 0, duration: 1, wallClock, uri, size: 1 }
        })
        const template = segmentTemplate(representation('v', { segments }))
        if (template === null) return
        const filled = (sequence: number): string =>
          template.replaceAll(/\$\$|\$Number%0(\d+)d\$/g, (all, digits) =>
            all === '$$' ? '$' : String(sequence).padStart(Number(digits), '0'),
          )
        expect(segments.map(({ sequence }) => filled(sequence))).toEqual(segments.map(({ uri }) => uri))
      }),
    )
    expect(segmentTemplate(representation('v'))).toBe('v-$Number%01d$.m4s')
  })

  it('a live one says when it began; a finished one how long it is', () => {
    const live = dashManifest(presentation(representation('v', {}, [100, 102])), wallClock + 200_000, 'm.mpd')
    expect(live).toContain('type="dynamic"')
    expect(live).toContain(`availabilityStartTime="${new Date(wallClock + 100_000).toISOString()}"`)
    expect(live).toContain('presentationTimeOffset="100000"')
    expect(live).toContain('<UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-head:2014" value="m.mpd"/>')
    const over = dashManifest(presentation(representation('v', { ended: true }, [100, 102])), wallClock, 'm.mpd')
    expect(over).toContain('type="static"')
    expect(over).toContain('mediaPresentationDuration="PT4S"')
    expect(over).not.toMatch(/availabilityStartTime|UTCTiming/)
  })

  it('one adaptation set for each set, kind and codec family', () => {
    const text = dashManifest(
      presentation(
        representation('a'),
        representation('b'),
        representation('c', { codecs: 'hvc1.1.6.L93.B0' }),
        representation('d', { set: 'slides' }),
        audio('e'),
      ),
      0,
      'm.mpd',
    )
    expect(text.match(/<AdaptationSet /g)).toHaveLength(4)
    expect(text.match(/value="main"/g)).toHaveLength(3)
  })

  it.each([
    [25, '25'],
    [29.97, '30000/1001'],
    [23.976, '24000/1001'],
    [59.94, '60000/1001'],
    [12.5, '12500/1000'],
  ])('a rate of %d is %s', (frameRate, text) => {
    expect(dashManifest(presentation(representation('v', { frameRate })), 0, 'm.mpd')).toContain(`frameRate="${text}"`)
  })
})

describe('whatever names there are', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('"', '\n#EXT-X-ENDLIST', ']]>', '<!--', '&#0;', "'><S/>", '#x', '\ud800', '\u0000'),
  )

  it('no line, attribute or element is added by them', () => {
    const shape = (text: string): string => text.replaceAll(/="[^"]*"/g, '').replaceAll(/^(?!#).*$/gm, '')
    fc.assert(
      fc.property(hostile, (text) => {
        const names = { id: text, set: text, init: text, playlist: text }
        const { segments } = representation('v')
        const made = { ...names, segments: segments.map((each) => ({ ...each, uri: `${text}x` })) }
        const plain = { id: 'v', set: 'main', init: 'i', playlist: 'p' }
        const [evil, good] = [representation('v', made), representation('v', plain)]
        expect(mediaPlaylist(evil, []).split('\n').length).toBe(mediaPlaylist(good, []).split('\n').length)
        expect(shape(mediaPlaylist(evil, []))).toBe(shape(mediaPlaylist(good, [])))
        expect(shape(multivariantPlaylist(presentation(evil)))).toBe(shape(multivariantPlaylist(presentation(good))))
        const xml = dashManifest({ ...presentation(evil), title: text }, 0, 'm.mpd')
        // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 §2.2 has none of them
        expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]|[\ud800-\udfff](?![\udc00-\udfff])/u)
        expect(xml.replaceAll(/="[^"<]*"/g, '').match(/<[A-Z]\w*/g)).toEqual(
          dashManifest(presentation({ ...good, segments: made.segments }), 0, 'm.mpd')
            .replaceAll(/="[^"<]*"/g, '')
            .match(/<[A-Z]\w*/g),
        )
      }),
    )
  })
})
