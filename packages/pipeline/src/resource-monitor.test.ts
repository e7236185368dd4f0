import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openResourceMonitor } from './resource-monitor.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-monitor-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function machine(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const root = join(folder, name)
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  return root
}

const proc = {
  '/proc/meminfo': 'MemTotal:       24000000 kB\nMemFree:         1000000 kB\nMemAvailable:   20000000 kB\n',
  '/proc/loadavg': '1.25 1.00 0.90 3/400 12345\n',
  '/proc/pressure/io': 'some avg10=12.50 avg60=1.00 avg300=0.50 total=1\nfull avg10=1.00 avg60=0 avg300=0 total=1\n',
}

describe('free resources', () => {
  it('are those of the container where its limits are lower (cgroup v2)', async () => {
    const root = await machine('unified', {
      ...proc,
      '/sys/fs/cgroup/memory.max': '4000000000\n',
      '/sys/fs/cgroup/memory.current': '1000000000\n',
      '/sys/fs/cgroup/cpu.max': '50000 100000\n',
    })
    expect(await openResourceMonitor(root).read()).toEqual({
      memoryBytes: 3e9,
      cores: 0.5,
      load: 1.25,
      ioPressure: 0.125,
    })
  })

  it('are those of the machine where the container has none (cgroup v1 and v2)', async () => {
    const root = await machine('legacy', {
      ...proc,
      '/sys/fs/cgroup/memory.max': 'max\n',
      '/sys/fs/cgroup/memory.current': '1000\n',
      '/sys/fs/cgroup/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '1000\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    })
    const { memoryBytes, cores } = await openResourceMonitor(root).read()
    expect([memoryBytes, cores]).toEqual([20_000_000 * 1024, availableParallelism()])
  })

  it('are told of this machine, and of one that tells nothing', async () => {
    for (const root of ['', await machine('silent', {})]) {
      const { memoryBytes, cores, load, ioPressure } = await openResourceMonitor(root).read()
      expect(memoryBytes).toBeGreaterThan(0)
      expect(memoryBytes).toBeLessThanOrEqual(totalmem())
      expect(cores).toBeGreaterThan(0)
      expect(load).toBeGreaterThanOrEqual(0)
      expect(ioPressure === null || (ioPressure >= 0 && ioPressure <= 1)).toBe(true)
    }
  })
})
