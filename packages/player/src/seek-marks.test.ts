import { describe, expect, it } from 'vitest'
import { markFrom } from './seek-marks.ts'

const marks = [
  { t: 9000, label: 'c' },
  { t: 1000, label: 'a' },
  { t: 4000, label: 'b' },
]

describe('markFrom', () => {
  it('leads to the next mark and to the one before, whatever their order', () => {
    expect(markFrom(marks, 0, 1)?.label).toBe('a')
    expect(markFrom(marks, 4000, 1)?.label).toBe('c')
    expect(markFrom(marks, 3999.6, 1)?.label).toBe('c')
    expect(markFrom(marks, 9000, 1)).toBeNull()
    expect(markFrom(marks, 8000, -1)?.label).toBe('b')
    expect(markFrom(marks, 4800, -1)?.label).toBe('a')
    expect(markFrom(marks, 1200, -1)).toBeNull()
    expect(markFrom([], 5, 1)).toBeNull()
  })
})
