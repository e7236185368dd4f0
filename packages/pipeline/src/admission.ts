import type { FreeResources } from './resource-monitor.ts'
import type { Candidate } from './ruleset.ts'

/** What a task is expected to take. */
export type Demand = { memoryBytes: number; cores: number }

/** Left to what goes before all tasks, while there is such. */
export const reserve: Demand = { memoryBytes: 256 * 2 ** 20, cores: 1 }

/** Above it, more at once only makes all of them wait for the disk. */
const mostIoPressure = { alone: 0.6, yielding: 0.2 }

/** Cores that a system is busy with besides, here and there: for these none of ours stands idle. */
const usualLoad = 0.5

/**
 * Whether another task has room beside those that run. One always may: expectations are guesses, and a job that never begins
 * is worse than one that is slow. Only where it would take the memory of what goes before it, not even one.
 *
 * @param free as measured now, with what the running ones have taken by now; `load` with all of theirs
 * @param totalMemoryBytes free memory before any of ours ran
 * @param isYielding something else goes before
 */
export function hasRoom(
  next: Demand,
  running: readonly Demand[],
  free: FreeResources,
  totalMemoryBytes: number,
  isYielding = false,
): boolean {
  const kept = isYielding ? reserve : { memoryBytes: 0, cores: 0 }
  // Those that have just begun will take more than they have: their expectation counts, and the measure where it is worse.
  const memoryBytes = Math.min(free.memoryBytes, totalMemoryBytes - sum(running, 'memoryBytes')) - kept.memoryBytes
  if (running.length === 0) return !isYielding || next.memoryBytes <= memoryBytes
  const mostPressure = isYielding ? mostIoPressure.yielding : mostIoPressure.alone
  if (free.ioPressure !== null && free.ioPressure > mostPressure) return false
  const ourCores = sum(running, 'cores')
  // What others do to the processor counts as taken; what is ours is in the load as well.
  const foreign = Math.max(0, free.load - ourCores - usualLoad)
  if (ourCores + next.cores > Math.max(1, free.cores - foreign - kept.cores)) return false
  return next.memoryBytes <= memoryBytes
}

/** @param bytes of what it takes */
export function expectedSeconds({ seconds, secondsPerMb = 0 }: Candidate, bytes: number): number {
  return seconds + (secondsPerMb * bytes) / 1e6
}

export function demandOf({ memoryBytes, cores = 1 }: Candidate): Demand {
  return { memoryBytes, cores }
}

export function sum(demands: Iterable<Demand>, of: keyof Demand): number {
  let total = 0
  for (const demand of demands) total += demand[of]
  return total
}
