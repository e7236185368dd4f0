/** The one source of chance in a drill: the same seed gives the same choices. */
export interface RandomSource {
  readonly seed: number
  /** 0 ≤ x < 1. */
  next(): number
  /** min ≤ n ≤ max. */
  integer(min: number, max: number): number
  pick<Value>(values: readonly Value[]): Value
  chance(probability: number): boolean
  bytes(length: number): Buffer
  /** Another source whose choices do not depend on how many were drawn here. */
  fork(name: string): RandomSource
}

/** Mulberry32. Instants of kills depend on the machine all the same: a seed replays choices, not schedules. */
export function randomSource(seed: number): RandomSource {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  return {
    seed,
    next,
    integer,
    pick: (values) => values[integer(0, values.length - 1)]!,
    chance: (probability) => next() < probability,
    bytes: (length) => Buffer.from(Uint8Array.from({ length }, () => integer(0, 255))),
    fork: (name) =>
      randomSource([...name].reduce((hash, char) => Math.imul(hash ^ char.charCodeAt(0), 0x01000193), seed)),
  }
}
