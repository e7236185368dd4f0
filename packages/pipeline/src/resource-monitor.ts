// What this machine has left, or the container that we are in: read where Linux tells it, else from Node.
import { readFile } from 'node:fs/promises'
import { availableParallelism, freemem, loadavg } from 'node:os'
import { ownCgroups } from './cgroup.ts'
import { allowedProcessors, busySeconds } from './processor-time.ts'

export type FreeResources = {
  /** Bytes that can be had without anything else being pushed out. */
  memoryBytes: number
  /** That may be used, whether or not they are busy. */
  cores: number
  /** How many of them were busy since this was read last, with whatever; the first time the average of the last minute. */
  load: number
  /** Part of the last 10 s in which something waited for a disk: 0 to 1; null where nobody counts it. */
  ioPressure: number | null
}

export interface ResourceMonitor {
  read(): Promise<FreeResources>
}

/** Of the tightest of what surrounds us: the machine, and each control group that we are in. */
type Level = { name: string; cores: number; busySeconds: number | null }

/** Counters of processor time are 10 ms fine. */
const leastSeconds = 0.1

/**
 * @param root of the file system, for tests
 * @param clock s, for tests
 */
export function openResourceMonitor(root = '', clock: () => number = () => performance.now() / 1000): ResourceMonitor {
  const text = async (path: string): Promise<string | null> => readFile(`${root}${path}`, 'utf8').catch(() => null)
  let before: { at: number; busy: Map<string, number>; loads: Map<string, number> } | null = null

  /** Cores that were busy since the last time. */
  function loadsOf(levels: readonly Level[]): Map<string, number> {
    const at = clock()
    const seconds = before === null ? 0 : at - before.at
    if (before !== null && seconds < leastSeconds) return before.loads
    const busy = new Map<string, number>()
    const loads = new Map<string, number>()
    for (const level of levels) {
      if (level.busySeconds === null) continue
      busy.set(level.name, level.busySeconds)
      const earlier = before?.busy.get(level.name)
      if (earlier !== undefined) loads.set(level.name, Math.max(0, (level.busySeconds - earlier) / seconds))
    }
    before = { at, busy, loads }
    return loads
  }

  return {
    async read() {
      const [meminfo, stat, status, average, pressure, groups] = await Promise.all([
        text('/proc/meminfo'),
        text('/proc/stat'),
        text('/proc/self/status'),
        text('/proc/loadavg'),
        text('/proc/pressure/io'),
        ownCgroups(text),
      ])
      const available = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo ?? '')?.[1]
      const memory = [available === undefined ? freemem() : Number(available) * 1024, ...groups.freeBytes]
      const levels: Level[] = [
        {
          ...{ name: 'machine', cores: availableParallelism() },
          busySeconds: stat === null ? null : busySeconds(stat, allowedProcessors(status ?? '')),
        },
        ...groups.quotas,
      ]
      const loads = loadsOf(levels)
      const ofMachine = Number(average?.split(' ')[0] ?? loadavg()[0])
      const loaded = levels.map(({ name, cores }) => {
        // Of a group nobody counts the processes that wait: nothing is known of it the first time.
        return { cores, load: loads.get(name) ?? (name === 'machine' ? ofMachine : 0) }
      })
      const tightest = loaded.reduce((one, other) => (other.cores - other.load < one.cores - one.load ? other : one))
      const fewest = Math.min(...loaded.map(({ cores }) => cores))
      return {
        memoryBytes: Math.max(0, Math.min(...memory)),
        cores: fewest,
        // As if all of it were in the smallest: what is left stays what it is in the tightest.
        load: Math.max(0, tightest.load - (tightest.cores - fewest)),
        ioPressure: waited(pressure) ?? waited(groups.ioPressure),
      }
    },
  }
}

/** https://docs.kernel.org/accounting/psi.html */
function waited(pressure: string | null): number | null {
  const percent = /^some avg10=([\d.]+)/m.exec(pressure ?? '')?.[1]
  return percent === undefined ? null : Number(percent) / 100
}
