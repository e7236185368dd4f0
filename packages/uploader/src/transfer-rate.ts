const windowMs = 5000

/** Bytes a second over the last few seconds, of a count that only grows. */
export class TransferRate {
  #points: { at: number; bytes: number }[] = []

  /** `bytes` at `now` (ms): the rate since the earliest point in the window. */
  of(bytes: number, now: number): number {
    if ((this.#points.at(-1)?.bytes ?? 0) > bytes) this.#points = []
    this.#points.push({ at: now, bytes })
    while (this.#points.length > 2 && now - this.#points[1]!.at > windowMs) this.#points.shift()
    const first = this.#points[0]!
    return now - first.at < 200 ? 0 : ((bytes - first.bytes) / (now - first.at)) * 1000
  }
}
