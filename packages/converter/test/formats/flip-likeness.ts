import { type Entry, inOrder, type Track } from './tracks.ts'

/** Whether anyone could take these for changes of slide or speaker: times that grow irregularly, values that step. */
export function looksLikeFlips(entries: readonly Entry[], audioTicks: number): boolean {
  const gaps = entries.slice(1).map((entry, i) => entry.tick - entries[i]!.tick)
  if (gaps.length < 5 || gaps.some((gap) => gap < 0)) return false
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  if (mean * gaps.length < audioTicks / 20) return false
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length
  if (Math.sqrt(variance) < 0.1 * mean) return false
  const steps = entries.slice(1).map((entry, i) => Math.abs(entry.value - entries[i]!.value))
  const small = steps.filter((step) => step <= 10).length / steps.length
  return steps.some((step) => step > 0) && small > 0.5
}

/**
 * The tracks that look so, alone or, where a reader does not tell their kinds apart, any two or all as one; with those
 * counted in that have no value (where records are all alike they have a zero there), and without.
 */
export function flipLike(tracks: readonly Track[], audioTicks: number): string[] {
  const timed = tracks.filter((track) => track.timed)
  const groups = timed.flatMap((one, i) => [[one], ...timed.slice(i + 1).map((other) => [one, other])])
  return [...groups, timed]
    .filter((group) => {
      const entries = inOrder(group)
      const valued = entries.filter((entry) => entry.track.valued)
      return looksLikeFlips(entries, audioTicks) || looksLikeFlips(valued, audioTicks)
    })
    .map((group) => group.map((track) => track.kind).join('+'))
}
