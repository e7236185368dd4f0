export interface Backoff {
  /** ms to wait before the next attempt. */
  next(): number
  reset(): void
}

/**
 * Waits that double from a quarter of a second, jittered over their upper half. Short at most, since work has to go on soon
 * after a network heals, and a refused connection costs little.
 */
export function openBackoff(mostMs = 2000, random: () => number = Math.random): Backoff {
  let step = 250
  return {
    next() {
      const wait = step / 2 + (random() * step) / 2
      step = Math.min(step * 2, mostMs)
      return wait
    },
    reset() {
      step = 250
    },
  }
}
