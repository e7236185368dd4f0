import { describe, expect, it } from 'vitest'
import { formatClock, parseStartTime } from './start-time.ts'

describe('parseStartTime', () => {
  it.each([
    ['75', 75],
    ['75.5', 75.5],
    ['0', 0],
    ['1h10m5s', 4205],
    ['1H10M5S', 4205],
    ['10m', 600],
    ['90s', 90],
    ['5.25s', 5.25],
    ['1:10:05', 4205],
    ['2:03', 123],
    [' 12 ', 12],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parseStartTime(text)).toBe(seconds)
  })

  it.each(['', '-5', '5m1h', '1h 5m', 'abc', '1e9', '1:99', 'NaN', '1:2:3:4', 'h', '9'.repeat(40)])(
    '%j is no position',
    (text) => {
      expect(parseStartTime(text)).toBeNull()
    },
  )

  it('reads back what formatClock writes', () => {
    for (let seconds = 0; seconds < 20_000; seconds += 37) expect(parseStartTime(formatClock(seconds))).toBe(seconds)
  })
})

describe('formatClock', () => {
  it('shows hours only where there are any, and never a nonsense', () => {
    expect([0, 65, 3600, 36_061, Number.NaN, -3].map(formatClock)).toEqual([
      '0:00',
      '1:05',
      '1:00:00',
      '10:01:01',
      '0:00',
      '0:00',
    ])
  })
})
