import { describe, expect, it } from 'vitest'
import { bodyHead, mediaStart } from './body-head.ts'
import { avc3CodecString } from './parameter-sets.ts'
import { cutAtFragments } from './top-level-boxes.ts'

function box(type: string, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(8 + payload.length)
  new DataView(bytes.buffer).setUint32(0, bytes.length)
  bytes.set(new TextEncoder().encode(type), 4)
  bytes.set(payload, 8)
  return bytes
}

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]))
}

const head = join(box('ftyp', new Uint8Array(20)), box('moov', new Uint8Array(300)))
const fragment = join(box('moof', box('mfhd', new Uint8Array(8))), box('mdat', new Uint8Array(500).fill(7)))
const mp4 = join(head, fragment, fragment)
// EBML header, Segment of unknown size, and two clusters of unknown size that begin with their Timestamp.
const cluster = join(
  new Uint8Array([0x1f, 0x43, 0xb6, 0x75, 1, 255, 255, 255, 255, 255, 255, 255, 0xe7, 0x81, 0]),
  new Uint8Array(200),
)
const webmHead = join(new Uint8Array([0x1a, 0x45, 0xdf, 0xa3, 0x80]), new Uint8Array(180).fill(1))
const webm = join(webmHead, cluster, cluster)

describe('bodyHead', () => {
  it.each([
    { name: 'fragmented MP4', body: mp4, end: head.length },
    { name: 'WebM', body: webm, end: webmHead.length },
  ])('finds where the head of $name ends, cut anywhere', ({ body, end }) => {
    for (let cut = 0; cut <= body.length; cut++) {
      const finder = bodyHead()
      const pieces = [...finder.push(body.subarray(0, cut)), ...finder.push(body.subarray(cut)), ...finder.finish()]
      expect(join(...pieces.map(({ bytes }) => bytes))).toEqual(body)
      const marked = pieces.findIndex(({ sync }) => sync)
      const before = pieces.slice(0, marked).reduce((sum, { bytes }) => sum + bytes.length, 0)
      expect(before, `cut at ${cut}`).toBe(end)
    }
  })

  it('lets go of bytes that are no media that it knows', () => {
    const finder = bodyHead()
    const noise = new Uint8Array(70_000).fill(3)
    expect(finder.push(noise)).toEqual([{ bytes: noise, sync: false }])
    expect(finder.push(mp4)).toEqual([{ bytes: mp4, sync: false }])
  })

  it('finds each media start, and none in the middle of one', () => {
    expect(mediaStart(mp4, 0)).toBe(head.length)
    expect(mediaStart(mp4, head.length + 1)).toBe(head.length + fragment.length)
    expect(mediaStart(mp4, head.length + fragment.length + 1)).toBeNull()
    expect(mediaStart(webm, webmHead.length + 1)).toBe(webmHead.length + cluster.length)
  })
})

describe('cutAtFragments', () => {
  it('cuts before each moof, and marks it', () => {
    expect(cutAtFragments(mp4)).toEqual([
      { bytes: head, sync: false },
      { bytes: fragment, sync: true },
      { bytes: fragment, sync: true },
    ])
  })

  it('gives everything back, whatever the sizes say', () => {
    for (let at = 0; at < mp4.length; at += 3) {
      const damaged = mp4.slice()
      damaged[at] = 0
      expect(join(...cutAtFragments(damaged).map(({ bytes }) => bytes))).toEqual(damaged)
    }
  })
})

describe('avc3CodecString', () => {
  it('reads profile, constraints and level from the sequence parameter set', () => {
    const unit = new Uint8Array([0, 0, 0, 1, 0x09, 0xf0, 0, 0, 0, 1, 0x67, 0x64, 0x0c, 0x1f, 0xac, 0xd9, 0x40, 0x50])
    expect(avc3CodecString(unit)).toBe('avc3.640c1f')
    expect(avc3CodecString(unit.subarray(0, 8))).toBeNull()
  })
})
