const FIRST_MS = 250
const MOST_MS = 10_000

/** Time to wait before the n-th attempt (from 0): doubling, its upper half at random so that many don't come together. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const whole = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt, 20))
  return whole / 2 + (random() * whole) / 2
}
