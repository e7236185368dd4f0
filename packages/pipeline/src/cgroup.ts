// Limits of the control groups that this process is in, and of those around them: cgroups(7), both versions, also side by side.
import { posix } from 'node:path'

export type OwnCgroups = {
  /** Left below each limit. */
  freeBytes: number[]
  quotas: { name: string; cores: number; busySeconds: number | null }[]
  /** Text of the innermost `io.pressure`. */
  ioPressure: string | null
}

type ReadText = (path: string) => Promise<string | null>

/** Folders of one hierarchy, our own first, then those around it. */
type Chain = readonly string[]
type Places = { unified: Chain; memory: Chain; cpu: Chain; cpuacct: Chain }

/** Where they usually are, where nothing says where. */
const usual: Places = {
  unified: ['/sys/fs/cgroup'],
  memory: ['/sys/fs/cgroup/memory'],
  cpu: ['/sys/fs/cgroup/cpu'],
  cpuacct: ['/sys/fs/cgroup/cpuacct'],
}

export async function ownCgroups(text: ReadText): Promise<OwnCgroups> {
  const [own, mounts] = await Promise.all([text('/proc/self/cgroup'), text('/proc/self/mountinfo')])
  const places = own === null || mounts === null ? usual : placesOf(own, mounts)
  const [memory, quotas, pressures] = await Promise.all([
    Promise.all([
      ...places.unified.map((at) => freeUnified(text, at)),
      ...places.memory.map((at) => freeLegacy(text, at)),
    ]),
    Promise.all([
      ...places.unified.map((at) => quotaUnified(text, at)),
      ...places.cpu.map((at, index) => quotaLegacy(text, at, places.cpuacct[index])),
    ]),
    Promise.all(places.unified.map((at) => text(`${at}/io.pressure`))),
  ])
  return {
    freeBytes: memory.filter((free) => free !== null),
    quotas: quotas.filter((quota) => quota !== null),
    ioPressure: pressures.find((pressure) => pressure !== null) ?? null,
  }
}

/** @param own /proc/self/cgroup @param mounts /proc/self/mountinfo, proc_pid_mountinfo(5) */
function placesOf(own: string, mounts: string): Places {
  const paths = new Map<string, string>()
  for (const [, controllers, path] of own.matchAll(/^\d+:([^:\n]*):(\/.*)$/gm)) {
    for (const controller of controllers!.split(',')) paths.set(controller, path!)
  }
  const found: Record<string, Chain> = {}
  for (const line of mounts.split('\n')) {
    const [place, kind] = line.split(' - ')
    const [, , , root, point] = place!.split(' ')
    const [type, , options = ''] = kind?.split(' ') ?? []
    if (point === undefined || (type !== 'cgroup' && type !== 'cgroup2')) continue
    const controllers = type === 'cgroup2' ? [''] : options.split(',')
    for (const controller of controllers) {
      const path = paths.get(controller)
      // Bound into several places, the first one tells as much as the others.
      if (path !== undefined) found[controller] ??= chainOf(unescaped(point), unescaped(root!), path)
    }
  }
  const of = (controller: string): Chain => found[controller] ?? []
  return { unified: of(''), memory: of('memory'), cpu: of('cpu'), cpuacct: of('cpuacct') }
}

function chainOf(point: string, root: string, path: string): Chain {
  // What lies above the root of the mount cannot be seen: then the mount is all there is.
  const below = posix.relative(root, path)
  const folders = below === '' || below.startsWith('..') ? [] : below.split('/')
  return Array.from({ length: folders.length + 1 }, (_, up) => {
    return posix.join(point, ...folders.slice(0, folders.length - up))
  })
}

/** Octal escapes of spaces and their like. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

async function freeUnified(text: ReadText, at: string): Promise<number | null> {
  const [limits, used, stat] = await Promise.all([
    // Above `high` nothing is refused, but everything waits.
    Promise.all([text(`${at}/memory.max`), text(`${at}/memory.high`)]),
    text(`${at}/memory.current`),
    text(`${at}/memory.stat`),
  ])
  return freeOf(Math.min(...limits.map(numberOf)), numberOf(used), /^inactive_file (\d+)$/m.exec(stat ?? '')?.[1])
}

async function freeLegacy(text: ReadText, at: string): Promise<number | null> {
  const [limit, used, stat] = await Promise.all([
    text(`${at}/memory.limit_in_bytes`),
    text(`${at}/memory.usage_in_bytes`),
    text(`${at}/memory.stat`),
  ])
  return freeOf(numberOf(limit), numberOf(used), /^total_inactive_file (\d+)$/m.exec(stat ?? '')?.[1])
}

/** Pages of files that nobody has looked at again count as used, and are given back when memory is asked for. */
function freeOf(limit: number, used: number, inactive: string | undefined): number | null {
  // Without a limit the old hierarchy says 2^63 less a page, the new one "max".
  if (!(limit < 2 ** 53) || !Number.isFinite(used)) return null
  return limit - Math.max(0, used - Number(inactive ?? 0))
}

async function quotaUnified(text: ReadText, at: string): Promise<OwnCgroups['quotas'][number] | null> {
  const [max, stat] = await Promise.all([text(`${at}/cpu.max`), text(`${at}/cpu.stat`)])
  const [quota, period] = (max ?? '').split(' ').map(numberOf)
  const microseconds = /^usage_usec (\d+)$/m.exec(stat ?? '')?.[1]
  return quotaOf(at, quota, period, microseconds === undefined ? null : Number(microseconds) / 1e6)
}

async function quotaLegacy(
  text: ReadText,
  at: string,
  accounting: string | undefined,
): Promise<OwnCgroups['quotas'][number] | null> {
  const [quota, period, used] = await Promise.all([
    text(`${at}/cpu.cfs_quota_us`),
    text(`${at}/cpu.cfs_period_us`),
    accounting === undefined ? null : text(`${accounting}/cpuacct.usage`),
  ])
  return quotaOf(at, numberOf(quota), numberOf(period), used === null ? null : numberOf(used) / 1e9)
}

function quotaOf(
  name: string,
  quota: number | undefined,
  period: number | undefined,
  busySeconds: number | null,
): OwnCgroups['quotas'][number] | null {
  const isLimited = quota !== undefined && quota > 0 && quota < Number.POSITIVE_INFINITY && period! > 0
  return isLimited ? { name, cores: quota / period!, busySeconds } : null
}

/** Infinite where there is none: `max`, or no such file. */
function numberOf(text: string | null | undefined): number {
  const trimmed = text?.trim() ?? ''
  return /^-?\d+$/.test(trimmed) ? Number(trimmed) : Number.POSITIVE_INFINITY
}
