import { expect, it } from 'vitest'
import { retryDelayMs } from './retry-delay.ts'

it('doubles from a quarter of a second to its bound, never below half of it', () => {
  for (let attempt = 0; attempt < 2000; attempt++) {
    const whole = Math.min(10_000, 250 * 2 ** attempt)
    expect(retryDelayMs(attempt, { mostMs: 10_000, random: () => 0 })).toBe(whole / 2)
    expect(retryDelayMs(attempt, { mostMs: 10_000, random: () => 0.999 })).toBeLessThan(whole)
  }
})
