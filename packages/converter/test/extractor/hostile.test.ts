import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type ByteSource, memorySource } from '../../src/extractor/byte-source.ts'
import { type Found, indexResources } from '../../src/extractor/index-resources.ts'
import { recognise } from '../../src/extractor/recognise.ts'
import { makeImage, randomBytes, runSeed } from './image.ts'
import { type MadeFile, makeFiles } from './made-files.ts'
import { misleading } from './misleading.ts'

let files: MadeFile[]
beforeAll(() => {
  files = makeFiles()
}, 240_000)

/** A source that counts what is read of it, which is what time goes with. */
function counted(bytes: Uint8Array): ByteSource & { read: ByteSource['read']; total(): number; reads(): number } {
  const source = memorySource(bytes)
  let total = 0
  let reads = 0
  return {
    size: bytes.length,
    total: () => total,
    reads: () => reads,
    async read(at, into) {
      const read = await source.read(at, into)
      total += read
      reads++
      return read
    },
  }
}

/** What holds of every index, whatever the bytes are. */
async function survive(bytes: Uint8Array): Promise<Found[]> {
  const source = counted(bytes)
  const all: Found[] = []
  for await (const found of indexResources(source)) {
    const last = all.at(-1)
    expect(found.start).toBeGreaterThanOrEqual(last?.end ?? 0)
    expect(found.end).toBeGreaterThan(found.start)
    expect(found.end).toBeLessThanOrEqual(bytes.length)
    for (const time of [found.startMs, found.endMs]) expect(time === undefined || Number.isFinite(time)).toBe(true)
    all.push(found)
  }
  // Each byte may be looked at some times; what is read is bounded by the length, and a beginning that is free.
  expect(source.total(), 'bytes read').toBeLessThan(200 * 2 ** 20 + 32 * bytes.length)
  const whole = await recognise(source)
  expect(whole.end).toBeLessThanOrEqual(bytes.length)
  return all
}

const fuzzSeconds = Number(process.env['RUSHES_FUZZ_SECONDS'] ?? 0)
const runs =
  fuzzSeconds > 0 ? { interruptAfterTimeLimit: fuzzSeconds * 1000, numRuns: 1e9 } : { numRuns: 12, seed: runSeed }

const damage = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    // Half of all damage goes into the first bytes, where lengths are.
    head: fc.boolean(),
    word: fc.constantFrom(0, 1, 7, 8, 16, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, 65536, 0x47ff00ff),
    bit: fc.option(fc.nat(7)),
  }),
  { minLength: 1, maxLength: 8 },
)

describe('damaged files', () => {
  it('of every format never throw, overlap, reach behind the end, or cost more than their bytes', async () => {
    for (const { name, bytes } of files) {
      await fc
        .assert(
          fc.asyncProperty(damage, fc.double({ min: 0.05, max: 1, noNaN: true }), async (places, kept) => {
            const hurt = Buffer.from(bytes.subarray(0, Math.max(16, Math.floor(bytes.length * kept))))
            for (const { at, head, word, bit } of places) {
              const place = Math.floor(at * (Math.min(head ? 512 : hurt.length, hurt.length) - 4))
              if (bit === null) hurt.writeUInt32BE(word, place)
              else hurt[place]! ^= 1 << bit
            }
            await survive(hurt)
          }),
          { ...runs, ...(fuzzSeconds > 0 ? { interruptAfterTimeLimit: (fuzzSeconds * 1000) / files.length } : {}) },
        )
        .catch((error: unknown) => {
          throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
        })
    }
  })
})

describe('bytes made to mislead', () => {
  it.each(misleading)('%s cost no more than their length', async (_, make) => {
    await survive(make())
  })

  it('hide a file that stands behind them only where they are without end', async () => {
    const picture = files.find(({ name }) => name === 'picture.png')!
    for (const [name, make] of misleading) {
      const before = make()
      const found = await survive(Buffer.concat([before, randomBytes(runSeed)(100), picture.bytes]))
      const told = found.find(({ format }) => format === 'png')
      expect(told?.start, name).toBe(before.length + 100)
    }
  })
})

describe('a source that is read in other ways', () => {
  it('gives the same index when it gives few bytes at a time to say its end', async () => {
    const image = makeImage(files, runSeed)
    const once: Found[] = []
    for await (const found of indexResources(memorySource(image.bytes))) once.push(found)
    const unsized: ByteSource = { size: null, read: memorySource(image.bytes).read }
    const again: Found[] = []
    for await (const found of indexResources(unsized)) again.push(found)
    expect(again, `RUSHES_SEED=${runSeed}`).toEqual(once)
  })
})
