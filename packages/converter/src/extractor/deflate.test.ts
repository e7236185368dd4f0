import { constants, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memorySource } from './byte-source.ts'
import { ByteWindow, runWalk } from './byte-window.ts'
import { walkDeflate } from './deflate.ts'

const walk = (bytes: Uint8Array, from: number) => {
  const window = new ByteWindow(memorySource(bytes))
  return runWalk(window, walkDeflate(window, from))
}

/** Bytes of every kind that deflate treats in its own way: chance, runs, repeats. */
const contents = fc.oneof(
  fc.uint8Array({ maxLength: 5000 }),
  fc.tuple(fc.nat(255), fc.nat(300_000)).map(([byte, length]) => Buffer.alloc(length, byte)),
  fc
    .tuple(fc.string({ minLength: 1, maxLength: 40 }), fc.nat(4000))
    .map(([text, times]) => Buffer.from(text.repeat(times))),
)
const ways = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE),
  memLevel: fc.integer({ min: 1, max: 9 }),
})

describe('the length of a deflate stream', () => {
  it('[RFC 1951] is the one that zlib wrote, whatever stands around it', async () => {
    await fc.assert(
      fc.asyncProperty(contents, ways, fc.uint8Array({ maxLength: 40 }), async (content, way, behind) => {
        const packed = deflateRawSync(content, way)
        const bytes = Buffer.concat([Buffer.from([7, 7, 7]), packed, behind])
        expect(await walk(bytes, 3)).toEqual({ end: 3 + packed.length, inflated: content.length })
      }),
      { numRuns: 200 },
    )
  })

  it('is none where the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(contents, ways, fc.double({ min: 0, max: 0.999, noNaN: true }), async (content, way, share) => {
        const packed = deflateRawSync(content, way)
        expect(await walk(packed.subarray(0, Math.floor(packed.length * share)), 0)).toBeNull()
      }),
      { numRuns: 100 },
    )
  })
})
