import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { madeByFfmpeg } from '../../../media/test/made-media.ts'
import { type Body, emptyBodyState, openBody } from './body.ts'
import { recoverBody } from './recovery.ts'

let folder: string
let path: string
let body: Body
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rushes-body-'))
  path = join(folder, 'body')
  body = await openBody(path, emptyBodyState(path, null))
})
afterEach(async () => {
  await body.close()
  rmSync(folder, { recursive: true, force: true })
})

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const append = (bytes: Uint8Array) => body.append(bytes, crc32(bytes, body.received.crc))

describe('bytes whose proof is still to come', () => {
  const [first, second, third] = [randomBytes(300_000), randomBytes(200_000), randomBytes(100_000)]

  it('are durable, and indexed and hashed when they are proven, before all that follows', async () => {
    append(first)
    await body.drained()
    body.hold()
    append(second)
    await body.synced()
    expect(body.durable.size).toBe(500_000)
    expect(body.index.bytes).toBe(300_000)
    body.prove()
    append(third)
    await body.drained()
    const all = Buffer.concat([first, second, third])
    expect(body.sha256()).toBe(sha256(all))
    expect(body.index.bytes).toBe(all.length)
    expect(body.durable).toEqual({ size: all.length, crc: crc32(all) })
  })

  it('are gone when they are taken back, and others take their place', async () => {
    append(first)
    await body.drained()
    body.hold()
    append(second)
    await body.retract()
    expect(body.durable).toEqual({ size: 300_000, crc: crc32(first) })
    expect(readFileSync(path).equals(first)).toBe(true)
    append(third)
    await body.drained()
    const all = Buffer.concat([first, third])
    expect(body.sha256()).toBe(sha256(all))
    expect(readFileSync(path).equals(all)).toBe(true)
  })
})

describe('the digest of the whole samples', () => {
  it('is of the body up to their end, wherever the bytes were cut, after a restart too', async () => {
    const args = '-f lavfi -i testsrc2=size=160x120:rate=25 -t 2 -c:v libx264 -g 10 -movflags +frag_keyframe+empty_moov'
    const file = readFileSync(await madeByFfmpeg('mp4', args.split(' ')))
    const whole = file.indexOf('mfra') - 4
    expect(whole).toBeGreaterThan(0)
    for (const bytes of [file, file.subarray(0, whole + 3), file.subarray(0, whole), file.subarray(0, whole - 1)]) {
      for (const cut of [1, 1000, 7919, bytes.length]) {
        rmSync(path, { force: true })
        const cutting = await openBody(path, emptyBodyState(path, null))
        for (let at = 0; at < bytes.length; at += cut) {
          const part = bytes.subarray(at, at + cut)
          cutting.append(part, crc32(part, cutting.received.crc))
        }
        await cutting.drained()
        const size = cutting.index.wholeBytes
        expect(size).toBeLessThanOrEqual(whole)
        const met = { size, sha256: Buffer.from(sha256(bytes.subarray(0, size)), 'hex') }
        expect(cutting.whole()).toEqual(met)
        expect(cutting.sha256()).toBe(sha256(bytes))
        await cutting.close()
        expect((await recoverBody(path, 10_000, null)).digest.whole()).toEqual(met)
      }
    }
  })
})

describe('the digest of a body that begins with the front of its file', () => {
  it('is of the file in its own order, wherever the bytes were cut, after a restart too', async () => {
    const file = randomBytes(900_000)
    for (const front of [
      { offset: 800_000, length: 100_000 },
      { offset: 500_000, length: 300_000 },
      { offset: 1, length: 1 },
    ]) {
      const { offset, length } = front
      const end = offset + length
      const bytes = Buffer.concat([file.subarray(offset, end), file.subarray(0, offset), file.subarray(end)])
      for (const cut of [65_536, 250_000, 900_000]) {
        rmSync(path, { force: true })
        const moved = await openBody(path, emptyBodyState(path, front))
        for (let at = 0; at < bytes.length; at += cut) {
          const part = bytes.subarray(at, at + cut)
          moved.append(part, crc32(part, moved.received.crc))
        }
        await moved.drained()
        expect(moved.sha256()).toBe(sha256(file))
        await moved.close()
      }
      expect((await recoverBody(path, 10_000, front)).digest.hex()).toBe(sha256(file))
    }
  })
})
