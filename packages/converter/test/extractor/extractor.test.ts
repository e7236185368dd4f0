import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type ByteSource, memorySource } from '../../src/extractor/byte-source.ts'
import { type Found, type IndexOptions, indexResources } from '../../src/extractor/index-resources.ts'
import { recognise } from '../../src/extractor/recognise.ts'
import { makeImage, randomBytes, runSeed } from './image.ts'
import { type MadeFile, makeFiles } from './made-files.ts'
import { misleading } from './misleading.ts'

let files: MadeFile[]
beforeAll(() => {
  files = makeFiles()
}, 240_000)

async function index(bytes: Uint8Array, options: IndexOptions = {}): Promise<Found[]> {
  const all: Found[] = []
  for await (const found of indexResources(memorySource(bytes), options)) all.push(found)
  return all
}

const extent = ({ start, end, format }: Found) => ({ start, end, format })

describe('a file of every format', () => {
  it('is recognised by its content, from its first byte to its last', async () => {
    for (const { name, format, bytes } of files) {
      const found = await recognise(memorySource(bytes))
      expect({ name, format: found.format, start: found.start, end: found.end, whole: found.whole }).toEqual({
        name,
        format,
        start: 0,
        end: bytes.length,
        whole: true,
      })
    }
  })

  it('lasts as long as its structure says', async () => {
    for (const { name, bytes, seconds } of files) {
      if (seconds === undefined) continue
      const { startMs, endMs } = await recognise(memorySource(bytes))
      // Frames of sound are up to 52 ms long (wmav2's are 46), pictures 40; what is told is told in whole ones.
      expect(Math.abs(endMs! - startMs! - seconds * 1000), `${name}: ${startMs}–${endMs}`).toBeLessThan(110)
    }
  })
})

describe('files between random bytes', () => {
  it('are found with their exact starts and ends, and nothing else is', async () => {
    const exact = files.filter(({ freeText }) => freeText !== true)
    for (let round = 0; round < 3; round++) {
      const image = makeImage(exact, runSeed + round)
      const found = await index(image.bytes)
      const format = (name: string) => exact.find((file) => file.name === name)!.format
      expect(found.map(extent), `RUSHES_SEED=${runSeed}, round ${round}`).toEqual(
        image.placed.map(({ start, end, name }) => ({ start, end, format: format(name) })),
      )
      expect(found.every(({ whole }) => whole)).toBe(true)
    }
  })

  it('are found exactly between zeros, free text as well', async () => {
    const image = makeImage(files, runSeed, { fill: 'zeros', mostGap: 3000 })
    const found = await index(image.bytes)
    expect(
      found.map(({ start, end }) => ({ start, end })),
      `RUSHES_SEED=${runSeed}`,
    ).toEqual(image.placed.map(({ start, end }) => ({ start, end })))
  })

  it('are found whatever their order of reading: text that has no end of its own but for a few bytes of chance', async () => {
    const free = files.filter(({ freeText }) => freeText === true)
    const image = makeImage(free, runSeed)
    const found = await index(image.bytes)
    for (const { name, start, end } of image.placed) {
      const near = found.filter((candidate) => candidate.start < end && candidate.end > start)
      expect(near.length, `${name}, RUSHES_SEED=${runSeed}`).toBe(1)
      expect(Math.abs(near[0]!.start - start)).toBeLessThanOrEqual(24)
      expect(Math.abs(near[0]!.end - end)).toBeLessThanOrEqual(24)
    }
    expect(found.length).toBe(free.length)
  })

  it('are not seen in random bytes alone', async () => {
    expect(await index(randomBytes(runSeed)(24 * 2 ** 20)), `RUSHES_SEED=${runSeed}`).toEqual([])
  })

  it('are found by the formats that are asked for', async () => {
    const image = makeImage(files, runSeed)
    const found = await index(image.bytes, { formats: ['png', 'mp4'] })
    expect([...new Set(found.map(({ format }) => format))].sort()).toEqual(['mp4', 'png'])
    expect(found.length).toBe(files.filter(({ format }) => format === 'png' || format === 'mp4').length)
  })
})

describe('a file that was cut', () => {
  it('hides nothing that stands behind it', async () => {
    const behind = files.find(({ name }) => name === 'picture.png')!
    for (const file of files.filter(({ freeText, bytes }) => freeText !== true && bytes.length > 600)) {
      const noise = randomBytes(runSeed)
      const kept = Math.floor(file.bytes.length * 0.6)
      const bytes = Buffer.concat([noise(777), file.bytes.subarray(0, kept), noise(500), behind.bytes, noise(900)])
      const found = await index(bytes)
      const start = 777 + kept + 500
      const told = found.filter((candidate) => candidate.format === 'png').map(extent)
      expect(told, `behind ${file.name}, RUSHES_SEED=${runSeed}`).toEqual([
        { start, end: start + behind.bytes.length, format: 'png' },
      ])
      for (const other of found) expect(other.end, file.name).toBeLessThanOrEqual(bytes.length)
    }
  })
})

describe('resources inside of others', () => {
  it('are told with the one that holds them, when asked for', async () => {
    const picture = files.find(({ name }) => name === 'picture.png')!
    const held = files.find(({ name }) => name === 'stored.zip')!
    const zip = storedZip([picture, held])
    const found = await index(Buffer.concat([Buffer.alloc(99), zip]), { nested: true })
    const at = (bytes: Buffer) => 99 + zip.indexOf(bytes)
    expect(found.map(({ start, end, within }) => ({ start, end, within }))).toEqual([
      { start: 99, end: 99 + zip.length, within: undefined },
      { start: at(picture.bytes), end: at(picture.bytes) + picture.bytes.length, within: 99 },
      { start: at(held.bytes), end: at(held.bytes) + held.bytes.length, within: 99 },
    ])
    expect((await index(zip)).length).toBe(1)
  })
})

/** A zip whose entries are as they are. */
function storedZip(entries: readonly MadeFile[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { name, bytes } of entries) {
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt32LE(bytes.length, 18)
    local.writeUInt32LE(bytes.length, 22)
    local.writeUInt16LE(name.length, 26)
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50, 0)
    central.writeUInt32LE(bytes.length, 20)
    central.writeUInt32LE(bytes.length, 24)
    central.writeUInt16LE(name.length, 28)
    central.writeUInt32LE(at, 42)
    parts.push(local, Buffer.from(name), bytes)
    directory.push(central, Buffer.from(name))
    at += 30 + name.length + bytes.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(Buffer.concat(directory).length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, ...directory, end])
}

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
