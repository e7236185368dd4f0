// SPEC.md, D6: every byte of an archive is proven.
import { describe, expect, it, vi } from 'vitest'
import { randomSource } from '../../../drill/random-source.ts'
import { box, joined } from '../src/box.ts'
import { bytesSource, checkArchive } from '../src/index.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { openState } from '../src/state.ts'
import { completeArchives } from './complete-archives.ts'
import { flipProblem, found, placesOf } from './damage.ts'
import { reindexed } from './hand-made.ts'

const seed = Number(process.env['RUSHES_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

// Seconds on an idle machine; what it shows does not depend on how long it takes.
vi.setConfig({ testTimeout: 300_000 })
const BITS = 1200
const archives = await completeArchives()

describe.each(archives)(`an archive $name, RUSHES_SEED=${seed}`, ({ bytes }) => {
  const random = randomSource(seed)

  it('[D6] is intact', async () => {
    expect((await checkArchive(bytesSource(bytes), { sha256 })).problems).toEqual([])
  })

  it('[D1-D6] with any one bit altered is found damaged, and the item is named', async () => {
    const copy = bytes.slice()
    const places = await placesOf(bytes)
    const problems: string[] = []
    for (let count = 0; count < BITS; count++) {
      // Most of the head is zeros.
      const from = random.chance(0.9) ? 8192 : 0
      const problem = await flipProblem(copy, random.integer(8 * from, 8 * bytes.length - 1), places)
      if (problem !== null) problems.push(problem)
    }
    for (const { from, to } of places) {
      const problem = await flipProblem(copy, random.integer(8 * from, 8 * to - 1), places)
      if (problem !== null) problems.push(problem)
    }
    expect(problems).toEqual([])
  })

  it('[D6] cut off at any byte is found, but where records are missing as a whole', async () => {
    const { records, anchor } = await openState(bytesSource(bytes), sha256)
    const wholeAt = [anchor!.end, ...records.map(({ offset, size }) => offset + size)].slice(0, -1)
    const missed: number[] = []
    // The head is one box, of which nothing is an archive.
    for (let cut = 8150; cut < bytes.length; cut++) {
      const isNear = wholeAt.some((end) => Math.abs(end - cut) < 5)
      if ((isNear || random.chance(0.1)) && (await found(bytes.subarray(0, cut))) === null) missed.push(cut)
    }
    expect(missed).toEqual(wholeAt)
  })

  it('[D6] with bytes behind its end is found', async () => {
    const footer = bytes.subarray(bytes.length - 136)
    const junk = [
      ...[1, 7, 8, 136, 137, 5000].flatMap((length) => [new Uint8Array(length), random.bytes(length)]),
      ...[footer, box('free', random.bytes(9)), box('umfj', random.bytes(90)), box('mdat'), bytes.slice()],
    ]
    for (const piece of junk) expect(await found(joined([bytes, piece]))).not.toBeNull()
  })

  it('[D6] with a piece taken out or put in is found', async () => {
    for (let count = 0; count < 100; count++) {
      const at = random.integer(8192, bytes.length - 1)
      const length = random.integer(1, 64)
      const isThere = at + length > bytes.length ? bytes.length - at : length
      const taken = joined([bytes.subarray(0, at), bytes.subarray(at + isThere)])
      const put = joined([bytes.subarray(0, at), random.bytes(length), bytes.subarray(at)])
      // At the end of an archive with records, a whole one may be what was taken.
      if (at + isThere < bytes.length) expect(await found(taken)).not.toBeNull()
      expect(await found(put)).not.toBeNull()
    }
  })
})

describe('what no writer of ours writes', () => {
  const { bytes } = archives[1]!

  it.each([
    [
      '[E2] a digest of another content',
      'item',
      (items: { digest?: string }[]) => Object.assign(items.at(-1)!, { digest: `sha256:${'0'.repeat(64)}` }),
    ],
    [
      '[E2] two digests of one content',
      'item',
      (items: { name: string }[]) =>
        items.push({ ...items.at(-1)!, name: 'twin', digest: `sha256:${'0'.repeat(64)}` } as never),
    ],
  ] as const)('%s is found', async (_, code, change) => {
    const made = await reindexed(bytes, ({ items }) => void change(items as never))
    const { problems } = await checkArchive(bytesSource(made), { sha256 })
    expect(problems.map((problem) => problem.code)).toContain(code)
  })

  it('[D2] bytes that no digest covers, or two do, are found', async () => {
    const gap = await reindexed(bytes, ({ cover }) => void cover.splice(2, 1))
    const twice = await reindexed(bytes, ({ cover, items }) => {
      const [offset, length] = items.at(-1)!.extents![0]!
      cover.push([offset, length, 'free', '0'.repeat(64)])
      cover.sort(([left], [right]) => left - right)
    })
    for (const made of [gap, twice]) {
      const { problems } = await checkArchive(bytesSource(made), { sha256 })
      expect(problems.map(({ code }) => code)).toContain('cover')
    }
  })
})
