/** Of an envelope: one value for each 10 ms. */
export const ENVELOPE_HZ = 100

/** Where sounds begin: how much louder each hundredth of a second is than the one before. Much the same in any microphone. */
export class OnsetEnvelope {
  readonly #frame: number
  readonly #values: number[] = []
  #sum = 0
  #count = 0
  #last: number | null = null
  #previous = 0

  constructor(sampleRate: number) {
    this.#frame = Math.round(sampleRate / ENVELOPE_HZ)
  }

  /** @param samples −1 to 1 */
  push(samples: ArrayLike<number>): void {
    for (let at = 0; at < samples.length; at++) {
      const sample = samples[at]!
      // What changes quickly tells more of where a sound begins than a hum.
      this.#sum += (sample - this.#previous) ** 2
      this.#previous = sample
      if (++this.#count < this.#frame) continue
      const loudness = Math.log10(this.#sum / this.#frame + 1e-8)
      this.#values.push(this.#last === null ? 0 : Math.min(2, Math.max(0, loudness - this.#last)))
      this.#last = loudness
      this.#sum = 0
      this.#count = 0
    }
  }

  /** Around 0. */
  finish(): Float64Array {
    const mean = this.#values.reduce((sum, each) => sum + each, 0) / Math.max(1, this.#values.length)
    return Float64Array.from(this.#values, (each) => each - mean)
  }
}
