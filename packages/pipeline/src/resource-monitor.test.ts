import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLimitedCgroup } from '../test/limited-cgroup.ts'
import { type FreeResources, openResourceMonitor } from './resource-monitor.ts'

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
      load: 0,
      ioPressure: 0.125,
    })
  })

  it('are those of the tightest group around us, wherever these are mounted (cgroup v2)', async () => {
    const unified = '/sys/fs/cgroup/unified'
    const root = await machine('nested', {
      ...proc,
      '/proc/self/cgroup': '4:memory:/\n0::/kubepods/pod\\040a/ours\n'.replace('\\040', ' '),
      '/proc/self/mountinfo': `30 25 0:26 / ${unified} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n`,
      [`${unified}/kubepods/memory.max`]: '4000000000\n',
      [`${unified}/kubepods/memory.current`]: '3900000000\n',
      // What was read of files and is not needed again is given back when it is asked for.
      [`${unified}/kubepods/memory.stat`]: 'anon 1500000000\ninactive_file 2400000000\nactive_file 1\n',
      [`${unified}/kubepods/pod a/memory.max`]: 'max\n',
      [`${unified}/kubepods/pod a/cpu.max`]: '150000 100000\n',
      [`${unified}/kubepods/pod a/ours/memory.max`]: '9000000000\n',
      [`${unified}/kubepods/pod a/ours/memory.high`]: '3000000000\n',
      [`${unified}/kubepods/pod a/ours/memory.current`]: '500000000\n',
      [`${unified}/kubepods/pod a/ours/cpu.max`]: 'max 100000\n',
    })
    const { memoryBytes, cores } = await openResourceMonitor(root).read()
    expect([memoryBytes, cores]).toEqual([2.5e9, 1.5])
  })

  it('are those of the mount where our group lies outside of what we see (cgroup v1 in a container)', async () => {
    const root = await machine('container', {
      ...proc,
      '/proc/self/cgroup': '7:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n',
      '/proc/self/mountinfo':
        '1 2 0:1 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n' +
        '1 2 0:2 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '2000000000\n',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '1500000000\n',
      '/sys/fs/cgroup/memory/memory.stat': 'inactive_file 1\ntotal_inactive_file 700000000\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '25000\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    })
    const { memoryBytes, cores } = await openResourceMonitor(root).read()
    expect([memoryBytes, cores]).toEqual([1.2e9, 0.25])
  })

  it('have for load what was busy since the last reading, of our processors and of our group', async () => {
    const stat = (...busy: number[]) => busy.map((ticks, cpu) => `cpu${cpu} ${ticks} 0 0 9999 50 0 0 0 0 0\n`).join('')
    const at = '/sys/fs/cgroup/cpu'
    const root = await machine('busy', {
      ...proc,
      '/proc/self/status': 'Cpus_allowed_list:\t0-1,3\n',
      '/proc/stat': `cpu  1 2 3\n${stat(100, 200, 300, 400)}`,
    })
    let now = 10
    const monitor = openResourceMonitor(root, () => now)
    expect((await monitor.read()).load).toBe(1.25)
    // In 2 s: 1 s on the first, 2 s on one that is not ours, half a second on the last.
    await writeFile(join(root, 'proc/stat'), stat(200, 200, 500, 450))
    now = 12
    expect((await monitor.read()).load).toBe(0.75)
    // Too soon to tell anything new.
    now = 12.01
    expect((await monitor.read()).load).toBe(0.75)
    const quota = { [`${at}/cpu.cfs_quota_us`]: '200000', [`${at}/cpu.cfs_period_us`]: '100000' }
    await machine('busy', { ...quota, '/sys/fs/cgroup/cpuacct/cpuacct.usage': '1000000000' })
    now = 13
    await monitor.read()
    await writeFile(join(root, 'sys/fs/cgroup/cpuacct/cpuacct.usage'), '4000000000')
    now = 15
    expect(await monitor.read()).toMatchObject({ cores: Math.min(2, availableParallelism()), load: 1.5 })
  })

  it('are what a real group of the kernel leaves: its memory but for the page cache, its share of a core', async () => {
    const [memoryBytes, cores] = [400 * 2 ** 20, 0.5]
    const group = makeLimitedCgroup(memoryBytes, cores)
    if (group === null) {
      // Only root may, and only where control groups are there to be written.
      expect(() => {
        accessSync('/sys/fs/cgroup', constants.W_OK)
        if (process.getuid?.() !== 0) throw new Error('not root')
        accessSync('/sys/fs/cgroup/cgroup.procs', constants.W_OK)
      }).toThrow()
      return
    }
    try {
      const program = fileURLToPath(new URL('../test/monitor-process.ts', import.meta.url))
      const enter = group.entrances.map((file) => `echo $$ > '${file}'`).join(' && ')
      // Not where files are memory: their pages are no cache.
      const command = `${enter} && exec "$@"`
      const args = ['-c', command, 'sh', process.execPath, program, dirname(program)]
      const { stdout } = await promisify(execFile)('sh', args)
      const { first, second, taken } = JSON.parse(stdout) as Record<'first' | 'second', FreeResources> & {
        taken: number
      }
      expect(first.cores).toBe(cores)
      expect(first.memoryBytes).toBeLessThan(memoryBytes)
      expect(first.memoryBytes).toBeGreaterThan(memoryBytes / 2)
      const less = first.memoryBytes - second.memoryBytes
      expect(less).toBeGreaterThan(taken * 0.9)
      expect(less).toBeLessThan(taken + 32 * 2 ** 20)
      // Two wanted a core each, for most of the time.
      expect(second.load).toBeGreaterThan(0)
      expect(second.load).toBeLessThan(cores + 0.2)
    } finally {
      await group.remove()
    }
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
