import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { esdsPayload, OBJECT_TYPE, readAacConfig, readEsds } from '../src/codec/aac.ts'
import { av1CFromTemporalUnit } from '../src/codec/av1.ts'
import { avcCFromAnnexB, avcSequenceOfConfig, readAvcSequence } from '../src/codec/avc.ts'
import { codecString } from '../src/codec/codec-string.ts'
import { dfLaFromCodecPrivate, flacStreamOfConfig } from '../src/codec/flac.ts'
import { dOpsFromOpusHead, opusPacketSamples } from '../src/codec/opus.ts'
import { readVp9KeyFrame, vp9Level, vpcCFromKeyFrame } from '../src/codec/vp9.ts'
import type { Track } from '../src/track.ts'
import { ffmpeg, openFolder, readAll } from './mp4-bodies.ts'

const folder = openFolder()
afterAll(() => folder.remove())

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc2=size=202x116:rate=25', '-t', '0.4']
const TONE = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', '0.4']

/** The one track that ffmpeg makes with these arguments, and its first sample. */
function made(
  name: string,
  ...args: string[]
): { track: Track; first: Uint8Array; sizes: number[]; bytes: Uint8Array } {
  const path = folder.path(`${name}.mp4`)
  ffmpeg(...args, path)
  const bytes = new Uint8Array(readFileSync(path))
  const { tracks, samples } = readAll(bytes)
  const { offset, size } = samples[0]!
  return {
    track: tracks[0]!,
    first: bytes.slice(offset, offset + size),
    sizes: samples.map((each) => each.size),
    bytes,
  }
}

describe('VP9', () => {
  const encode = '-c:v libvpx-vp9 -deadline realtime -cpu-used 8'.split(' ')

  it.each([
    ['8 bits 4:2:0', 'yuv420p', 0, 8],
    ['8 bits 4:4:4', 'yuv444p', 1, 8],
    ['8 bits 4:2:2', 'yuv422p', 1, 8],
  ] as const)('vpcC of %s says what ffmpeg says', (name, format, profile, depth) => {
    const { track, first } = made(`vp9 ${name.replaceAll(':', '')}`, ...PICTURE, '-pix_fmt', format, ...encode)
    const config = vpcCFromKeyFrame(first)!
    const theirs = track.config!
    expect(config.length).toBe(theirs.length)
    expect([config[4], config[6]! >> 4]).toEqual([profile, depth])
    expect(readVp9KeyFrame(first)).toMatchObject({ profile, bitDepth: depth, width: 202, height: 116 })
    // Chroma: ffmpeg tells the two kinds of 4:2:0 apart by the encoder's word; 4:2:2 and 4:4:4 must be equal.
    if (format !== 'yuv420p') expect((config[6]! >> 1) & 7).toBe((theirs[6]! >> 1) & 7)
    expect(config[5]).toBe(10)
  })

  it('reads the colour space: 3 is SMPTE 170M', () => {
    const { first } = made('vp9 colour', ...PICTURE, '-pix_fmt', 'yuv420p', ...encode, '-colorspace', 'smpte170m')
    expect([...vpcCFromKeyFrame(first)!.subarray(7, 10)]).toEqual([6, 6, 6])
  })

  it('has no configuration from what is no key frame', () => {
    const { bytes, sizes, first } = made('vp9 inter', ...PICTURE, ...encode)
    const second = readAll(bytes).samples[1]!
    expect(vpcCFromKeyFrame(bytes.subarray(second.offset, second.offset + second.size))).toBeNull()
    for (let cut = 0; cut < 9; cut++) expect(vpcCFromKeyFrame(first.subarray(0, cut))).toBeNull()
    expect(sizes.length).toBe(10)
  })

  it('chooses the level by size and rate', () => {
    expect([
      vp9Level(640, 480, 30),
      vp9Level(1280, 720, 30),
      vp9Level(1920, 1080, 60),
      vp9Level(3840, 2160, 30),
    ]).toEqual([30, 31, 41, 50])
  })
})

describe('AV1', () => {
  it.each(['libaom-av1 -cpu-used 8 -usage realtime', 'librav1e -speed 10'])(
    'av1C by %s is what ffmpeg writes',
    (encoder) => {
      const { track, first } = made(
        `av1 ${encoder.split(' ')[0]}`,
        ...PICTURE,
        ...'-pix_fmt yuv420p -c:v'.split(' '),
        ...encoder.split(' '),
      )
      expect(av1CFromTemporalUnit(first, null)).toEqual(track.config)
      expect(av1CFromTemporalUnit(first, track.config!.slice(0, 4))).toEqual(track.config)
      expect(av1CFromTemporalUnit(first, track.config)).toEqual(track.config)
      expect(av1CFromTemporalUnit(first.subarray(0, 5), null)).toBeNull()
      // With a temporal delimiter in front, as in WebM of some writers.
      expect(av1CFromTemporalUnit(Uint8Array.from([0x12, 0, ...first]), null)).toEqual(track.config)
    },
  )

  it('an av1C of 4 bytes gets the sequence header from the first sample', () => {
    const { track, bytes } = made(
      'av1 short',
      ...PICTURE,
      ...'-c:v libaom-av1 -cpu-used 8 -movflags +faststart'.split(' '),
    )
    const at = Buffer.from(bytes).indexOf('av1C') - 4
    const rest = new DataView(bytes.buffer).getUint32(at) - 12
    expect(rest).toBeGreaterThanOrEqual(8)
    // The same box cut in two: 12 bytes, and `free` for what is left.
    const view = new DataView(bytes.buffer)
    view.setUint32(at, 12)
    view.setUint32(at + 12, rest)
    bytes.set(new TextEncoder().encode('free'), at + 16)
    const configs = readAll(bytes).tracks.map(({ config }) => config)
    expect(configs).toEqual([track.config!.slice(0, 4), track.config])
  })
})

describe('AVC', () => {
  it.each([
    ['baseline', '-profile:v baseline -pix_fmt yuv420p'],
    ['high', '-profile:v high -pix_fmt yuv420p -aspect 16:9'],
    ['high 4:4:4', '-profile:v high444 -pix_fmt yuv444p'],
    ['interlaced', '-pix_fmt yuv420p -flags +ildct+ilme'],
  ])('avcC of %s from Annex B is what ffmpeg writes', (name, args) => {
    const file = name.replaceAll(':', '')
    const { track } = made(`avc ${file}`, ...PICTURE, '-c:v', 'libx264', '-preset', 'ultrafast', ...args.split(' '))
    const path = folder.path(`${file}.h264`)
    ffmpeg('-i', folder.path(`avc ${file}.mp4`), '-c', 'copy', '-bsf:v', 'h264_mp4toannexb', path)
    const stream = new Uint8Array(readFileSync(path))
    const ours = avcCFromAnnexB(stream)!
    expect(ours.subarray(0, track.config!.length)).toEqual(track.config!.subarray(0, ours.length))
    const sequence = avcSequenceOfConfig(ours)!
    expect([sequence.width, sequence.height]).toEqual([track.video!.width, track.video!.height])
    expect(sequence.chromaFormat).toBe(name === 'high 4:4:4' ? 3 : 1)
  })

  it('has none from an access unit without parameter sets, or with a cut one', () => {
    expect(avcCFromAnnexB(Uint8Array.of(0, 0, 0, 1, 0x65, 1, 2, 3))).toBeNull()
    expect(avcCFromAnnexB(Uint8Array.of(0, 0, 1, 0x67, 66, 0, 30, 0xff, 0, 0, 1, 0x68, 1))).toBeNull()
    expect(() => readAvcSequence(Uint8Array.of(0x67, 100, 0, 30))).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    )
  })
})

describe('Opus', () => {
  it.each([
    [0, 480],
    [1, 960],
    [3, 2880],
    [12, 480],
    [13, 960],
    [15, 960],
    [16, 120],
    [19, 960],
    [31, 960],
  ])('configuration %i is of %i samples (RFC 6716 table 2)', (config, samples) => {
    expect(opusPacketSamples(Uint8Array.of(config << 3))).toBe(samples)
    expect(opusPacketSamples(Uint8Array.of((config << 3) | 1))).toBe(samples * 2)
    expect(opusPacketSamples(Uint8Array.of((config << 3) | 2))).toBe(samples * 2)
    expect(opusPacketSamples(Uint8Array.of((config << 3) | 3, 2))).toBe(samples * 2)
  })

  it('a packet of over 120 ms, or none, has no length', () => {
    expect(opusPacketSamples(Uint8Array.of((3 << 3) | 3, 3))).toBe(0)
    expect(opusPacketSamples(new Uint8Array(0))).toBe(0)
  })

  it.each(['2.5', '5', '10', '20', '40', '60'])('packets of %s ms by libopus', (milliseconds) => {
    const { first } = made(
      `opus ${milliseconds}`,
      ...TONE,
      ...`-c:a libopus -frame_duration ${milliseconds}`.split(' '),
    )
    expect(opusPacketSamples(first)).toBe(Number(milliseconds) * 48)
  })

  it.each([1, 2, 6])('dOps from the OpusHead of %i channels is what ffmpeg writes', (channels) => {
    const { track } = made(`opus ${channels}`, ...TONE, '-ac', String(channels), '-c:a', 'libopus')
    const path = folder.path('head.opus')
    ffmpeg('-i', folder.path(`opus ${channels}.mp4`), '-c', 'copy', path)
    const ogg = readFileSync(path)
    const at = ogg.indexOf('OpusHead')
    const head = new Uint8Array(ogg.subarray(at, at + 19 + (channels > 2 ? 2 + channels : 0)))
    const preSkip = (track.config![2]! << 8) | track.config![3]!
    expect(dOpsFromOpusHead(head, preSkip)).toEqual(track.config)
    expect([...dOpsFromOpusHead(head, 0).subarray(2, 4)]).toEqual([0, 0])
    expect(() => dOpsFromOpusHead(head.subarray(0, 18), 0)).toThrow(expect.objectContaining({ code: 'malformed' }))
  })
})

describe('AAC and FLAC', () => {
  it.each([8000, 22050, 44100, 48000, 96000])('esds at %i Hz survives its way out and back', (rate) => {
    const { track } = made(`aac ${rate}`, ...TONE, ...`-ar ${rate} -c:a aac`.split(' '))
    expect(readAacConfig(track.config!)).toMatchObject({
      objectType: 2,
      sampleRate: rate,
      channels: 1,
      frameSamples: 1024,
    })
    expect(readEsds(esdsPayload(OBJECT_TYPE.aac, track.config))).toEqual({ objectType: 0x40, config: track.config })
    expect(codecString(track)).toBe('mp4a.40.2')
  })

  it('dfLa from what Matroska has is what ffmpeg writes', () => {
    const { track } = made('flac', ...TONE, ...'-c:a flac -strict -2'.split(' '))
    const path = folder.path('flac.mkv')
    ffmpeg('-i', folder.path('flac.mp4'), '-c', 'copy', path)
    const mkv = readFileSync(path)
    const at = mkv.indexOf('fLaC')
    const ours = dfLaFromCodecPrivate(new Uint8Array(mkv.subarray(at, at + track.config!.length)))
    // Whether the block is the last (its first bit) and the digest of a file that ends are the muxer's to say.
    expect(ours.length).toBe(track.config!.length)
    expect(flacStreamOfConfig(ours)).toEqual(flacStreamOfConfig(track.config!))
    expect(flacStreamOfConfig(ours)).toMatchObject({ sampleRate: 48000, channels: 1, bitDepth: 16 })
  })
})

describe('RFC 6381 names', () => {
  it('of AVC and HEVC', () => {
    const avc = made('name avc', ...PICTURE, ...'-c:v libx264 -profile:v high -level 4.0 -pix_fmt yuv420p'.split(' '))
    expect(codecString(avc.track)).toBe('avc1.640028')
    expect(codecString({ ...avc.track, parameterSets: 'in-band' })).toBe('avc3.640028')
    const hevc = made(
      'name hevc',
      ...PICTURE,
      ...'-c:v libx265 -x265-params log-level=none -pix_fmt yuv420p -tag:v hvc1'.split(' '),
    )
    expect(codecString(hevc.track)).toMatch(/^hvc1\.1\.6\.L60\.90$/)
  })

  it('of a track whose configuration is still to come: none', () => {
    const { track } = made('name none', ...PICTURE, '-c:v', 'libx264')
    expect(codecString({ ...track, config: null })).toBeNull()
  })
})
