/**
 * Limit of routes whose address or body holds a secret: a share id has 144 random bits, so this is about load, not about
 * guessing. A player asks for many ranges of one file.
 */
export const guessLimit: { rateLimit: { max: number; timeWindow: number } } = {
  rateLimit: { max: 1200, timeWindow: 60_000 },
}
