/** What a first wait is about, ms. */
export const firstRetryMs = 250

/**
 * ms to wait before try number `attempt` (from 0) is repeated: `firstMs` doubled each time, at most `mostMs`, the upper
 * half of it at random, so that those who were thrown out together don't come back together.
 */
export function retryDelayMs(
  attempt: number,
  { mostMs, firstMs = firstRetryMs, random = Math.random }: { mostMs: number; firstMs?: number; random?: () => number },
): number {
  const whole = Math.min(firstMs * 2 ** Math.min(attempt, 20), mostMs)
  return whole / 2 + (random() * whole) / 2
}
