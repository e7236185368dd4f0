import { describe, expect, it } from 'vitest'
import { formatBytes, formatLength, formatMoment, lengthWords } from './figures.ts'

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [-5, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [12_345, '12.3 kB'],
    [999_499, '999 kB'],
    [999_600, '1.0 MB'],
    [99_949, '99.9 kB'],
    [99_960, '100 kB'],
    [12_300_000, '12.3 MB'],
    [5.5e9, '5.5 GB'],
    [2e15, '2000 TB'],
  ])('%d: %s', (bytes, words) => {
    expect(formatBytes(bytes)).toBe(words)
  })
})

describe('lengths', () => {
  it('counts down to whole seconds, as the player does', () => {
    expect([0, 8_600, 65_000, 3_599_999, 3_600_000, 36_061_000, Number.NaN].map(formatLength)).toEqual([
      '0:00',
      '0:08',
      '1:05',
      '59:59',
      '1:00:00',
      '10:01:01',
      '0:00',
    ])
  })

  it('is read aloud in its two largest units', () => {
    expect([0, 1000, 65_000, 3_600_000, 4_205_000].map(lengthWords)).toEqual([
      '0 seconds',
      '1 second',
      '1 minute 5 seconds',
      '1 hour',
      '1 hour 10 minutes',
    ])
  })
})

describe('formatMoment', () => {
  const now = new Date(2026, 2, 29, 9, 0)
  it.each([
    [new Date(2026, 2, 29, 0, 5), 'Today, 00:05'],
    [new Date(2026, 2, 28, 23, 55), 'Yesterday, 23:55'],
    [new Date(2026, 2, 27, 14, 5), '27 March, 14:05'],
    [new Date(2025, 11, 31, 14, 5), '31 December 2025, 14:05'],
  ])('%s', (moment, words) => {
    expect(formatMoment(moment, now, 'en-GB')).toBe(words)
  })
})
