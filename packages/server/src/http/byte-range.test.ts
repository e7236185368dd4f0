import { describe, expect, it } from 'vitest'
import { byteRanges } from './byte-range.ts'

const told = (size: number, field: string) => {
  const ranges = byteRanges(size, field)
  return typeof ranges === 'number' ? ranges : ranges.map(({ start, end }) => [start, end])
}

describe('ranges', () => {
  it('[RFC 9110 §14.1.2] a suffix that is longer than the file is the whole file', () => {
    expect(told(10, 'bytes=-3')).toEqual([[7, 9]])
    expect(told(10, 'bytes=-10')).toEqual([[0, 9]])
    expect(told(10, 'bytes=-11')).toEqual([[0, 9]])
    expect(told(10, 'bytes=-65536')).toEqual([[0, 9]])
    expect(told(10, 'bytes=0-1, -99')).toEqual([
      [0, 1],
      [0, 9],
    ])
    expect(told(10, `bytes=-${'9'.repeat(400)}`)).toEqual([[0, 9]])
  })

  it('otherwise are what they were', () => {
    expect(told(10, 'bytes=2-')).toEqual([[2, 9]])
    expect(told(10, 'bytes=2-400')).toEqual([[2, 9]])
    expect(told(10, 'bytes=10-')).toBe(-1)
    expect(told(10, 'bytes=-0')).toBe(-1)
    expect(told(0, 'bytes=-5')).toBe(-1)
    expect(told(10, 'lines')).toBe(-2)
  })
})
