import { bytesSource } from '@rushes/umf'
import { describe, expect, it } from 'vitest'
import { runSeed, seededRandom } from '../../../media/test/seeded-random.ts'
import { readBoxTree } from './box-tree.ts'
import { boxName } from './box-words.ts'
import { foreignReason } from './foreign-file.ts'

const random = seededRandom(runSeed)
const upTo = (most: number) => Math.floor(random() * most)
const options = { most: 1000, windowBytes: 64 }

type Made = { bytes: Uint8Array; types: string[] }

/** A box, and the types in it as `depth type`. */
function anyBox(depth: number): Made {
  const isContainer = depth < 4 && random() < 0.4
  const parts = isContainer ? Array.from({ length: upTo(4) }, () => anyBox(depth + 1)) : []
  const type = isContainer ? ['moov', 'trak', 'meta'][upTo(3)]! : ['mdat', 'free', 'abcd'][upTo(3)]!
  const before = new Uint8Array(type === 'meta' ? 4 : isContainer ? 0 : upTo(100))
  const content = Buffer.concat([before, ...parts.map(({ bytes }) => bytes)])
  const isLong = random() < 0.2
  const header = Buffer.alloc(isLong ? 16 : 8)
  header.writeUInt32BE(isLong ? 1 : content.length + 8)
  header.write(type, 4, 'latin1')
  if (isLong) header.writeBigUInt64BE(BigInt(content.length + 16), 8)
  return {
    bytes: Buffer.concat([header, content]),
    types: [`${depth} ${type}`, ...parts.flatMap(({ types }) => types)],
  }
}

describe('readBoxTree', () => {
  it('finds every box, and of a cut file those that are whole', async () => {
    for (let round = 0; round < 30; round++) {
      const made = Array.from({ length: 1 + upTo(5) }, () => anyBox(0))
      const bytes = new Uint8Array(Buffer.concat(made.map((each) => each.bytes)))
      const message = `seed ${runSeed}, round ${round}`
      const whole = await readBoxTree(bytesSource(bytes), options)
      expect(
        whole.boxes.map(({ depth, type }) => `${depth} ${type}`),
        message,
      ).toEqual(made.flatMap(({ types }) => types))
      expect(whole.end, message).toBe(bytes.length)
      for (let cut = 0; cut < bytes.length; cut += 1 + upTo(40)) {
        const { boxes, end } = await readBoxTree(bytesSource(bytes.subarray(0, cut)), options)
        expect(end, `${message}, cut at ${cut}`).toBeLessThanOrEqual(cut)
        expect(boxes, `${message}, cut at ${cut}`).toEqual(whole.boxes.slice(0, boxes.length))
      }
    }
  })

  it('lists no more than it is asked to, of any bytes', async () => {
    for (let round = 0; round < 200; round++) {
      const bytes = Uint8Array.from({ length: upTo(400) }, () => (random() < 0.7 ? upTo(12) : upTo(256)))
      const { boxes } = await readBoxTree(bytesSource(bytes), { most: 5, windowBytes: 32 })
      expect(boxes.length, `seed ${runSeed}, round ${round}`).toBeLessThanOrEqual(5)
    }
    const many = new Uint8Array(
      Buffer.concat(Array.from({ length: 10 }, () => Buffer.from('\0\0\0\x08free', 'latin1'))),
    )
    expect(await readBoxTree(bytesSource(many), { most: 4, windowBytes: 32 })).toMatchObject({ end: 32, isCut: true })
  })

  it('takes a size of 0 as up to the end, of the last box of the file alone', async () => {
    const bytes = new Uint8Array(Buffer.from('\0\0\0\x08free\0\0\0\0mdat1234', 'latin1'))
    expect((await readBoxTree(bytesSource(bytes), options)).boxes.at(-1)).toMatchObject({ type: 'mdat', size: 12 })
  })

  it('shows a type of any bytes as one can read it', () => {
    expect(boxName('\xa9nam')).toBe('\\xa9nam')
    expect(boxName('a\0\n ')).toBe('a\\x00\\x0a ')
  })
})

describe('foreignReason', () => {
  it('says what a file is, from as few bytes as there are', () => {
    const reason = (text: string) => foreignReason(new Uint8Array(Buffer.from(text, 'latin1')), text.length)
    expect(reason('\0\0\0\x20ftypisom')).toBeNull()
    expect(reason('\0\0\0\x01mdat')).toBeNull()
    expect(reason('\x1aE\xdf\xa3\x01')).toBe('it looks like a WebM or Matroska video')
    expect(reason('PK\x03\x04')).toContain('zip')
    expect(reason('Dear Ada, the ftyp of it')).toBe('it looks like text')
    expect(reason('\0\0\0\x04ftyp')).toBe('it does not begin as an MP4 does')
    expect(reason('')).toBe('it is empty')
    expect(reason('\0')).toBe('it does not begin as an MP4 does')
  })
})
