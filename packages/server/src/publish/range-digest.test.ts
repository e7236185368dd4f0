import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyPatches, type PatchTable } from '@rushes/media'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashRanges } from './range-digest.ts'

const readBytes = 1024 * 1024
const body = randomBytes(3 * readBytes + 12_345)
let folder: string
let path: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rushes-digests-'))
  path = join(folder, 'body')
  writeFileSync(path, body)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The second lies across the border of two reads. */
const places = [1000, readBytes - 2, 2 * readBytes]
const patches: PatchTable = {
  count: places.length,
  offsetAt: (index) => places[index]!,
  widthAt: () => 4,
  valueAt: (index) => index + 7,
}

describe('the digest of ranges of a body', () => {
  it.each([
    ['all of it', [[0, body.length]]],
    ['not its end', [[0, body.length - 5]]],
    ['not its beginning', [[777, body.length - 777]]],
    ['the middle of a patch', [[readBytes - 1, 2]]],
    [
      'ranges in another order',
      [
        [2 * readBytes, 100],
        [0, 2 * readBytes],
      ],
    ],
  ] as const)('is that of the bytes as they are shown: %s', async (_what, places) => {
    const ranges = places.map(([offset, length]) => ({ offset, length }))
    for (const table of [null, patches]) {
      const shown = Buffer.from(body)
      applyPatches(table, 0, shown)
      const bytes = Buffer.concat(ranges.map(({ offset, length }) => shown.subarray(offset, offset + length)))
      expect(await hashRanges(path, ranges, table)).toEqual(createHash('sha256').update(bytes).digest())
    }
  })

  it('is refused of bytes that are not there', async () => {
    await expect(hashRanges(path, [{ offset: 0, length: body.length + 1 }])).rejects.toThrow('shorter than its layout')
  })
})
