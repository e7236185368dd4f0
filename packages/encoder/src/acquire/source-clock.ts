/** Windows of so many seconds, of which the last three are looked at. */
const WINDOW_SECONDS = 10
const WINDOWS = 3
/** How fast the told clock may follow: 10 ms a second, twenty times what the worst quartz drifts. */
const SLEW = 0.01

/**
 * When a source's samples were made. What is known is when they arrive, which is later by what the way takes; the
 * least delayed of the last half minute tells the most. The answer follows it slowly, so that a later sample never has
 * an earlier wall clock.
 */
export class SourceClock {
  /** Least `arrival − media` of each window, ms; the newest last. */
  private readonly windows: { since: number; least: number }[] = []
  private offset: number | null = null
  private toldMs = 0

  /** A sample whose time ends at `mediaMs` was there at `arrivalMs`. */
  observe(arrivalMs: number, mediaMs: number): void {
    const delayed = arrivalMs - mediaMs
    const newest = this.windows.at(-1)
    if (newest !== undefined && mediaMs < newest.since + WINDOW_SECONDS * 1000) {
      newest.least = Math.min(newest.least, delayed)
      return
    }
    this.windows.push({ since: mediaMs, least: delayed })
    if (this.windows.length > WINDOWS) this.windows.shift()
  }

  /** ms since the epoch at which the sample of `mediaMs` was made. Something must have been observed. */
  wallClock(mediaMs: number): number {
    const target = Math.min(...this.windows.map(({ least }) => least))
    if (this.offset === null) this.offset = target
    else {
      const most = Math.max(0, mediaMs - this.toldMs) * SLEW
      this.offset += Math.max(-most, Math.min(most, target - this.offset))
    }
    this.toldMs = Math.max(this.toldMs, mediaMs)
    return this.offset + mediaMs
  }
}
