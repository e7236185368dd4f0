// An archive that is planned over bytes elsewhere is the one that a writer would have written.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ArchivePlan,
  bytesSource,
  checkArchive,
  newArchiveId,
  openArchive,
  type PlannedItem,
  planArchive,
  UmfError,
} from '../src/index.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'

const digestOf = (bytes: Uint8Array) => {
  const hash = sha256()
  hash.update(bytes)
  return `sha256:${Buffer.from(hash.digest()).toString('hex')}`
}
const storedOf = (bytes: Uint8Array) => ({ length: bytes.length, digest: digestOf(bytes) })
const item = (name: string) => ({ name, type: 'data', contentType: 'application/octet-stream' })

function box(type: string, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt32BE(payload.length + 8)
  header.write(type, 4, 'latin1')
  return Buffer.concat([header, payload])
}

const content = fc.uint8Array({ maxLength: 200 })
const kinds = fc.constantFrom('stored' as const, 'bytes' as const, 'long' as const)

type Case = {
  samples: Uint8Array[] | null
  boxes: Uint8Array[]
  items: { kind: 'stored' | 'bytes' | 'long'; bytes: Uint8Array }[]
}

const cases: fc.Arbitrary<Case> = fc.record({
  samples: fc.option(fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 4 })),
  boxes: fc.array(content, { maxLength: 3 }),
  items: fc.array(fc.record({ kind: kinds, bytes: content }), { maxLength: 8 }),
})

function assembled({ samples, boxes, items }: Case): { file: Buffer; contents: Uint8Array[] } {
  const all = samples === null ? new Uint8Array(0) : Buffer.concat(samples)
  const structure = [box('moov', Uint8Array.of(1, 2, 3)), box('mdat', all).subarray(0, 8)]
  const extensions = boxes.map((payload) => box('abcd', payload))
  const contents = items.map(({ kind, bytes }) =>
    kind === 'long' ? Buffer.concat([bytes, Buffer.alloc(20_000, 7)]) : bytes,
  )
  const plan: ArchivePlan = {
    id: newArchiveId(),
    generation: 3,
    metadata: { title: 'planned' },
    further: { 'of-somebody': [1] },
    presentation: samples && {
      fields: { ...item('main'), type: 'video', contentType: 'video/mp4', durationMs: 5 },
      structure,
      media: samples.map(storedOf),
    },
    boxes: extensions.map(storedOf),
    items: contents.map((bytes, index): PlannedItem => {
      const name = `item ${index}`
      return items[index]!.kind === 'stored'
        ? { item: item(name), stored: storedOf(bytes) }
        : { item: item(name), bytes }
    }),
  }
  const { parts, size } = planArchive(plan, sha256)
  const file = Buffer.concat(
    parts.flatMap((part) => {
      if (part.kind === 'bytes') return [part.bytes]
      if (part.kind === 'structure') return structure
      if (part.kind === 'media') return [all]
      return [part.kind === 'box' ? extensions[part.index]! : contents[part.index]!]
    }),
  )
  expect(file.length).toBe(size)
  return { file, contents }
}

describe('a planned archive', () => {
  it('[D6] is intact, and holds what was planned, whatever that is', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const { file, contents } = assembled(given)
        expect((await checkArchive(bytesSource(file), { sha256 })).problems).toEqual([])
        const archive = await openArchive(bytesSource(file), { sha256 })
        expect([archive.generation, archive.presentation === null]).toEqual([3, given.samples === null])
        expect(archive.state.description).toMatchObject({ 'of-somebody': [1], metadata: { title: 'planned' } })
        for (const [index, bytes] of contents.entries()) {
          expect(Buffer.from(await archive.bytes(`item ${index}`)).equals(bytes)).toBe(true)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('[E2] has once what is the same twice', () => {
    const bytes = Buffer.alloc(30_000, 1)
    const one = assembled({ samples: null, boxes: [], items: [{ kind: 'stored', bytes }] }).file.length
    const two = assembled({
      samples: null,
      boxes: [],
      items: [
        { kind: 'stored', bytes },
        { kind: 'stored', bytes },
      ],
    })
    expect(two.file.length - one).toBeLessThan(1000)
  })

  it('[E1] refuses a name that is there already, the main presentation’s too', () => {
    const base = { id: newArchiveId(), generation: 1, metadata: {}, boxes: [] }
    const named = (name: string): PlannedItem => ({ item: item(name), bytes: Uint8Array.of(1) })
    const fields = { ...item('a'), type: 'audio', contentType: 'audio/mp4', durationMs: 0 } as const
    const presentation = { fields, structure: [box('mdat', new Uint8Array(0))], media: [] }
    const taken = new UmfError('name-taken', 'there is an item "a"')
    expect(() => planArchive({ ...base, presentation, items: [named('a')] }, sha256)).toThrow(taken)
    expect(() => planArchive({ ...base, presentation: null, items: [named('a'), named('a')] }, sha256)).toThrow(taken)
    expect(() => planArchive({ ...base, presentation: null, items: [named('a/../b')] }, sha256)).toThrow(UmfError)
  })
})
