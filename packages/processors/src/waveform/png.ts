import { crc32, deflateSync } from 'node:zlib'

/**
 * A picture of two colours; PNG (ISO 15948) of bit depth 1 with a palette.
 *
 * @param rows of each, `width` bits, the leftmost the highest of its byte
 * @param palette red, green, blue, opacity of the bits 0 and 1
 */
export function encodeBilevelPng(
  width: number,
  rows: readonly Uint8Array[],
  palette: readonly [readonly number[], readonly number[]],
): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(rows.length, 4)
  header.set([1, 3, 0, 0, 0], 8)
  // Each row begins with its filter: none.
  const lines = Buffer.concat(rows.flatMap((row) => [Buffer.of(0), row]))
  return Buffer.concat([
    Buffer.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap((colour) => colour.slice(0, 3)))),
    chunk('tRNS', Buffer.from(palette.map((colour) => colour[3] ?? 255))),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}
