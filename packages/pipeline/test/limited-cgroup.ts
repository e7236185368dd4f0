// A control group with limits of its own, made by hand: no systemd is needed for it.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type LimitedCgroup = {
  version: 1 | 2
  /** Files into which a process writes its number to be in it. */
  entrances: string[]
  remove(): Promise<void>
}

const root = '/sys/fs/cgroup'

/** Null: this machine lets us make none. */
export function makeLimitedCgroup(memoryBytes: number, cores: number): LimitedCgroup | null {
  const name = `rushes-test-${process.pid}`
  const made: string[] = []
  const make = (at: string, limits: Readonly<Record<string, string>>): void => {
    mkdirSync(at)
    made.push(at)
    for (const [file, text] of Object.entries(limits)) writeFileSync(join(at, file), text)
  }
  const quota = Math.round(cores * 100_000)
  try {
    const version = existsSync(join(root, 'memory')) ? 1 : 2
    if (version === 1) {
      // Below the one that we are in, so that limits further out are looked at, too.
      const own = /^\d+:memory:(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/'
      make(join(root, 'memory', own, name), { 'memory.limit_in_bytes': String(memoryBytes) })
      make(join(root, 'memory', own, name, 'inner'), {})
      make(join(root, 'cpu', name), { 'cpu.cfs_period_us': '100000', 'cpu.cfs_quota_us': String(quota) })
      if (!existsSync(join(root, 'cpuacct', name))) make(join(root, 'cpuacct', name), {})
    } else make(join(root, name), { 'memory.max': String(memoryBytes), 'cpu.max': `${quota} 100000` })
    const entrances = made.filter((at) => !made.includes(join(at, 'inner'))).map((at) => join(at, 'cgroup.procs'))
    return { version, entrances, remove: () => removeAll(made) }
  } catch {
    void removeAll(made)
    return null
  }
}

async function removeAll(made: string[]): Promise<void> {
  for (const at of made.splice(0).reverse()) {
    // What has just left it is still counted for a moment.
    for (let attempt = 0; attempt < 50; attempt++) {
      try {
        rmdirSync(at)
        break
      } catch {
        await sleep(20)
      }
    }
  }
}
