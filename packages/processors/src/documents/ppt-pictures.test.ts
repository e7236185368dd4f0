import { deflateSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { pptPictures } from './ppt-pictures.ts'

/** [MS-ODRAW] §2.2.23: a head of 8 bytes, then ids, and what is told of the picture before it. */
function record(type: number, instance: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(8)
  head.writeUInt16LE(instance << 4, 0)
  head.writeUInt16LE(type, 2)
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body])
}
const id = Buffer.alloc(16, 7)
const tag = Buffer.from([0xff])
const packed = (content: Buffer, isDeflated: boolean): Buffer => {
  const head = Buffer.alloc(34)
  head[32] = isDeflated ? 0 : 0xfe
  head[33] = 0xfe
  return Buffer.concat([head, isDeflated ? deflateSync(content) : content])
}
const [png, jpeg, drawing] = [
  Buffer.from('\x89PNG…', 'latin1'),
  Buffer.from([0xff, 0xd8, 1]),
  Buffer.from('lines and areas'),
]

it('pictures of a deck come out as they were put in: with one id or two, packed or not', () => {
  const stream = Buffer.concat([
    record(0xf01e, 0x6e0, id, tag, png),
    record(0xf01e, 0x6e1, id, id, tag, png),
    record(0xf01d, 0x46a, id, tag, jpeg),
    record(0xf01d, 0x6e3, id, id, tag, jpeg),
    record(0xf01a, 0x3d4, id, packed(drawing, true)),
    record(0xf01b, 0x217, id, id, packed(drawing, false)),
    record(0xf01c, 0x542, id, packed(drawing, true)),
    record(0xf0ff, 0, id),
  ])
  expect([...pptPictures(stream)].map(({ contentType, bytes }) => [contentType, Buffer.from(bytes)])).toEqual([
    ['image/png', png],
    ['image/png', png],
    ['image/jpeg', jpeg],
    ['image/jpeg', jpeg],
    ['image/emf', drawing],
    ['image/wmf', drawing],
    // A file of this kind begins with 512 bytes that say nothing.
    ['image/x-pict', Buffer.concat([Buffer.alloc(512), drawing])],
  ])
})

it('of a stream that is damaged those before the damage come, and of a packed one that is none nothing', () => {
  const whole = record(0xf01e, 0x6e0, id, tag, png)
  const cut = Buffer.concat([
    whole,
    record(0xf01a, 0x3d4, id, Buffer.alloc(34), Buffer.from('x')),
    whole.subarray(0, 20),
  ])
  expect([...pptPictures(cut)]).toHaveLength(1)
})
