/** Random numbers that are the same for the same seed everywhere: sfc32, its state hashed from a string. */
export class Draw {
  readonly #state: Int32Array = new Int32Array(4)

  constructor(seed: string) {
    let hash = 0x811c9dc5
    for (let word = 0; word < 4; word++) {
      // FNV-1a, once more over the seed for every word of the state.
      for (let i = 0; i < seed.length; i++) hash = Math.imul(hash ^ seed.charCodeAt(i), 0x01000193)
      hash = Math.imul(hash ^ (hash >>> 15) ^ word, 0x85ebca6b)
      this.#state[word] = hash
    }
    for (let i = 0; i < 16; i++) this.word()
  }

  /** 0 … 2³²−1. */
  word(): number {
    const s = this.#state
    const sum = (((s[0]! + s[1]!) | 0) + s[3]!) | 0
    s[3] = s[3]! + 1
    s[0] = s[1]! ^ (s[1]! >>> 9)
    s[1] = s[2]! + (s[2]! << 3)
    s[2] = ((s[2]! << 21) | (s[2]! >>> 11)) + sum
    return sum >>> 0
  }

  /** [0, 1) */
  fraction(): number {
    return this.word() / 0x1_0000_0000
  }

  /** A whole number from `low` to `high`, both included; up to 2⁵². */
  whole(low: number, high: number): number {
    const span = high - low + 1
    const point = span <= 0x1_0000_0000 ? this.fraction() : this.fraction() + this.word() / 2 ** 64
    return low + Math.min(span - 1, Math.floor(point * span))
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  pick<T>(list: readonly T[]): T {
    return list[this.whole(0, list.length - 1)]!
  }

  shuffled<T>(list: readonly T[]): T[] {
    const rest = [...list]
    for (let i = rest.length - 1; i > 0; i--) {
      const j = this.whole(0, i)
      ;[rest[i], rest[j]] = [rest[j]!, rest[i]!]
    }
    return rest
  }

  bytes(count: number): Uint8Array {
    const out = new Uint8Array(count)
    for (let i = 0; i < count; i += 4) {
      const word = this.word()
      for (let k = 0; k < 4 && i + k < count; k++) out[i + k] = word >>> (8 * k)
    }
    return out
  }

  /** As people wait: many short, few long. `sigma` 0 would be all the same. */
  logNormal(median: number, sigma: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.fraction()))
    return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * this.fraction()))
  }

  /** Every order of size as likely as the next. */
  logUniform(low: number, high: number): number {
    return Math.round(low * (high / low) ** this.fraction())
  }
}
