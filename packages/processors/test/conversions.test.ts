import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { madeByFfmpeg } from '../../media/test/made-media.ts'
import { parseXml } from '../src/captions/xml-tree.ts'
import { ConversionError, moduleProcessor, type Processor, standardProcessors } from '../src/index.ts'
import { convert, ffmpeg, loudness, packetTimes, pixelsOf, samplesOf } from './conversion.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushes-conversions-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let written = 0
const write = (bytes: Uint8Array | string, extension = 'bin'): string => {
  const path = join(folder, `file-${written++}.${extension}`)
  writeFileSync(path, bytes)
  return path
}

const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=3']
/** A tone that is twice as loud in its second half. */
const tone = ['-f', 'lavfi', '-i', "aevalsrc='(0.25+0.25*gte(t,1.5))*sin(2*PI*440*t)':d=3:s=48000"]
let mp4: string
let webm: string
let wav: string

beforeAll(async () => {
  ;[mp4, webm, wav] = await Promise.all([
    madeByFfmpeg('mp4', [...picture, ...tone, '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', '-shortest']),
    madeByFfmpeg('webm', [
      ...picture,
      ...tone,
      '-c:v',
      'libvpx',
      '-deadline',
      'realtime',
      '-c:a',
      'libopus',
      '-shortest',
    ]),
    madeByFfmpeg('wav', tone),
  ])
})

describe('a sound', () => {
  it.each([
    ['video/mp4', 'audio/mpeg'],
    ['video/webm', 'audio/mp4'],
    ['audio/wav', 'audio/ogg'],
    ['video/mp4', 'audio/flac'],
    ['video/webm', 'audio/wav'],
    ['audio/wav', 'audio/mpeg'],
  ])('of %s is as long and as loud as %s', async (contentType, to) => {
    const path = { 'video/mp4': mp4, 'video/webm': webm, 'audio/wav': wav }[contentType]!
    const made = await convert(to, [[contentType, path]])
    expect(made).toMatchObject({ contentType: to, by: 'ffmpeg-audio', length: made.bytes.length })
    const [before, after] = [await samplesOf(path), await samplesOf(write(made.bytes))]
    expect(Math.abs(after.length - before.length) / 48).toBeLessThanOrEqual(50)
    for (const [from, until] of [
      [0.2, 1.4],
      [1.6, 2.8],
    ] as const) {
      const part = (samples: Float32Array): number => loudness(samples.subarray(from * 48_000, until * 48_000))
      expect(part(after) / part(before)).toBeGreaterThan(0.95)
      expect(part(after) / part(before)).toBeLessThan(1.05)
    }
  })

  it('is taken out of a video as it is where that is possible, unless another rate is asked for', async () => {
    const packets = (path: string): Promise<Buffer> => ffmpeg('-i', path, '-map', '0:a', '-c', 'copy', '-f', 'md5', '-')
    const copied = write((await convert('audio/mp4', [['video/mp4', mp4]])).bytes)
    expect(await packets(copied)).toEqual(await packets(mp4))
    const small = await convert('audio/mp4', [['video/mp4', mp4]], { parameters: { bitRate: 24_000 } })
    expect(await packets(write(small.bytes))).not.toEqual(await packets(mp4))
    expect(small.length).toBeLessThan(readFileSync(copied).length / 1.5)
  })

  it('that begins later than its picture begins later by itself too', async () => {
    const late = await madeByFfmpeg('mkv', [
      ...picture,
      '-itsoffset',
      '1',
      ...tone,
      '-c:v',
      'mjpeg',
      '-c:a',
      'pcm_s16le',
    ])
    const samples = await samplesOf(write((await convert('audio/wav', [['video/x-matroska', late]])).bytes))
    expect(loudness(samples.subarray(0, 0.95 * 48_000))).toBe(0)
    expect(loudness(samples.subarray(1.05 * 48_000, 2 * 48_000))).toBeGreaterThan(0.1)
    expect(samples.length / 48_000).toBeCloseTo(4, 1)
  })

  it('is the same bytes whenever it is made', async () => {
    const digests = await Promise.all([1, 2].map(async () => (await convert('audio/ogg', [['audio/wav', wav]])).digest))
    expect(digests[0]).toBe(digests[1])
  })
})

describe('a waveform', () => {
  const WAVEFORM = 'application/json; profile="waveform"'

  it('has the peaks of a known signal, whichever way it is made', async () => {
    const steps = await madeByFfmpeg('wav', [
      '-f',
      'lavfi',
      '-i',
      "aevalsrc='0.1*(1+floor(t))*(1-2*mod(floor(t*1000),2))':d=5:s=16000",
    ])
    const made = await convert(WAVEFORM, [['audio/wav', steps]], { parameters: { samplesPerPixel: 160 } })
    const waveform = JSON.parse(made.bytes.toString())
    expect(waveform).toMatchObject({
      version: 2,
      channels: 1,
      sample_rate: 16_000,
      samples_per_pixel: 160,
      bits: 8,
      length: 500,
    })
    for (let pair = 0; pair < 500; pair++) {
      const peak = 0.1 * (1 + Math.floor(pair / 100)) * 128
      expect(Math.abs(waveform.data[pair * 2] + peak)).toBeLessThanOrEqual(1)
      expect(Math.abs(waveform.data[pair * 2 + 1] - peak)).toBeLessThanOrEqual(1)
    }
    const byProgram = await convert(WAVEFORM, [['audio/wav', steps]], {
      processors: standardProcessors.filter(({ name }) => name !== 'wav-peaks'),
      parameters: { samplesPerPixel: 160 },
    })
    expect([made.by, byProgram.by]).toEqual(['wav-peaks', 'ffmpeg-peaks'])
    expect(JSON.parse(byProgram.bytes.toString())).toEqual(waveform)
  })

  it('of a variety of WAV that the module does not know is made by the program', async () => {
    const adpcm = await madeByFfmpeg('wav', [...tone, '-c:a', 'pcm_mulaw'])
    expect((await convert(WAVEFORM, [['audio/wav', adpcm]])).by).toBe('ffmpeg-peaks')
  })

  it('of a video is a picture that is high where it is loud', async () => {
    const png = write(
      (await convert('image/png;profile=waveform', [['video/mp4', mp4]], { parameters: { width: 300, height: 64 } }))
        .bytes,
    )
    // Of what is opaque.
    const opacity = await ffmpeg(
      '-i',
      png,
      '-vf',
      'format=rgba,alphaextract',
      '-f',
      'rawvideo',
      '-pix_fmt',
      'gray',
      '-',
    )
    const heightAt = (x: number): number =>
      Array.from({ length: 64 }, (_, y) => opacity[y * 300 + x]!).filter((each) => each > 0).length
    expect(heightAt(75)).toBeGreaterThanOrEqual(14)
    expect(heightAt(75)).toBeLessThanOrEqual(19)
    expect(heightAt(225)).toBeGreaterThanOrEqual(30)
    expect(heightAt(225)).toBeLessThanOrEqual(36)
    const svg = await convert('image/svg+xml;profile=waveform', [['audio/wav', wav]])
    expect(svg.by).toBe('wav-peaks → waveform-picture')
    expect(parseXml(svg.bytes.toString())).toMatchObject({ uri: 'http://www.w3.org/2000/svg', name: 'svg' })
  })
})

describe('a picture', () => {
  it('of a video is its frame at a time, in a size', async () => {
    const made = await convert('image/png', [['video/mp4', mp4]], { parameters: { atMs: 2000, width: 160 } })
    const ours = await pixelsOf(write(made.bytes), 160, 90)
    const theirs = await pixelsOf(
      write(
        await ffmpeg(
          '-ss',
          '2',
          '-i',
          mp4,
          '-frames:v',
          '1',
          '-vf',
          'scale=160:90',
          '-c:v',
          'png',
          '-f',
          'image2pipe',
          '-',
        ),
      ),
      160,
      90,
    )
    for (let at = 0; at < 90; at += 7) {
      for (const [index, value] of ours(at, at).entries())
        expect(Math.abs(value - theirs(at, at)[index]!)).toBeLessThan(24)
    }
    await expect(convert('image/png', [['video/mp4', mp4]], { parameters: { atMs: 9000 } })).rejects.toMatchObject({
      code: 'parameters-refused',
    })
  })

  it.each(['image/png', 'image/jpeg', 'image/webp'])(
    'is made smaller in proportion, and never larger, as %s',
    async (to) => {
      const source = await madeByFfmpeg('png', ['-f', 'lavfi', '-i', 'color=c=green:s=400x100', '-frames:v', '1'])
      for (const [parameters, width, height] of [
        [{ width: 200, height: 200 }, 200, 50],
        [{ height: 50 }, 200, 50],
        [{ width: 4000, height: 4000 }, 400, 100],
      ] as const) {
        const colour = (
          await pixelsOf(write((await convert(to, [['image/png', source]], { parameters })).bytes), width, height)
        )(10, 10)
        expect(colour[1]! - Math.max(colour[0]!, colour[2]!)).toBeGreaterThan(100)
      }
    },
  )

  it('stands upright as the camera was held, and what is transparent becomes white', async () => {
    const jpeg = readFileSync(
      await madeByFfmpeg('jpg', [
        '-f',
        'lavfi',
        '-i',
        'color=c=red:s=32x32',
        '-f',
        'lavfi',
        '-i',
        'color=c=blue:s=32x32',
        '-filter_complex',
        'hstack',
        '-frames:v',
        '1',
      ]),
    )
    // Exif with one entry, big-endian: tag 274, SHORT, 1 value, 6: turned clockwise when shown.
    const exif = Buffer.from(
      'ffe10022457869660000 4d4d002a00000008 0001 0112 0003 00000001 0006 0000 00000000'.replaceAll(' ', ''),
      'hex',
    )
    const turned = Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)])
    const upright = await pixelsOf(write((await convert('image/png', [['image/jpeg', write(turned)]])).bytes), 32, 64)
    expect(upright(16, 8)[0]).toBeGreaterThan(200)
    expect(upright(16, 56)[2]).toBeGreaterThan(200)
    const clear = await madeByFfmpeg('png', [
      '-f',
      'lavfi',
      '-i',
      'color=c=red@0.0:s=16x16,format=rgba',
      '-frames:v',
      '1',
    ])
    const white = await pixelsOf(write((await convert('image/jpeg', [['image/png', clear]])).bytes), 16, 16)
    for (const part of white(8, 8)) expect(part).toBeGreaterThan(250)
  })
})

it('slides and a sound become a video that shows each slide from its time on', async () => {
  const slide = (colour: string, size: string, extension: string): Promise<string> =>
    madeByFfmpeg(extension, ['-f', 'lavfi', '-i', `color=c=${colour}:s=${size}`, '-frames:v', '1'])
  const sources = [
    ['image/png', await slide('blue', '200x200', 'png'), 11_700],
    ['image/jpeg', await slide('red', '320x180', 'jpg'), 10_517],
    ['audio/wav', wav, 10_000],
  ] as const
  const made = await convert('video/mp4', sources, { parameters: { width: 320, height: 180 } })
  expect(made.by).toBe('ffmpeg-image → ffmpeg-slideshow')
  const video = write(made.bytes)
  const oneEach = ['-vf', 'scale=1:1', '-f', 'rawvideo', '-pix_fmt', 'rgb24']
  const colours = await ffmpeg('-i', video, '-vsync', 'passthrough', ...oneEach, '-')
  const frames = (await packetTimes(video)).map((seconds, index) => {
    const [red, , blue] = colours.subarray(index * 3, index * 3 + 3)
    return { ms: Math.round(seconds * 1000), colour: red! > 100 ? 'red' : blue! > 100 ? 'blue' : 'nothing' }
  })
  const changes = frames.filter(({ colour }, index) => colour !== frames[index - 1]?.colour)
  expect(changes).toEqual([
    { ms: 0, colour: 'nothing' },
    { ms: 517, colour: 'red' },
    { ms: 1700, colour: 'blue' },
  ])
  expect(frames.at(-1)!.ms).toBeGreaterThan(2900)
  const [before, after] = [await samplesOf(wav), await samplesOf(video)]
  expect(Math.abs(after.length - before.length) / 48).toBeLessThanOrEqual(50)
  expect(loudness(after) / loudness(before)).toBeCloseTo(1, 1)
  await expect(
    convert(
      'video/mp4',
      sources.map(([type, path]) => [type, path]),
    ),
  ).rejects.toThrow('a slide has no time')
})

it('captions go through the formats that lie between', async () => {
  const ttml =
    '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" end="2s">Hello &lt;all&gt;</p></div></body></tt>'
  const made = await convert('text/plain', [['application/ttml+xml', write(ttml)]])
  expect(made).toMatchObject({ by: 'captions → captions', contentType: 'text/plain' })
  expect(made.bytes.toString()).toBe('Hello <all>\n')
})

describe('a converter', () => {
  const counted = (name: string): { processors: Processor[]; runs(): number } => {
    let runs = 0
    const processors = standardProcessors.map((each) => ({
      name: each.name,
      convert(job: Parameters<Processor['convert']>[0]) {
        if (each.name === name) runs++
        return each.convert(job)
      },
    }))
    return { processors, runs: () => runs }
  }

  it('runs the program once for 50 who ask at once, keeps the result once, and leaves nothing behind', async () => {
    const { openConverter } = await import('../src/index.ts')
    const { processors, runs } = counted('ffmpeg-audio')
    const work = mkdtempSync(join(tmpdir(), 'rushes-once-'))
    let kept = 0
    const converter = openConverter({
      processors,
      folder: work,
      keep: async ({ digest }) => ({ digest, place: kept++ }),
    })
    const source = { identity: 'a', contentType: 'audio/wav', open: () => [readFileSync(wav)] as never }
    const progress: number[] = []
    const ask = (place: string) =>
      converter.convert(
        { place, sources: [source], to: 'audio/mpeg' },
        { onProgress: (fraction) => progress.push(fraction) },
      )
    const results = await Promise.all(Array.from({ length: 50 }, () => ask('here')))
    expect([runs(), kept, new Set(results).size]).toEqual([1, 1, 1])
    expect(progress.slice(-50)).toEqual(Array(50).fill(1))
    // Elsewhere it belongs to somebody else.
    await ask('there')
    expect([runs(), kept]).toEqual([2, 2])
    await converter.close()
    expect(readdirSync(work)).toEqual([])
    rmSync(work, { recursive: true })
  })

  it('stops the program when nobody waits any more', async () => {
    const work = mkdtempSync(join(tmpdir(), 'rushes-stopped-'))
    const long = await madeByFfmpeg('flac', ['-f', 'lavfi', '-i', 'anoisesrc=d=300:a=0.1:seed=7'])
    const leave = new AbortController()
    const asked = convert('audio/mpeg', [['audio/flac', long]], {
      folder: work,
      asker: { signal: leave.signal, onProgress: () => leave.abort() },
    })
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' })
    expect(readdirSync(work)).toEqual([])
    rmSync(work, { recursive: true })
  })

  it('tries the next best processor when one fails, and tells the first failure when all do', async () => {
    const rules = ['first', 'second'].map((processor, index) => ({
      from: [{ contentType: 'text/*' }],
      to: 'x/y',
      processor,
      cost: index + 1,
    }))
    const failing = (name: string, message: string): Processor => ({
      name,
      async convert() {
        throw new ConversionError('failed', message)
      },
    })
    const copying = write('export const convertBytes = (bytes) => bytes', 'mjs')
    const second = moduleProcessor('second', pathToFileURL(copying))
    const source = [['text/plain', write('text')]] as const
    expect((await convert('x/y', source, { rules, processors: [failing('first', '1'), second] })).by).toBe('second')
    const all = convert('x/y', source, { rules, processors: [failing('first', '1'), failing('second', '2')] })
    await expect(all).rejects.toThrow('1')
  })

  it('says at once what can be made instead', async () => {
    await expect(convert('audio/x-unknown', [['audio/wav', wav]])).rejects.toMatchObject({
      code: 'not-possible',
      suggestions: { possible: expect.arrayContaining(['audio/mpeg']) },
    })
    await expect(convert('image/png', [['video/mp4', mp4]], { parameters: { width: 1e9 } })).rejects.toMatchObject({
      code: 'parameters-refused',
    })
  })
})
