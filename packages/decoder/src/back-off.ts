/** Waits between tries: doubling, with jitter, so that many decoders don't come back all at once. */
export const firstWaitMs = 250
export const longestWaitMs = 5000

/**
 * Ms to wait after the `failures`-th failure in a row (from 1): half of the doubled wait is random.
 *
 * @param random from 0 to below 1
 */
export function waitAfter(failures: number, random: number): number {
  const full = Math.min(firstWaitMs * 2 ** Math.min(failures - 1, 10), longestWaitMs)
  return full / 2 + (full / 2) * random
}
