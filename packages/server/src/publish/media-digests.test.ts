import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyPatches, type PatchTable } from '@rushes/media'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PieceDigests, pieceBytes } from '../body/piece-digests.ts'
import { joinedDigests, keptDigests, mediaDigests } from './media-digests.ts'

const body = randomBytes(2 * pieceBytes + 12_345)
let folder: string
let path: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rushes-digests-'))
  path = join(folder, 'body')
  writeFileSync(path, body)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

function received(...cuts: number[]): Buffer {
  const digests = new PieceDigests()
  let at = 0
  for (const cut of [...cuts, body.length]) {
    digests.update(body.subarray(at, cut))
    at = cut
  }
  return digests.all()
}

const patches: PatchTable = {
  count: 1,
  offsetAt: () => pieceBytes + 1000,
  widthAt: () => 4,
  valueAt: () => 7,
}

/** What the digests have to be, told by reading everything. */
function expected(range: { offset: number; length: number }, table: PatchTable | null) {
  const shown = Buffer.from(body)
  applyPatches(table, 0, shown)
  const ends = [pieceBytes, 2 * pieceBytes, body.length].map((end) => Math.min(end, range.offset + range.length))
  let at = range.offset
  return ends.flatMap((end) => {
    if (end <= at) return []
    const piece = shown.subarray(at, end)
    at = end
    return [{ length: piece.length, digest: sha256(piece) }]
  })
}

describe('digests of shown media', () => {
  it('are the same however the body came', () => {
    const whole = received()
    for (const cuts of [[1], [pieceBytes], [pieceBytes - 1, pieceBytes + 1], [100, 2 * pieceBytes, body.length]]) {
      expect(received(...cuts).equals(whole)).toBe(true)
    }
  })

  it.each([
    ['all that came', { offset: 0, length: body.length }, null, false],
    ['its patched pieces', { offset: 0, length: body.length }, patches, true],
    ['not its end', { offset: 0, length: body.length - 5 }, null, true],
    ['not its beginning', { offset: 777, length: body.length - 777 }, null, true],
    ['a little of its middle', { offset: 5000, length: 100 }, null, true],
  ] as const)('[D3] cover %s, and only what was not hashed as it came is read', async (_what, range, table, isRead) => {
    const media = { path, size: body.length, range, patches: table }
    const wanted = expected(range, table)
    expect(await mediaDigests(media, received())).toEqual({ pieces: wanted, isRead })
    expect(await mediaDigests(media, null)).toEqual({ pieces: wanted, isRead: true })
    expect(keptDigests(range, joinedDigests(wanted))).toEqual(wanted)
  })

  it('of another length than the range has are not those that were kept', () => {
    expect(keptDigests({ offset: 0, length: 10 }, Buffer.alloc(64))).toBeNull()
  })
})
