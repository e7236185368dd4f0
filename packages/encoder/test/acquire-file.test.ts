import { writeFileSync } from 'node:fs'
import { readFragment, readInit } from '@rushes/media'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AcquiredEvent, digests, makeMedia, openTestFolder, packets } from './acquired-event.ts'

const folder = openTestFolder()
let whole = ''
beforeAll(async () => {
  const inputs = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30', '-f', 'lavfi', '-i', 'sine=sample_rate=48000']
  const codecs = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '30', '-c:a', 'aac', '-shortest']
  whole = await makeMedia(folder.path('whole.mkv'), [...inputs, '-t', '5.5', ...codecs])
})
afterAll(() => folder.remove())

describe('a file as it is (copy)', () => {
  it('comes out whole: each packet once, in its order', async () => {
    const event = new AcquiredEvent([whole], { videoCodec: 'copy', audioCodec: 'copy' })
    await event.acquisition.done
    for (const [id, stream] of [
      ['main-v1', 'v'],
      ['main-a1', 'a'],
    ] as const) {
      const path = folder.path(`${id}.mp4`)
      writeFileSync(path, event.bytes(id))
      expect(await digests(path, stream, 'frames')).toEqual(await digests(whole, stream, 'frames'))
    }
    expect(event.representation('main-v1').representation).toMatchObject({ frameRate: 30, width: 320, height: 180 })
    expect(event.of('gap')).toEqual([])
    expect(event.of('source').at(-1)!.state).toBe('ended')
  })

  it('is copied out of a transport stream, whose AAC has to be unwrapped, and out of one of MP3, which has not', async () => {
    for (const [name, codec] of [
      ['aac.ts', 'copy'],
      ['mp3.ts', 'libmp3lame'],
    ] as const) {
      const path = await makeMedia(folder.path(name), ['-i', whole, '-c:v', 'copy', '-c:a', codec])
      const event = new AcquiredEvent([path], { videoCodec: 'copy', audioCodec: 'copy' })
      await event.acquisition.done
      const copied = folder.path(`${name}.mp4`)
      writeFileSync(copied, event.bytes('main-a1'))
      expect((await digests(copied, 'a', 'packets')).length).toBe((await digests(path, 'a', 'packets')).length)
      writeFileSync(copied, event.bytes('main-v1'))
      expect(await digests(copied, 'v', 'frames')).toEqual(await digests(path, 'v', 'frames'))
    }
  })

  it('is refused with words when its codec is none that is delivered', async () => {
    const raw = await makeMedia(folder.path('mpeg2.ts'), ['-i', whole, '-c:v', 'mpeg2video', '-an', '-t', '1'])
    const event = new AcquiredEvent([raw], { videoCodec: 'copy', audioCodec: 'none' })
    await expect(event.acquisition.done).rejects.toMatchObject({ code: 'copy-unfit' })
  })
})

describe('a file that is encoded', () => {
  it('gives every picture once; segments begin with a key frame and last a second, give or take a frame', async () => {
    const event = new AcquiredEvent([whole])
    await event.acquisition.done
    const direct = await makeMedia(folder.path('direct.mp4'), ['-i', whole, '-c:v', 'copy', '-an'])
    const { init } = event.representation('main-v1')
    const found = await packets(event.bytes('main-v1'), folder.path('encoded.mp4'))
    const wanted = (await digests(direct, 'v', 'packets')).length
    expect(found.length).toBe(wanted)
    const header = readInit(init)
    for (const id of ['main-v1', 'main-a1']) {
      const { timescale, sampleRate } = event.representation(id).representation
      const frame = sampleRate === undefined ? timescale / 30 : 1024
      const segments = event.segments(id)
      expect(segments.length).toBeGreaterThanOrEqual(6)
      for (const [index, { start, duration, sequence, bytes }] of segments.entries()) {
        expect(sequence).toBe(index)
        const summary = readFragment(bytes, sampleRate === undefined ? header : readInit(event.representation(id).init))
        expect(summary).toMatchObject([{ start, duration, startsWithSync: true }])
        expect(start).toBe(index === 0 ? start : segments[index - 1]!.start + segments[index - 1]!.duration)
        // The first of the sound has the frame in it that the encoder puts in front.
        const most = index === 0 ? 2 * frame : frame
        if (index < segments.length - 1) expect(Math.abs(duration - timescale)).toBeLessThanOrEqual(most)
      }
    }
  })

  it('keeps picture and sound together: their times differ by no more than the source has them', async () => {
    const event = new AcquiredEvent(['test:?size=320x180'], { durationMs: 1000 })
    await event.acquisition.done
    const startOf = (id: string): number =>
      event.segments(id)[0]!.start / event.representation(id).representation.timescale
    // The AAC encoder begins 1024 samples before the first sound.
    expect(startOf('main-v1') - startOf('main-a1')).toBeCloseTo(1024 / 48000, 3)
  })

  it('makes several renditions and tracks of different numbers, and both Opus and one without sound', async () => {
    const renditions = [
      { width: 320, height: 180, bitrate: 300_000 },
      { width: 160, height: 120, frameRate: 15, bitrate: 100_000 },
    ]
    const event = new AcquiredEvent([whole], { renditions, audioCodec: 'opus', durationMs: 2000 })
    await event.acquisition.done
    const inits = event.of('representation').map(({ init }) => readInit(init).tracks[0]!)
    expect(inits.map(({ trackId }) => trackId).toSorted()).toEqual([1, 2, 3])
    expect(event.representation('main-v2').representation).toMatchObject({ width: 160, height: 120, frameRate: 15 })
    expect(event.representation('main-a1').representation.codecs).toBe('opus')
    const silent = await makeMedia(folder.path('silent.mp4'), ['-i', whole, '-an', '-c:v', 'copy'])
    const second = new AcquiredEvent([`slides=${silent}`], { durationMs: 2000 })
    await second.acquisition.done
    expect(second.of('representation').map(({ representation }) => representation.id)).toEqual(['slides-v1'])
    expect((await packets(second.bytes('slides-v1'), folder.path('limited.mp4'))).length).toBe(60)
  })

  it('makes HEVC and AV1 where this ffmpeg has their encoders', { timeout: 120_000 }, async () => {
    for (const [videoCodec, name] of [
      ['hevc', /^hvc1\./],
      ['av1', /^av01\./],
    ] as const) {
      const event = new AcquiredEvent([whole], { videoCodec, audioCodec: 'none' })
      await event.acquisition.done
      expect(event.representation('main-v1').representation.codecs).toMatch(name)
      expect(event.segments('main-v1').length).toBe(6)
      const path = folder.path(`${videoCodec}.mp4`)
      writeFileSync(path, event.bytes('main-v1'))
      // For AV1 the rate is made even, which may repeat a first picture that begins behind the sound.
      const pictures = (await digests(path, 'v', 'frames')).length
      expect(pictures === 165 || (videoCodec === 'av1' && pictures === 166)).toBe(true)
    }
  })
})
