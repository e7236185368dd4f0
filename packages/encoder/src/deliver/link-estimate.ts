/** How many connections a link is worth: one more while that brought more, one less when they fail. */
export interface LinkEstimate {
  readonly wanted: number
  delivered(bytes: number, elapsedMs: number): void
  failed(): void
  /** Called every second. */
  tick(pending: number): void
}

/** Seconds in which a number of connections is judged. */
const trialTicks = 5

export function openLinkEstimate({ least, most }: { least: number; most: number }): LinkEstimate {
  let wanted = Math.min(Math.max(least, 1), most)
  let bytes = 0
  let failures = 0
  let ticks = 0
  let bestRate = 0
  let bestCount = wanted
  return {
    get wanted() {
      return wanted
    },
    delivered(count) {
      bytes += count
    },
    failed() {
      failures++
    },
    tick(pending) {
      ticks++
      if (ticks < trialTicks) return
      const rate = bytes / ticks
      const failed = failures > wanted
      ticks = 0
      bytes = 0
      failures = 0
      if (failed) {
        // A link that loses connections is not helped by more of them.
        wanted = Math.max(least, wanted - 1)
        bestRate = 0
        return
      }
      // With nothing waiting, the source and not the link sets the pace.
      if (pending <= wanted) return
      if (rate > bestRate * 1.05) {
        bestRate = rate
        bestCount = wanted
        wanted = Math.min(most, wanted + 1)
      } else {
        wanted = bestCount
        // The link changes: what was best is forgotten slowly, and more is tried again.
        bestRate *= 0.9
      }
    },
  }
}
