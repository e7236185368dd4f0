// Files that were dropped on a page.
import { describe, expect, it } from 'vitest'
import { randomSource } from '../../../drill/random-source.ts'
import { blobSource } from '../src/index.ts'

const seed = Number(process.env['RUSHES_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** Tells how often it was read, and can't be read for a while. */
class CountedBlob extends Blob {
  reads = 0
  isGone = false

  override slice(from?: number, to?: number): Blob {
    this.reads++
    if (!this.isGone) return super.slice(from, to)
    const gone = new Blob()
    gone.arrayBuffer = () => Promise.reject(new DOMException('it is gone', 'NotReadableError'))
    return gone
  }
}

describe(`a blob as a source, RUSHES_SEED=${seed}`, () => {
  it('gives the same bytes in whatever order and lengths they are asked for, several at once', async () => {
    const random = randomSource(seed)
    for (const size of [0, 1, 65_535, 65_536, 65_537, 300_000]) {
      const bytes = Buffer.from(random.bytes(size))
      const source = blobSource(new Blob([bytes]))
      const asked = Array.from({ length: 200 }, async () => {
        const offset = random.integer(0, size)
        const most = random.pick([1, 100, 5000, 65_536, size])
        const length = Math.min(random.integer(0, most), size - offset)
        const got = await source.read(offset, length)
        expect(bytes.subarray(offset, offset + length).equals(got), `${length} bytes from ${offset} of ${size}`).toBe(
          true,
        )
      })
      await Promise.all(asked)
    }
  })

  it('is read once for many short reads that follow each other', async () => {
    const blob = new CountedBlob([new Uint8Array(1_000_000)])
    const source = blobSource(blob)
    for (let at = 0; at + 10 <= source.size; at += 10) await source.read(at, 10)
    expect(blob.reads).toBeLessThanOrEqual(Math.ceil(1_000_000 / 65_536) + 1)
  })

  it('that can not be read says so, and is read again when it can', async () => {
    const blob = new CountedBlob([new Uint8Array(1000).fill(7)])
    const source = blobSource(blob)
    blob.isGone = true
    for (const length of [10, 1000]) await expect(source.read(0, length)).rejects.toMatchObject({ code: 'source' })
    blob.isGone = false
    expect(await source.read(5, 2)).toEqual(new Uint8Array([7, 7]))
    await expect(source.read(999, 2)).rejects.toMatchObject({ code: 'out-of-range' })
  })
})
