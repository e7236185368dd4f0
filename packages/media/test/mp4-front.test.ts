import { writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { openBodyIndex } from '../src/body-index.ts'
import { type Front, fileOrder } from '../src/front.ts'
import { ffmpeg, makeBody, openFolder, viewBytes } from './mp4-bodies.ts'

const folder = openFolder()
afterAll(() => folder.remove())

/** Where `moov` lies in the file. */
function moovOf(file: Uint8Array): Front {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  for (let at = 0; at + 8 <= file.length; at += view.getUint32(at)) {
    if (view.getUint32(at + 4) === 0x6d6f6f76) return { offset: at, length: view.getUint32(at) }
  }
  throw new Error('no moov')
}

function moved(file: Uint8Array, { offset, length }: Front): Uint8Array {
  return Buffer.concat([
    file.subarray(offset, offset + length),
    file.subarray(0, offset),
    file.subarray(offset + length),
  ])
}

function decoded(bytes: Uint8Array, name: string): string {
  writeFileSync(folder.path(name), bytes)
  return ffmpeg('-i', folder.path(name), '-map', '0', '-f', 'framemd5', '-')
}

describe('a progressive file whose moov was sent first', () => {
  const file = makeBody('avc, aac, progressive with moov behind', folder.path('behind.mp4'), 1)
  const front = moovOf(file)
  const body = moved(file, front)

  it('is published as what the file decodes to, and can be put together again', () => {
    const index = openBodyIndex({ front })
    index.push(body)
    index.finish()
    expect(index).toMatchObject({ damage: null, cutShort: null })
    const view = index.mp4View()
    expect(decoded(viewBytes(view, body), 'view.mp4')).toBe(decoded(file, 'file.mp4'))
    const again = fileOrder(front, body.length).map(({ offset, length }) => body.subarray(offset, offset + length))
    expect(Buffer.concat(again).equals(file)).toBe(true)
  })

  it('is the same to players behind another head, and without what it has before its first sample', () => {
    const index = openBodyIndex({ front })
    index.push(body)
    index.finish()
    const padding = new Uint8Array(8000)
    new DataView(padding.buffer).setUint32(0, padding.length)
    padding.set(Buffer.from('free'), 4)
    const head = Buffer.concat([file.subarray(0, new DataView(file.buffer, file.byteOffset).getUint32(0)), padding])
    const view = index.mp4View(head, true)
    const bytes = viewBytes(view, body)
    expect(head.equals(bytes.subarray(0, head.length))).toBe(true)
    expect(decoded(bytes, 'trimmed.mp4')).toBe(decoded(file, 'file.mp4'))
    const whole = viewBytes(index.mp4View(head), body)
    expect(bytes.length).toBeLessThan(whole.length - front.length)
  })

  it('tells its samples while they arrive: at any cut, those that are whole', () => {
    const whole = openBodyIndex({ front })
    whole.push(body)
    const all = whole.sampleCount(1)
    let before = 0
    const index = openBodyIndex({ front })
    for (let at = 0; at < body.length; at += 1000) {
      index.push(body.subarray(at, at + 1000))
      expect(index.sampleCount(1)).toBeGreaterThanOrEqual(before)
      before = index.sampleCount(1)
      if (at > body.length / 2) expect(before).toBeGreaterThan(0)
    }
    expect(before).toBe(all)
  })

  it('says of a file that ends early how it does', () => {
    const index = openBodyIndex({ front })
    index.push(body.subarray(0, body.length - 500))
    index.finish()
    expect(index.damage).toBeNull()
    expect(index.cutShort).toMatch(/^the file ends \d+ bytes before/)
    expect(index.mp4View().state).toBe('ready')
  })

  it('refuses fragments behind it', () => {
    const fragmented = makeBody('avc with B-frames, aac', folder.path('fragmented.mp4'), 1)
    const index = openBodyIndex({ front: { offset: fragmented.length, length: 8 } })
    index.push(fragmented)
    expect(index.damage).toMatchObject({ code: 'unsupported' })
  })
})

it('a body of 100 GB whose moov was sent first is published with 64-bit offsets', () => {
  const size = 100 * 2 ** 30
  const file = makeBody('avc, aac, progressive with moov behind', folder.path('small.mp4'), 1)
  const small = moovOf(file)
  const moov = Buffer.from(file.subarray(small.offset, small.offset + small.length))
  // The same samples, at the end of a long mdat: each chunk offset moves by what was put in front.
  const shift = size - small.offset
  const patched = wideOffsets(moov, shift)
  const front = { offset: size, length: patched.length }
  const index = openBodyIndex({ front })
  index.push(patched)
  const mdat = Buffer.alloc(16)
  mdat.writeUInt32BE(1)
  mdat.write('mdat', 4)
  mdat.writeBigUInt64BE(BigInt(size), 8)
  index.push(mdat)
  const nothing = Buffer.alloc(2 ** 24)
  const filler = size - mdat.length - small.offset
  for (let left = filler; left > 0; left -= nothing.length)
    index.push(nothing.subarray(0, Math.min(left, nothing.length)))
  index.push(file.subarray(0, small.offset))
  index.finish()
  expect(index).toMatchObject({ damage: null, cutShort: null })
  const whole = openBodyIndex()
  whole.push(file)
  expect(index.sampleCount(1)).toBe(whole.sampleCount(1))
  const view = index.mp4View()
  if (view.state !== 'ready') throw new Error(view.reason)
  expect(view.layout.size).toBeGreaterThan(size)
})

/** `stco` as `co64`, every offset so much later. */
function wideOffsets(moov: Buffer, shift: number): Buffer {
  const containers = ['moov', 'trak', 'mdia', 'minf', 'stbl']
  const rewrite = (bytes: Buffer): Buffer => {
    const parts: Buffer[] = []
    for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
      const type = bytes.toString('latin1', at + 4, at + 8)
      const content = bytes.subarray(at + 8, at + bytes.readUInt32BE(at))
      const changed = containers.includes(type) ? rewrite(content) : type === 'stco' ? widened(content) : content
      const head = Buffer.alloc(8)
      head.writeUInt32BE(changed.length + 8)
      head.write(type === 'stco' ? 'co64' : type, 4, 'latin1')
      parts.push(head, changed)
    }
    return Buffer.concat(parts)
  }
  const widened = (content: Buffer): Buffer => {
    const count = content.readUInt32BE(4)
    const rows = Buffer.alloc(8 + 8 * count)
    content.copy(rows, 0, 0, 8)
    for (let row = 0; row < count; row++) {
      rows.writeBigUInt64BE(BigInt(content.readUInt32BE(8 + 4 * row) + shift), 8 + 8 * row)
    }
    return rows
  }
  return rewrite(moov)
}

it('a body of 1,000 tracks that all claim the same bytes ends with an error, not with a billion samples', () => {
  const u32 = (...words: number[]) => {
    const bytes = Buffer.alloc(words.length * 4)
    for (const [at, word] of words.entries()) bytes.writeUInt32BE(word >>> 0, at * 4)
    return bytes
  }
  const box = (type: string, ...parts: Uint8Array[]): Buffer => {
    const content = Buffer.concat(parts)
    return Buffer.concat([u32(content.length + 8), Buffer.from(type), content])
  }
  const trak = (id: number): Buffer =>
    box(
      'trak',
      box('tkhd', u32(7, 0, 0, id), Buffer.alloc(68)),
      box(
        'mdia',
        box('mdhd', u32(0, 0, 0, 1000, 0, 0)),
        box('hdlr', u32(0, 0, 0x736f756e, 0, 0, 0), Buffer.alloc(1)),
        box(
          'minf',
          box(
            'stbl',
            box('stsd', u32(0, 1), box('mp4a', Buffer.alloc(28))),
            box('stts', u32(0, 1, 0xffffffff, 1)),
            box('stsc', u32(0, 1, 1, 0xffffffff, 1)),
            box('stsz', u32(0, 1, 0xffffffff)),
            box('stco', u32(0, 1, 0)),
          ),
        ),
      ),
    )
  const traks = Array.from({ length: 1000 }, (_, index) => trak(index + 1))
  const index = openBodyIndex()
  index.push(
    Buffer.concat([
      box('moov', box('mvhd', u32(0, 0, 0, 1000, 0), Buffer.alloc(80)), ...traks),
      box('mdat', Buffer.alloc(2 ** 20)),
    ]),
  )
  index.finish()
  expect(index.damage).toMatchObject({ code: 'too-large' })
})
