import type { ArchiveState } from '@rushes/umf'
import { describe, expect, it } from 'vitest'
import { runSeed, seededRandom } from '../../../media/test/seeded-random.ts'
import { barPlaces } from './bar-scale.ts'
import { condensed, regionsOf } from './file-regions.ts'
import type { Region } from './inspection.ts'

const size = 100_000
const random = seededRandom(runSeed)
const upTo = (most: number) => Math.floor(random() * most)

/** Anything that a hostile description can say of where things lie. */
function anyState(): ArchiveState {
  const range = (): [number, number] => [upTo(1.2 * size), 1 + upTo(size / 10)]
  const kinds = ['structure', 'media', 'item', 'index', 'free', 'erased'] as const
  const many = <Value>(count: number, make: (index: number) => Value) =>
    Array.from({ length: upTo(count) }, (_, n) => make(n))
  const description = {
    cover: many(50, () => [...range(), kinds[upTo(kinds.length)], '']),
    items: many(50, (index) => ({ name: `item ${index}`, extents: many(4, range) })),
  }
  const anchor = { indexOffset: upTo(size), indexSize: upTo(1000) }
  const records = many(3, () => ({ offset: upTo(size), size: upTo(1000) }))
  return { description, anchor, records } as unknown as ArchiveState
}

function expectTiled(regions: readonly Region[], message: string): void {
  let at = 0
  for (const { offset, length } of regions) {
    expect(offset, message).toBe(at)
    expect(length, message).toBeGreaterThan(0)
    at += length
  }
  expect(at, message).toBe(size)
}

describe('regions of a file', () => {
  it('account for every byte once, whatever a file says', () => {
    for (let round = 0; round < 200; round++) {
      const regions = regionsOf(anyState(), [], size)
      expectTiled(regions, `seed ${runSeed}, round ${round}`)
      const most = 5 + upTo(40)
      const few = condensed(regions, most)
      expectTiled(few, `condensed, seed ${runSeed}, round ${round}`)
      expect(few.length).toBeLessThanOrEqual(most)
      const count = (all: readonly Region[]) => all.reduce((sum, each) => sum + each.count, 0)
      expect(count(few)).toBe(count(regions))
    }
  })

  it('name the item rather than the cover that has it too', () => {
    const description = {
      cover: [
        [8192, 808, 'structure', ''],
        [9000, 100, 'item', ''],
        [9100, 50, 'item', ''],
      ],
      items: [
        {
          name: 'a',
          extents: [
            [9000, 100],
            [9100, 50],
          ],
        },
      ],
    }
    const state = { description, anchor: null, records: [] } as unknown as ArchiveState
    expect(regionsOf(state, [], 9150).map(({ kind, name }) => name ?? kind)).toEqual(['head', 'structure', 'a', 'a'])
  })
})

describe('barPlaces', () => {
  it('keeps the order, and enough room for the smallest part', () => {
    for (let round = 0; round < 200; round++) {
      const edges = [...new Set([0, ...Array.from({ length: 1 + upTo(60) }, () => 1 + upTo(2 ** (1 + upTo(50))))])]
      edges.sort((left, right) => left - right)
      for (const scale of ['even', 'true'] as const) {
        const place = barPlaces(edges, scale)
        const places = edges.map(place)
        const message = `${scale}, seed ${runSeed}, round ${round}`
        expect(places[0], message).toBe(0)
        expect(places.at(-1), message).toBeCloseTo(1, 9)
        const widths = places.slice(1).map((each, index) => each - places[index]!)
        const least = scale === 'true' ? 0 : 0.25 / widths.length
        for (const width of widths) expect(width, message).toBeGreaterThanOrEqual(least)
        const within = edges[0]! + random() * (edges.at(-1)! - edges[0]!)
        const index = edges.findLastIndex((edge) => edge <= within)
        expect(place(within), message).toBeGreaterThanOrEqual(places[index]!)
        expect(place(within), message).toBeLessThanOrEqual(places[Math.min(index + 1, places.length - 1)]! + 1e-12)
      }
    }
  })
})
