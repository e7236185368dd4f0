import { retryDelayMs } from '@rushes/protocol'

export interface Backoff {
  /** ms to wait before the next attempt. */
  next(): number
  reset(): void
}

/** Short at most, since work has to go on soon after a network heals, and a refused connection costs little. */
export function openBackoff(mostMs = 2000): Backoff {
  let attempt = 0
  return {
    next: () => retryDelayMs(attempt++, { mostMs }),
    reset() {
      attempt = 0
    },
  }
}
