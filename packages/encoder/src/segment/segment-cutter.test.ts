import { type Init, readFragment, readInit, walkSamples } from '@rushes/media'
import { runProgram } from '@rushes/sandbox'
import { beforeAll, describe, expect, it } from 'vitest'
import { type OutputPlan, originMs, outputArguments } from '../acquire/ffmpeg-output.ts'
import { type CutSegment, SegmentCutter } from './segment-cutter.ts'
import { SegmentError } from './segment-error.ts'

const seed = Number(process.env['RUSHES_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** Park and Miller's, so that a failure can be made again from its seed. */
function randomFrom(start: number): () => number {
  let state = (start % 2147483646) + 1
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

const picture: OutputPlan = {
  ...{ kind: 'video', codec: 'h264', rendition: { bitrate: 200_000 }, preset: null, sourceRate: 30 },
}
const sound: OutputPlan = { kind: 'audio', codec: 'aac', bitrate: 64_000, isCapture: false }

async function stream(plan: OutputPlan): Promise<Uint8Array> {
  const source = plan.kind === 'video' ? 'testsrc2=size=160x90:rate=30' : 'sine=sample_rate=48000'
  const encoder = plan.kind === 'video' ? 'libx264' : 'aac'
  const output = outputArguments(plan, '0:0', { encoder, segmentMs: 1000, descriptor: 1 })
  const args = ['-v', 'error', '-nostdin', '-t', '4.4', '-f', 'lavfi', '-i', source, ...output]
  return (await runProgram({ program: 'ffmpeg', args })).stdout
}

type Cut = { header: Uint8Array; init: Init; segments: CutSegment[] }

function cut(pieces: Iterable<Uint8Array>): Cut {
  const found: { header: Uint8Array | null; init: Init | null; segments: CutSegment[] } = {
    header: null,
    init: null,
    segments: [],
  }
  const cutter = new SegmentCutter({
    segmentMs: 1000,
    originMs,
    onHeader(header, init) {
      found.header = header
      found.init = init
      return { trackId: 1, sequenceNumber: 1 }
    },
    onSegment: (segment) => found.segments.push(segment),
  })
  for (const piece of pieces) cutter.push(piece)
  cutter.finish()
  return { header: found.header!, init: found.init!, segments: found.segments }
}

const samplesOf = (bytes: Uint8Array, init: Init): string[] =>
  Array.from(walkSamples(bytes, init), ([, { dts, pts, sync, offset, size }]) =>
    [dts, pts, sync, Buffer.from(bytes.subarray(offset, offset + size)).toString('base64')].join(),
  )

describe.each([
  ['picture', picture],
  ['sound', sound],
])('a stream of %s', (_name, plan) => {
  let whole: Uint8Array
  let wanted: Cut
  beforeAll(async () => {
    whole = await stream(plan)
    wanted = cut([whole])
  })

  it('is cut into segments of a second that hold every sample once, as it was', () => {
    const timescale = wanted.init.tracks[0]!.timescale
    expect(wanted.segments.length).toBe(5)
    const samples = wanted.segments.flatMap(({ bytes }) => samplesOf(bytes, wanted.init))
    expect(samples).toEqual(samplesOf(whole.subarray(wanted.header.length), readInit(wanted.header)))
    for (const [index, segment] of wanted.segments.entries()) {
      const { start, duration } = segment
      const [summary, ...more] = readFragment(segment.bytes, wanted.init)
      expect(more).toEqual([])
      expect(summary).toMatchObject({ start, duration, samples: segment.samples, startsWithSync: true })
      const before = wanted.segments[index - 1]
      if (before !== undefined) expect(start).toBe(before.start + before.duration)
      // Begins at the grid's next line, or within a frame behind it.
      const seconds = start / timescale - originMs / 1000
      if (index > 0) expect(seconds - index).toBeLessThan(1 / 30)
      if (index > 0) expect(seconds - index).toBeGreaterThan(-0.002)
    }
  })

  it('is cut the same however its bytes come', { timeout: 120_000 }, () => {
    const random = randomFrom(seed)
    const bytewise = Array.from({ length: whole.length }, (_, at) => whole.subarray(at, at + 1))
    expect(cut(bytewise)).toEqual(wanted)
    for (let round = 0; round < 100; round++) {
      const pieces: Uint8Array[] = []
      for (let at = 0; at < whole.length; ) {
        const length = 1 + Math.floor(random() ** 4 * 40_000)
        // A copy that is overwritten: nobody may keep what was pushed.
        pieces.push(whole.slice(at, at + length))
        at += length
      }
      expect(cut(pieces), `seed ${seed}, round ${round}`).toEqual(wanted)
    }
  })

  it('gives every frame that is whole when it breaks off', () => {
    const random = randomFrom(seed)
    const all = samplesOf(whole.subarray(wanted.header.length), wanted.init)
    for (let round = 0; round < 50; round++) {
      const end = wanted.header.length + Math.floor(random() * (whole.length - wanted.header.length))
      const { segments, init } = cut([whole.subarray(0, end)])
      const samples = segments.flatMap(({ bytes }) => samplesOf(bytes, init))
      expect(samples, `seed ${seed}, round ${round}`).toEqual(all.slice(0, samples.length))
      const cutOff = all[samples.length]
      const lost = cutOff === undefined ? 0 : Buffer.from(cutOff.split(',').at(-1)!, 'base64').length + 200
      const kept = samples.reduce((sum, each) => sum + Buffer.from(each.split(',').at(-1)!, 'base64').length, 0)
      expect(kept + lost + wanted.header.length).toBeGreaterThan(end - 200 * (samples.length + 1))
    }
  })

  it('answers altered bytes by a typed error or by segments, never by anything else', () => {
    const random = randomFrom(seed)
    let refused = 0
    for (let round = 0; round < 300; round++) {
      const altered = whole.slice(0, 20_000)
      for (let flips = 0; flips < 3; flips++)
        altered[Math.floor(random() * altered.length)] = Math.floor(random() * 256)
      try {
        cut([altered])
      } catch (error) {
        if (!(error instanceof SegmentError)) throw new Error(`seed ${seed}, round ${round}`, { cause: error })
        refused++
      }
    }
    expect(refused).toBeGreaterThan(0)
  })
})

describe('what is no fragmented MP4', () => {
  const box = (type: string, size: number): Uint8Array => {
    const bytes = Buffer.alloc(8)
    bytes.writeUInt32BE(size)
    bytes.write(type, 4, 'latin1')
    return bytes
  }
  it.each([
    ['words', new TextEncoder().encode('Nothing but words, and no boxes at all.'), 'not-fragmented-mp4'],
    ['moov without ftyp', Buffer.concat([box('moov', 16), Buffer.alloc(8)]), 'not-fragmented-mp4'],
    ['a box shorter than its header', box('ftyp', 4), 'not-fragmented-mp4'],
    ['a box up to the end', box('mdat', 0), 'not-fragmented-mp4'],
    ['a box of 64 bits', box('mdat', 1), 'not-fragmented-mp4'],
    ['a moov of 4 GB', box('moov', 0xffffffff), 'too-large'],
    ['an mdat of 1 GB', box('mdat', 2 ** 30), 'too-large'],
  ])('is refused: %s', (_name, bytes, code) => {
    expect(() => cut([bytes])).toThrow(expect.objectContaining({ name: 'SegmentError', code }))
  })
})
