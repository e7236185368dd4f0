import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyBodyState, openBody } from './body.ts'
import { recoverBody, recoverPrefix } from './recovery.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rushes-recovery-'))
  path = join(folder, 'body')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('a body that is read back', () => {
  it('has the state of the bytes, wherever they were cut into chunks', async () => {
    const bytes = randomBytes(2_500_000)
    const body = await openBody(path, emptyBodyState(path, null))
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + 1 + ((at * 7919 + 12_345) % 200_000))
      body.append(bytes.subarray(at, end), crc32(bytes.subarray(0, end)))
      if (at % 3 === 0) await body.drained()
      at = end
    }
    await body.drained()
    expect(body.durable).toEqual({ size: bytes.length, crc: crc32(bytes) })
    expect(body.sha256()).toBe(sha256(bytes))
    await body.close()

    // Whether all, a part or nothing of it counts as unsynced: rewriting the tail changes no byte.
    for (const unsynced of [0, 1, 1_000_000, 10_000_000]) {
      const state = await recoverBody(path, unsynced, null)
      expect({ size: state.size, crc: state.crc }).toEqual({ size: bytes.length, crc: crc32(bytes) })
      expect(state.digest.hex()).toBe(sha256(bytes))
      expect(readFileSync(path).equals(bytes)).toBe(true)
    }
  })

  it('is empty where nothing was stored yet', async () => {
    expect(await recoverBody(path, 100, null)).toMatchObject({ size: 0, crc: 0 })
  })

  it('[R2] goes back only to a place whose chain is the one that is named', async () => {
    const bytes = randomBytes(50_000)
    writeFileSync(path, bytes)
    appendFileSync(path, 'damaged')
    const state = await recoverPrefix(path, bytes.length, crc32(bytes), null)
    expect(state.size).toBe(bytes.length)
    for (const [size, crc] of [
      [bytes.length + 7, crc32(bytes)],
      [bytes.length - 1, crc32(bytes)],
      [bytes.length + 8, 0],
    ] as const) {
      await expect(recoverPrefix(path, size, crc, null)).rejects.toMatchObject({ code: 'checksum-mismatch' })
    }
  })
})
