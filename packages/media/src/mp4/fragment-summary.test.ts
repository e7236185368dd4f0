import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { madeByFfmpeg } from '../../test/made-media.ts'
import { runSeed, seededRandom } from '../../test/seeded-random.ts'
import { MediaError } from '../media-error.ts'
import { joinFragments } from './fragment-join.ts'
import { readFragment, readInit, retrackFragment, retrackInit, shiftFragment, walkSamples } from './fragment-summary.ts'

const common =
  '-f mp4 -movflags +cmaf+delay_moov+frag_every_frame+skip_trailer+frag_discont -use_editlist 0 -avoid_negative_ts disabled -output_ts_offset 1'.split(
    ' ',
  )
const picture = [
  '-f',
  'lavfi',
  '-i',
  'testsrc2=size=320x180:rate=30',
  '-t',
  '2',
  '-c:v',
  'libx264',
  '-preset',
  'veryfast',
]
const sound = ['-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-t', '2', '-c:a', 'aac', '-ac', '2']

type Parts = { init: Uint8Array; fragments: Uint8Array[] }

async function made(args: readonly string[]): Promise<Parts> {
  const path = await madeByFfmpeg('mp4', [...args, ...common, '-video_track_timescale', '90000'])
  const bytes = new Uint8Array(readFileSync(path))
  const view = new DataView(bytes.buffer)
  const starts: number[] = []
  for (let at = 0; at < bytes.length; at += view.getUint32(at)) {
    if (view.getUint32(at + 4) === 0x6d6f6f66) starts.push(at)
  }
  return {
    init: bytes.slice(0, starts[0]),
    fragments: starts.map((start, index) => bytes.slice(start, starts[index + 1] ?? bytes.length)),
  }
}

type Sample = { dts: number; pts: number; duration: number; sync: boolean; bytes: string }

function samplesOf(parts: readonly Uint8Array[], init: Uint8Array): Sample[] {
  const header = readInit(init)
  return parts.flatMap((part) =>
    Array.from(walkSamples(part, header), ([, { dts, pts, duration, sync, offset, size }]) => {
      const bytes = Buffer.from(part.subarray(offset, offset + size)).toString('base64')
      return { dts, pts, duration, sync, bytes }
    }),
  )
}

const isTypedError = (error: unknown): boolean => error instanceof MediaError

it('tells what a header and its fragments hold', async () => {
  const video = await made(picture)
  expect(readInit(video.init).tracks).toEqual([
    { trackId: 1, kind: 'video', codecs: 'avc1.64000D', timescale: 90000, width: 320, height: 180 },
  ])
  const audio = await made(sound)
  expect(readInit(audio.init).tracks).toEqual([
    { trackId: 1, kind: 'audio', codecs: 'mp4a.40.2', timescale: 48000, sampleRate: 48000, channels: 2 },
  ])
  const init = readInit(video.init)
  const summaries = video.fragments.map((fragment) => readFragment(fragment, init)[0]!)
  expect(summaries.length).toBe(60)
  for (const [index, { start, duration, samples, startsWithSync }] of summaries.entries()) {
    expect({ start, duration, samples, startsWithSync }).toEqual({
      start: summaries[0]!.start + index * 3000,
      duration: 3000,
      samples: 1,
      startsWithSync: index === 0,
    })
  }
})

it.each([
  ['picture', picture],
  ['sound', sound],
])('joins fragments to one: every sample of the %s once, as it was', async (_name, args) => {
  const { init, fragments } = await made(args)
  const joined = joinFragments(fragments, readInit(init), { trackId: 7, sequenceNumber: 3 })
  const header = init.slice()
  retrackInit(header, new Map([[1, 7]]))
  expect(readInit(header).tracks[0]!.trackId).toBe(7)
  expect(samplesOf([joined], header)).toEqual(samplesOf(fragments, init))
  const overhead =
    joined.length - samplesOf(fragments, init).reduce((sum, { bytes }) => sum + Buffer.from(bytes, 'base64').length, 0)
  expect(overhead).toBeLessThanOrEqual(120 + 12 * fragments.length)
})

it('moves times and numbers in place, or changes nothing', async () => {
  const { init, fragments } = await made(sound)
  const header = readInit(init)
  const fragment = fragments[0]!.slice()
  const [before] = readFragment(fragment, header)
  shiftFragment(fragment, new Map([[1, 2 ** 40]]))
  expect(readFragment(fragment, header)[0]).toEqual({ ...before, start: before!.start + 2 ** 40 })
  shiftFragment(fragment, new Map([[1, -(2 ** 40)]]))
  expect(fragment).toEqual(fragments[0])
  expect(() => shiftFragment(fragment, new Map([[1, -before!.start - 1]]))).toThrow(MediaError)
  expect(() => shiftFragment(fragment, new Map([[1, 2 ** 53]]))).toThrow(MediaError)
  expect(fragment).toEqual(fragments[0])
  retrackFragment(fragment, new Map([[1, 9]]))
  expect(readFragment(fragment, header)).toEqual([])
  // §8.8.12: version 0 has 32 bits.
  const narrow = fragments[0]!.slice()
  const tfdt = Buffer.from(narrow).indexOf('tfdt') + 4
  narrow[tfdt] = 0
  narrow.set([0xff, 0xff, 0xff, 0xf0], tfdt + 4)
  shiftFragment(narrow, new Map([[1, 15]]))
  expect(() => shiftFragment(narrow, new Map([[1, 1]]))).toThrow(MediaError)
})

it('answers cut and altered bytes by a typed error or a bounded summary', { timeout: 60_000 }, async () => {
  const { init, fragments } = await made(picture)
  const header = readInit(init)
  const random = seededRandom(runSeed)
  for (let round = 0; round < 20_000; round++) {
    const isHeader = round % 2 === 0
    const original = isHeader ? init : fragments[round % 7]!.slice(0, 400)
    const bytes = original.slice(0, round % 3 === 0 ? Math.floor(random() * original.length) : original.length)
    for (let flip = 0; flip <= round % 4 && bytes.length > 0; flip++) {
      bytes[Math.floor(random() * Math.min(bytes.length, 900))] = Math.floor(random() * 256)
    }
    try {
      if (isHeader) retrackInit(bytes, new Map(readInit(bytes).tracks.map(({ trackId }) => [trackId, trackId])))
      else {
        readFragment(bytes, header)
        shiftFragment(bytes, new Map([[1, 5]]))
        joinFragments([bytes], header, { trackId: 1, sequenceNumber: 1 })
      }
    } catch (error) {
      if (!isTypedError(error)) throw new Error(`seed ${runSeed}, round ${round}`, { cause: error })
    }
  }
})
