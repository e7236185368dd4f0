import type { FreeResources } from './resource-monitor.ts'
import type { Candidate } from './ruleset.ts'

/** What a task is expected to take. */
export type Demand = { memoryBytes: number; cores: number }

/** Above it, more at once only makes all of them wait for the disk. */
const mostIoPressure = 0.6

/**
 * Whether another task has room beside those that run. One always may: expectations are guesses, and a job that never begins
 * is worse than one that is slow.
 *
 * @param free as measured now, with what the running ones have taken by now
 * @param total free memory before any of ours ran
 */
export function hasRoom(
  next: Demand,
  running: readonly Demand[],
  free: FreeResources,
  totalMemoryBytes: number,
): boolean {
  if (running.length === 0) return true
  if (free.ioPressure !== null && free.ioPressure > mostIoPressure) return false
  const ourCores = sum(running, 'cores')
  // What others do to the processor counts as taken; what is ours is in the load as well.
  const foreign = Math.max(0, free.load - ourCores)
  if (ourCores + next.cores > Math.max(1, free.cores - foreign)) return false
  // Those that have just begun will take more than they have: their expectation counts, and the measure where it is worse.
  return next.memoryBytes <= Math.min(free.memoryBytes, totalMemoryBytes - sum(running, 'memoryBytes'))
}

/** @param bytes of what it takes */
export function expectedSeconds({ seconds, secondsPerMb = 0 }: Candidate, bytes: number): number {
  return seconds + (secondsPerMb * bytes) / 1e6
}

export function demandOf({ memoryBytes, cores = 1 }: Candidate): Demand {
  return { memoryBytes, cores }
}

function sum(demands: readonly Demand[], of: keyof Demand): number {
  return demands.reduce((total, demand) => total + demand[of], 0)
}
