import { describe, expect, it } from 'vitest'
import { findFront } from './file-front.ts'
import { placeInFile, readBody, type SourceFile } from './source-file.ts'

/** A file of a few boxes at their places, with nothing in between. */
function sparse(size: number, boxes: Record<number, Buffer>): SourceFile & { readBytes: number } {
  return {
    name: 'sparse.mp4',
    size,
    type: '',
    readBytes: 0,
    async read(offset, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)))
      this.readBytes += bytes.length
      for (const [place, content] of Object.entries(boxes)) {
        const from = Math.max(offset, Number(place))
        const to = Math.min(offset + bytes.length, Number(place) + content.length)
        if (from < to) bytes.set(content.subarray(from - Number(place), to - Number(place)), from - offset)
      }
      return bytes
    },
  }
}

function header(type: string, size: number): Buffer {
  const isLong = size >= 2 ** 32
  const bytes = Buffer.alloc(isLong ? 16 : 8)
  bytes.writeUInt32BE(isLong ? 1 : size)
  bytes.write(type, 4)
  if (isLong) bytes.writeBigUInt64BE(BigInt(size), 8)
  return bytes
}

describe('the front of a file', () => {
  const hundred = 100 * 2 ** 30

  it('[M3] is the moov at the end of 100 GB, found by reading a few bytes', async () => {
    const moov = 16 * 2 ** 20
    const file = sparse(32 + hundred + moov, {
      0: header('ftyp', 32),
      32: header('mdat', hundred),
      [32 + hundred]: header('moov', moov),
    })
    expect(await findFront(file)).toEqual({ offset: 32 + hundred, length: moov })
    expect(file.readBytes).toBeLessThan(1000)
  })

  it('is found with boxes behind it, and where mdat is the first box', async () => {
    const file = sparse(1200, { 0: header('mdat', 1000), 1000: header('moov', 150), 1150: header('free', 50) })
    expect(await findFront(file)).toEqual({ offset: 1000, length: 150 })
  })

  it('is none where the file is best sent as it lies', async () => {
    const lying: [string, SourceFile][] = [
      ['moov in front', sparse(1000, { 0: header('ftyp', 32), 32: header('moov', 100), 132: header('mdat', 868) })],
      ['fragments', sparse(1000, { 0: header('ftyp', 32), 32: header('moof', 100), 132: header('mdat', 868) })],
      ['Matroska', sparse(1000, { 0: Buffer.from([0x1a, 0x45, 0xdf, 0xa3]) })],
      ['a box that is longer than the file', sparse(1000, { 0: header('ftyp', 32), 32: header('mdat', 5000) })],
      ['a moov that is', sparse(1000, { 0: header('mdat', 500), 500: header('moov', 5000) })],
      ['no boxes any more', sparse(1000, { 0: header('ftyp', 32), 32: header('mdat', 3) })],
      ['a moov over its bound', sparse(2 ** 30, { 0: header('mdat', 500), 500: header('moov', 2 ** 29) })],
    ]
    for (const [name, file] of lying) expect([name, await findFront(file)]).toEqual([name, null])
  })

  it('says before anything is sent what sending would be of no use', async () => {
    const useless: [string, SourceFile][] = [
      ['empty-file', sparse(0, {})],
      ['not-media', sparse(1000, { 0: Buffer.from('Dear diary, nothing moves in here. '.repeat(9)) })],
      ['nothing-playable', sparse(1032, { 0: header('ftyp', 32), 32: header('mdat', 1000) })],
    ]
    for (const [code, file] of useless) await expect(findFront(file)).rejects.toMatchObject({ code })
  })

  it('comes first in the body, and every byte once', async () => {
    const size = 500
    const content = Buffer.from(Uint8Array.from({ length: size }, (_, at) => at & 255))
    const file = sparse(size, { 0: content })
    const front = { offset: 300, length: 120 }
    const body = Buffer.concat([content.subarray(300, 420), content.subarray(0, 300), content.subarray(420)])
    for (const chunk of [1, 7, 119, 120, 121, 499, 500]) {
      const parts: Uint8Array[] = []
      for (let at = 0; at < size; at += chunk) parts.push(await readBody(file, front, at, chunk))
      expect(Buffer.concat(parts).equals(body)).toBe(true)
    }
    expect(placeInFile(file, front, 420)).toEqual({ offset: 420, length: 80 })
  })
})
