// What this machine has left, or the container that we are in: read where Linux tells it, else from Node.
import { readFile } from 'node:fs/promises'
import { availableParallelism, freemem, loadavg } from 'node:os'

export type FreeResources = {
  /** Bytes that can be had without anything else being pushed out. */
  memoryBytes: number
  /** That may be used, whether or not they are busy. */
  cores: number
  /** Processes that ran or wanted to, on average of the last minute. */
  load: number
  /** Part of the last 10 s in which something waited for a disk: 0 to 1; null where nobody counts it. */
  ioPressure: number | null
}

export interface ResourceMonitor {
  read(): Promise<FreeResources>
}

/** @param root of the file system, for tests */
export function openResourceMonitor(root = ''): ResourceMonitor {
  const text = async (path: string): Promise<string | null> => readFile(`${root}${path}`, 'utf8').catch(() => null)
  return {
    async read() {
      const [meminfo, unified, legacy, quota, quotaMicroseconds, periodMicroseconds, load, pressure] =
        await Promise.all([
          text('/proc/meminfo'),
          both(text, '/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory.current'),
          both(text, '/sys/fs/cgroup/memory/memory.limit_in_bytes', '/sys/fs/cgroup/memory/memory.usage_in_bytes'),
          text('/sys/fs/cgroup/cpu.max'),
          text('/sys/fs/cgroup/cpu/cpu.cfs_quota_us'),
          text('/sys/fs/cgroup/cpu/cpu.cfs_period_us'),
          text('/proc/loadavg'),
          text('/proc/pressure/io'),
        ])
      const available = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo ?? '')?.[1]
      const limits = [available === undefined ? freemem() : Number(available) * 1024]
      for (const limit of [unified, legacy]) if (limit !== null) limits.push(limit)
      const cores = [
        availableParallelism(),
        quotient(quota?.split(' ')),
        quotient([quotaMicroseconds, periodMicroseconds]),
      ]
      const waited = /^some avg10=([\d.]+)/m.exec(pressure ?? '')?.[1]
      return {
        memoryBytes: Math.max(0, Math.min(...limits)),
        cores: Math.min(...cores.filter((each) => each !== null)),
        load: Number(load?.split(' ')[0] ?? loadavg()[0]),
        ioPressure: waited === undefined ? null : Number(waited) / 100,
      }
    },
  }
}

/** Limit and use; null where there is no limit. The page cache counts as used, and is given back when asked for. */
async function both(
  text: (path: string) => Promise<string | null>,
  limitPath: string,
  usedPath: string,
): Promise<number | null> {
  const [limit, used] = (await Promise.all([text(limitPath), text(usedPath)])).map((each) =>
    Number(each?.trim() || Number.NaN),
  )
  // Without a limit the old hierarchy says 2^63 less a page, the new one "max".
  return Number.isFinite(limit) && Number.isFinite(used) && limit! < 2 ** 53 ? limit! - used! : null
}

function quotient(pair: readonly (string | null)[] | undefined): number | null {
  const [quota, period] = (pair ?? []).map((each) => Number(each?.trim() || Number.NaN))
  return quota! > 0 && period! > 0 ? quota! / period! : null
}
