/** At most so many events a second, with one second's worth saved up. */
export class RateLimit {
  readonly #perSecond: number
  #left: number
  #at: number | null = null

  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.#left = perSecond
  }

  /** False when there were too many. `now` in ms. */
  take(now: number): boolean {
    const elapsed = this.#at === null ? 0 : now - this.#at
    this.#at = now
    this.#left = Math.min(this.#perSecond, this.#left + (elapsed / 1000) * this.#perSecond)
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
