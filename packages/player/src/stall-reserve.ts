/** What each stall adds, s. */
const perStall = 0.25
/** Where stalls go on it is not the network that is late but the machine, which no delay helps. */
const most = 1
const memoryMs = 60_000

/** How much further behind the live position a viewer stays who stalled: for a minute, so that one bad minute is not for ever. */
export class StallReserve {
  /** When, ms; no more than count. */
  #recent: number[] = []
  #stalls = 0

  /** Since the beginning. */
  get stalls(): number {
    return this.#stalls
  }

  /** `now`: ms. */
  stalled(now: number): void {
    this.#stalls++
    this.#recent.push(now)
    if (this.#recent.length > most / perStall) this.#recent.shift()
  }

  /** 0 to 1. */
  seconds(now: number): number {
    return perStall * this.#recent.filter((at) => now - at < memoryMs).length
  }
}
