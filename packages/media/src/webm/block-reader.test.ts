import { describe, expect, it } from 'vitest'
import { laidOut, type Trace, traceCutEverywhere as trace, traceBody } from '../../test/index-trace.ts'
import {
  audioEntry,
  blockBytes,
  blockGroup,
  cluster,
  EBML_LACE,
  ebmlHeader,
  FIXED,
  frame,
  head,
  KEY,
  key,
  segment,
  simpleBlock,
  timestamp,
  videoEntry,
  XIPH,
} from '../../test/made-webm.ts'
import { walkSegment } from '../../test/segment-walk.ts'
import * as id from './element-ids.ts'
import { binaryElement, concat, floatElement, masterElement, unsignedElement } from './element-writer.ts'

const rate48000 = masterElement(id.AUDIO, [floatElement(id.SAMPLING_FREQUENCY, 48_000)])

describe('BlockGroups (RFC 9559 §5.1.3.5)', () => {
  const reference = unsignedElement(id.REFERENCE_BLOCK, 0xd8)
  const additions = masterElement(id.BLOCK_ADDITIONS, [binaryElement(0xa6, new Uint8Array(7))])

  it('have a duration, and are key frames unless they refer to another block', () => {
    const { samples } = trace(
      ebmlHeader(),
      segment(
        ...head(videoEntry(1)),
        cluster(
          timestamp(100),
          blockGroup(blockBytes(1, 0, 0, frame(30)), unsignedElement(id.BLOCK_DURATION, 33)),
          blockGroup(blockBytes(1, 33, 0, frame(10)), reference, unsignedElement(id.BLOCK_DURATION, 34)),
          // The keyframe bit is of SimpleBlocks; here it is reserved.
          blockGroup(blockBytes(1, 67, KEY, frame(10)), reference),
          key(100),
        ),
      ),
    )
    expect(samples.map(({ pts, duration, sync, size }) => [pts, duration, sync, size])).toEqual([
      [100, 33, true, 30],
      [133, 34, false, 10],
      [167, 0, false, 10],
      [200, 0, true, 20],
    ])
  })

  it('with BlockAdditions keep the promise of alpha', () => {
    const alpha = [
      masterElement(id.VIDEO, [unsignedElement(id.ALPHA_MODE, 1)]),
      unsignedElement(id.MAX_BLOCK_ADDITION_ID, 1),
    ]
    const promised = (...group: Uint8Array[]): boolean[] => {
      const content = [...head(videoEntry(1, 'V_VP8', ...alpha)), cluster(timestamp(0), ...group)]
      const body = concat([ebmlHeader(), segment(...content)])
      const view = traceBody(body).index.webmView()
      if (view.state !== 'ready') throw new Error(view.reason)
      const { trackElements } = walkSegment(laidOut(view.layout, body))
      return [trackElements.has(id.ALPHA_MODE), trackElements.has(id.MAX_BLOCK_ADDITION_ID)]
    }
    expect(promised(blockGroup(blockBytes(1, 0, 0, frame(30)), additions))).toEqual([true, true])
    expect(promised(key(0))).toEqual([false, false])
  })

  it('are told when they are whole: what follows the Block says whether it is a key frame', () => {
    const whole = concat([
      ebmlHeader(),
      segment(...head(videoEntry(1)), cluster(timestamp(0), blockGroup(blockBytes(1, 0, 0, frame(9)), reference))),
    ])
    expect(traceBody(whole.subarray(0, -1)).samples.length).toBe(0)
    expect(traceBody(whole).samples.map(({ sync }) => sync)).toEqual([false])
  })

  it('cut the last Opus packet by DiscardPadding, and no other', () => {
    // 20 ms packets (config 31 of RFC 6716 §3.1: 0xf8 and up); 6.5 ms are discarded.
    const padding = binaryElement(id.DISCARD_PADDING, Uint8Array.of(0x00, 0x63, 0x2e, 0xa0))
    const packet = (time: number): Uint8Array => blockBytes(1, time, 0, frame(9, 0xf8))
    const groups = [blockGroup(packet(0), padding), blockGroup(packet(20)), simpleBlock(1, 40, KEY, frame(9, 0xf8))]
    const { samples } = trace(ebmlHeader(), segment(...head(audioEntry(1)), cluster(timestamp(0), ...groups)))
    expect(samples.map(({ duration }) => duration)).toEqual([960 - 312, 960, 960])
  })

  it('have Opus packets of one byte, which is no part of the next one', () => {
    // Code 3 counts its frames in the second byte (RFC 6716 §3.2.5), which is missing here.
    const packets = [frame(9, 0xfb, 3), frame(1, 0xfb), frame(2, 0xfb, 2)]
    const blocks = packets.map((packet, n) => simpleBlock(1, n * 60, KEY, packet))
    const { samples } = trace(ebmlHeader(), segment(...head(audioEntry(1)), cluster(timestamp(0), ...blocks)))
    expect(samples.map(({ duration }) => duration)).toEqual([2880, 0, 1920])
  })
})

describe('laces (RFC 9559 §10.3)', () => {
  const opus = (bytes: number): Uint8Array => frame(bytes, 0xf8)
  const laced = (flags: number, ...content: Uint8Array[]): Trace =>
    trace(ebmlHeader(), segment(...head(audioEntry(1)), cluster(timestamp(10), simpleBlock(1, 0, flags, ...content))))

  it.each([
    ['Xiph', XIPH, [3, 255, 45, 255, 0, 7], [300, 255, 7, 50]],
    // 300 in two bytes, -45 in two (bias 8191), -248 in two; RFC 9559 §10.3.3.
    ['EBML', EBML_LACE, [3, 0x41, 0x2c, 0x5f, 0xd2, 0x5f, 0x07], [300, 255, 7, 50]],
    ['fixed', FIXED, [3], [50, 50, 50, 50]],
    ['Xiph of one', XIPH, [0], [40]],
    ['EBML of one', EBML_LACE, [0], [40]],
  ])('%s: sizes, and times by the packets themselves', (_, flags, sizes, frames) => {
    const { samples, index } = laced(flags, Uint8Array.from(sizes), ...frames.map(opus))
    expect(index.damage).toBeNull()
    expect(samples.map(({ size }) => size)).toEqual(frames)
    expect(samples.map(({ pts }) => pts)).toEqual(frames.map((_, n) => 480 + n * 960))
    expect(samples.map(({ duration }) => duration)).toEqual(frames.map(() => 960))
    samples.slice(1).forEach((sample, n) => {
      expect(sample.offset).toBe(samples[n]!.offset + samples[n]!.size)
    })
  })

  it('take their times from DefaultDuration where packets have none', () => {
    const ac3 = audioEntry(1, 'A_AC3', unsignedElement(id.DEFAULT_DURATION, 32_000_000), rate48000)
    const block = simpleBlock(1, 0, FIXED, Uint8Array.of(2), frame(30))
    const { samples } = trace(ebmlHeader(), segment(...head(ac3), cluster(timestamp(0), block)))
    expect(samples.map(({ pts, duration }) => [pts, duration])).toEqual([
      [0, 1536],
      [1536, 1536],
      [3072, 1536],
    ])
  })

  it('leave empty frames out', () => {
    const { samples } = laced(XIPH, Uint8Array.of(2, 0, 5), opus(5), opus(6))
    expect(samples.map(({ size, pts }) => [size, pts])).toEqual([
      [5, 480],
      [6, 480 + 960],
    ])
  })

  it.each([
    ['longer than their block', XIPH, [1, 200], 50],
    ['negative', EBML_LACE, [2, 0x85, 0x80], 50],
    ['indivisible', FIXED, [2], 50],
    ['cut by their block', XIPH, [3, 255], 0],
    ['without a count', XIPH, [], 0],
    ['of nine bytes', EBML_LACE, [2, 0x00], 50],
  ])('%s are malformed', (_, flags, sizes, bytes) => {
    const { index, samples } = laced(flags, Uint8Array.from(sizes), frame(bytes))
    expect(index.damage?.code).toBe('malformed')
    expect(samples).toEqual([])
  })
})

describe('H.264 with start codes (Chromium, no CodecPrivate)', () => {
  const start = [0, 0, 0, 1]
  const short = [0, 0, 1]
  const unit = (...bytes: number[]): number[] => [...bytes, 0xaa, 0xaa]
  const avc = (...frames: number[][]): Trace =>
    trace(
      ebmlHeader('matroska'),
      segment(
        ...head(videoEntry(1, 'V_MPEG4/ISO/AVC')),
        cluster(timestamp(0), ...frames.map((bytes, n) => simpleBlock(1, n * 40, KEY, Uint8Array.from(bytes)))),
      ),
    )

  it('gets NAL lengths over start codes of four bytes', () => {
    const { patches, samples } = avc([...start, ...unit(0x67, 1, 0, 0, 2), ...start, ...unit(0x65)], [...start, 0x41])
    const [first, second] = samples.map(({ offset }) => offset)
    expect(patches).toEqual([
      { view: 'mp4', offset: first, bytes: 4, value: 7 },
      { view: 'mp4', offset: first! + 11, bytes: 4, value: 3 },
      { view: 'mp4', offset: second, bytes: 4, value: 1 },
    ])
  })

  it.each([
    ['three bytes inside', [...start, ...unit(0x67), ...short, ...unit(0x65)]],
    ['three bytes in front', [...short, ...unit(0x67)]],
    ['zeros in front', [0, ...start, ...unit(0x67)]],
    ['none', unit(0x67)],
  ])('needs to be encoded with start codes of %s', (_, bytes) => {
    const { index, patches, samples } = avc([...start, ...unit(0x65)], bytes)
    expect(samples.length).toBe(2)
    expect(patches.length).toBe(1)
    expect(index.mp4View().state).toBe('needs-encode')
  })
})
