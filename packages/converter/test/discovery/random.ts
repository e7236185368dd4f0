/** Numbers that look random and are the same for the same seed, so that a failure can be made again. */
export type Random = {
  uniform(from: number, to: number): number
  /** Whole number, both ends included. */
  between(from: number, to: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  exponential(mean: number): number
  normal(): number
  bytes(length: number): Uint8Array
}

export function randomOf(seed: number): Random {
  // sfc32, warmed up: short state, passes PractRand
  let a = 0x9e3779b9 ^ seed
  let b = 0x243f6a88 + Math.imul(seed, 0x85ebca6b)
  let c = 0xb7e15162
  let counter = 1
  const next = () => {
    const sum = (a + b + counter++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return sum >>> 0
  }
  for (let round = 0; round < 20; round++) next()
  const unit = () => next() / 2 ** 32
  const random: Random = {
    uniform: (from, to) => from + unit() * (to - from),
    between: (from, to) => from + Math.floor(unit() * (to - from + 1)),
    chance: (probability) => unit() < probability,
    pick: (list) => list[Math.floor(unit() * list.length)]!,
    exponential: (mean) => -Math.log(1 - unit()) * mean,
    normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
    bytes: (length) => Uint8Array.from({ length }, () => next() & 255),
  }
  return random
}
