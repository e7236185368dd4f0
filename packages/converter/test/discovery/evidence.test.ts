import { describe, expect, it } from 'vitest'
import { log2Choose, log2Sorted } from '../../src/discovery/evidence.ts'
import type { Column, Field } from '../../src/discovery/field.ts'
import { columnOf, isElsewhere } from '../../src/discovery/field.ts'
import { numberTokens } from '../../src/discovery/number-token.ts'
import type { Pattern } from '../../src/discovery/pattern.ts'
import { textRecords } from '../../src/discovery/text-records.ts'
import { timeFits } from '../../src/discovery/time-model.ts'
import { randomOf } from './random.ts'

describe('what sorted numbers cost', () => {
  it('is the number of ways to choose them, in no order, however many cells there are', () => {
    for (const [count, cells] of [
      [5, 2],
      [5, 10],
      [40, 3],
      [100, 1_000],
    ] as const)
      expect(log2Sorted(count, cells)).toBeCloseTo(log2Choose(count + cells - 1, count), 3)
  })

  it('is never less than nothing: numbers that are all the same prove no time', () => {
    expect(log2Sorted(500, 1)).toBeCloseTo(0, 6)
    expect(log2Sorted(500, 2)).toBeGreaterThan(0)
  })

  it('goes on without a step where an approximation takes over', () => {
    expect(log2Sorted(10, 100_001) - log2Sorted(10, 99_999)).toBeLessThan(0.001)
  })
})

const count = 30

/** Records of a marker, a time in ms in four bytes, the lowest first, and what `behind` writes behind it. */
function records(behind: (index: number) => number[]): { bytes: Uint8Array; places: Int32Array } {
  const random = randomOf(3)
  const parts: number[] = []
  const places: number[] = []
  let t = 0
  for (let index = 0; index < count; index++) {
    t += random.between(2_000, 200_000)
    places.push(parts.length)
    parts.push(0xb7, 0xe1, 0x51, 0x62, 0, t & 255, (t >> 8) & 255, (t >> 16) & 255, 0, ...behind(index))
  }
  return { bytes: Uint8Array.from(parts), places: Int32Array.from(places) }
}

function timeColumn(bytes: Uint8Array, places: Int32Array, offset: number, width: number): Column {
  const text = Buffer.from(bytes).toString('latin1')
  const source = { bytes, text, tokens: numberTokens(text), records: textRecords(text) }
  const field: Field = { as: 'binary', anchor: { from: 'marker' }, offset, width, little: true, float: false }
  return columnOf(source, { start: 0, length: 4, places }, field)
}

describe('times of binary records', () => {
  const { bytes, places } = records(() => [7])

  it('are found in the field that holds them', () => {
    const fits = timeFits(timeColumn(bytes, places, 5, 4), bytes, 3_600_000)
    expect(fits.map(({ unit, fromZero }) => `${unit} ${fromZero}`)).toContain('ms true')
  })

  it('have no byte below them that is the same in all: that would make finer units of ms', () => {
    expect(timeFits(timeColumn(bytes, places, 4, 5), bytes, 3_600_000)).toEqual([])
  })
})

describe('a field of records of one kind among others', () => {
  it('does not lie beyond the marker of another kind', () => {
    const { bytes, places } = records(() => [7])
    const divided = { from: 'marker', offset: 9 }
    const half: Pattern = { start: 0, length: 4, places: places.filter((_, at) => at % 2 === 0), divided }
    const column = timeColumn(bytes, half.places, 12, 4)
    expect(isElsewhere(column, half)).toBe(false)
    expect(isElsewhere(column, { ...half, among: places })).toBe(true)
  })
})
