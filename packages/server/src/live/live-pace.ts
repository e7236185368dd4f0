/** What is taken for the longest step until steps were seen, s. */
const assumedStep = 1
/** More at once is what a sender was late with, s. */
const longestStep = 6
/** Steps are looked at for so long, ms. */
const windowMs = 10_000
/** For what wanders on the way to a player, s. */
const margin = 0.1

/** How the end of a recording moves: in steps, as its fragments arrive. A player has to stay behind by more than a step. */
export class LivePace {
  #edge = 0
  #since: number | null = null
  #steps: { at: number; seconds: number }[] = []

  /** `edge`: end of what can be played, s; `now`: ms. */
  moved(edge: number, now: number): void {
    if (edge <= this.#edge) return
    // The first step is all that was there before anybody watched.
    if (this.#since === null) this.#since = now
    else this.#steps.push({ at: now, seconds: Math.min(edge - this.#edge, longestStep) })
    this.#edge = edge
    while (this.#steps.length > 0 && this.#steps[0]!.at < now - windowMs) this.#steps.shift()
  }

  /** Seconds that players stay behind; `part`: the longest part. */
  holdBack(part: number, now: number): number {
    const isNew = this.#since === null || now - this.#since < windowMs / 2
    const steps = this.#steps.map(({ seconds }) => seconds)
    return Math.max(isNew ? assumedStep : 0, ...steps) + 2 * part + margin
  }
}
