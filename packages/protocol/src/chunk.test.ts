import { crc32 as native } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chunkHeaderBytes, encodeChunkHeader, parseChunk } from './chunk.ts'
import { crc32 } from './crc32.ts'
import { ProtocolError } from './protocol-error.ts'

const bytes = (length = 200) => fc.uint8Array({ minLength: 1, maxLength: length })

describe('the chain', () => {
  it('is the CRC-32 of zlib, and goes on: chain(a, b) is that of a followed by b', () => {
    fc.assert(
      fc.property(bytes(3000), bytes(3000), (a, b) => {
        expect(crc32(a)).toBe(native(a))
        expect(crc32(b, crc32(a))).toBe(native(Buffer.concat([a, b])))
      }),
    )
  })
})

describe('a chunk message', () => {
  const chunk = fc.record({
    epoch: fc.nat({ max: 0xffffffff }),
    offset: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    crc: fc.nat({ max: 0xffffffff }),
    payload: bytes(),
  })
  const encode = (value: { epoch: number; offset: number; crc: number; payload: Uint8Array }) =>
    new Uint8Array([...encodeChunkHeader(value, crc32), ...value.payload])

  it('reads back as it was written, offsets over 4 GiB included', () => {
    fc.assert(
      fc.property(chunk, (value) => {
        expect(parseChunk(encode(value), crc32)).toEqual(value)
      }),
    )
  })

  it('[K4] with any one bit of its header flipped is refused', () => {
    fc.assert(
      fc.property(chunk, fc.nat({ max: chunkHeaderBytes * 8 - 1 }), (value, bit) => {
        const message = encode(value)
        message[bit >> 3]! ^= 1 << (bit & 7)
        expect(() => parseChunk(message, crc32)).toThrow(ProtocolError)
      }),
    )
  })

  it('[K5] that is cut within its header, or has no payload, is refused', () => {
    const message = encode({ epoch: 1, offset: 0, crc: 0, payload: Uint8Array.of(1, 2, 3) })
    for (let length = 0; length <= chunkHeaderBytes; length++) {
      expect(() => parseChunk(message.subarray(0, length), crc32)).toThrow(ProtocolError)
    }
  })
})
