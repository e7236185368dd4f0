/** Mulberry32: the same numbers for the same seed, which a failing test prints. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The seed of this run: `RUSHES_SEED`, else another one each time. */
export const runSeed: number = Number(process.env['RUSHES_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
