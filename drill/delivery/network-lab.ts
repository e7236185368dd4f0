// A network of one's own: encoder, server and decoder, each in a network namespace, joined by veth through a middle one
// that loses packets (nftables), limits the rate (TBF), and delays what passes its relay. Root only, nothing else is touched.
//
//   enc 10.77.1.2 ── 10.77.1.1 ┐
//   srv 10.77.2.2 ── 10.77.2.1 ├ middle (forwards; the relay listens on all of its addresses)
//   dec 10.77.3.2 ── 10.77.3.1 ┘        srv has one more way to the drill itself, which no fault touches
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { killNow, runProgram, type Scene } from '../scene.ts'

export const labPrograms: readonly string[] = ['ip', 'tc', 'nft']

export type LabHost = 'enc' | 'srv' | 'dec' | 'mid'

export type LinkRules = {
  /** Share of the packets that the middle drops, each way, 0 to 1. */
  loss?: number
  /** Drops everything. */
  down?: boolean
}

export interface NetworkLab {
  /** What a program's command line begins with to run in a namespace; its process ID stays that of what is started. */
  inside(host: LabHost): readonly string[]
  /** Of a host, as the others reach it. */
  readonly addresses: Record<'srv' | 'midForEnc' | 'midForDec', string>
  /** Of the server, as the drill itself reaches it. */
  readonly serverForDrill: string
  setRules(rules: LinkRules): void
  /** Bits a second in every direction. */
  limitRate(bitsPerSecond: number): void
  /** The congestion control of all connections that are opened from now on. */
  setCongestionControl(name: string): void
  /** The encoder's machine gets another address; the old one is gone without a word. */
  changeEncoderAddress(): void
}

const prefix = 'rushes-drill-'
let labs = 0

/** Null where namespaces can be made, else why not. */
export function whyNoLab(): string | null {
  if (process.getuid?.() !== 0) return 'it makes network namespaces, so it has to run as root'
  const name = `${prefix}${process.pid}-try`
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' })
  if (made.status !== 0) return `network namespaces can't be made here: ${(made.stderr ?? String(made.error)).trim()}`
  spawnSync('ip', ['netns', 'del', name])
  return null
}

export function openNetworkLab(scene: Scene): NetworkLab {
  removeAbandoned()
  const lab = ++labs
  const name = (host: LabHost): string => `${prefix}${process.pid}-${lab}-${host}`
  const ip = (host: LabHost | null, ...args: string[]): string =>
    runProgram('ip', [...(host === null ? [] : ['-n', name(host)]), ...args])
  const exec = (host: LabHost, ...args: string[]): string => runProgram('ip', ['netns', 'exec', name(host), ...args])
  const hosts: readonly LabHost[] = ['mid', 'enc', 'srv', 'dec']
  scene.onEnd(() => {
    for (const host of hosts) removeNamespace(name(host))
  })
  for (const host of hosts) {
    ip(null, 'netns', 'add', name(host))
    ip(host, 'link', 'set', 'lo', 'up')
  }
  for (const [index, host] of (['enc', 'srv', 'dec'] as const).entries()) {
    const net = `10.77.${index + 1}`
    ip('mid', 'link', 'add', host, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name(host))
    ip('mid', 'addr', 'add', `${net}.1/24`, 'dev', host)
    ip(host, 'addr', 'add', `${net}.2/24`, 'dev', 'eth0')
    // One packet is one packet: the kernel's bundles of 64 kB would be lost whole.
    for (const [at, device] of [
      ['mid', host],
      [host, 'eth0'],
    ] as const) {
      ip(at, 'link', 'set', 'dev', device, 'gso_max_segs', '1', 'up')
    }
    ip(host, 'route', 'add', 'default', 'via', `${net}.1`)
  }
  exec('mid', 'sysctl', '-qw', 'net.ipv4.ip_forward=1')

  // RFC 2544's addresses are nobody's; a drill beside this one has others of them.
  const slot = (process.pid * 8 + lab) % 32_768
  const own = (host: number): string => {
    const number = slot * 4 + host
    return `198.${18 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`
  }
  const device = `rd${slot}`
  spawnSync('ip', ['link', 'del', device])
  ip(null, 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'drill', 'netns', name('srv'))
  scene.onEnd(() => void spawnSync('ip', ['link', 'del', device]))
  ip(null, 'addr', 'add', `${own(1)}/30`, 'dev', device)
  ip(null, 'link', 'set', device, 'up')
  ip('srv', 'addr', 'add', `${own(2)}/30`, 'dev', 'drill')
  ip('srv', 'link', 'set', 'drill', 'up')

  let encoderAddress = 2
  const self: NetworkLab = {
    inside: (host) => ['ip', 'netns', 'exec', name(host)],
    addresses: { srv: '10.77.2.2', midForEnc: '10.77.1.1', midForDec: '10.77.3.1' },
    serverForDrill: own(2),
    setRules({ loss = 0, down = false }) {
      const verdict = down ? 'drop' : `numgen random mod 10000 < ${Math.round(loss * 10_000)} drop`
      const chain = (hook: string): string =>
        `chain ${hook} { type filter hook ${hook} priority -300; ${down || loss > 0 ? verdict : ''}\n}`
      // What comes to the middle, and what the relay itself sends: each link is lossy once in each direction.
      const rules = `table inet lab {}\ndelete table inet lab\ntable inet lab {\n${chain('prerouting')}\n${chain('output')}\n}\n`
      const done = spawnSync('ip', ['netns', 'exec', name('mid'), 'nft', '-f', '-'], { input: rules, encoding: 'utf8' })
      if (done.status !== 0) throw new Error(`nft: ${done.stderr}`)
    },
    limitRate(bitsPerSecond) {
      const tbf = ['root', 'tbf', 'rate', `${bitsPerSecond}bit`, 'burst', '16kb', 'latency', '200ms']
      for (const host of ['enc', 'srv', 'dec'] as const) {
        exec('mid', 'tc', 'qdisc', 'replace', 'dev', host, ...tbf)
        exec(host, 'tc', 'qdisc', 'replace', 'dev', 'eth0', ...tbf)
      }
    },
    setCongestionControl(control) {
      // By route: the kernel keeps a namespace from choosing its default freely.
      for (const [index, host] of (['enc', 'srv', 'dec'] as const).entries()) {
        const link = [`10.77.${index + 1}.0/24`, 'scope', 'link', 'congctl', control]
        ip('mid', 'route', 'replace', ...link, 'dev', host)
        ip(host, 'route', 'replace', ...link, 'dev', 'eth0')
        ip(host, 'route', 'replace', 'default', 'via', `10.77.${index + 1}.1`, 'congctl', control)
      }
    },
    changeEncoderAddress() {
      ip('enc', 'addr', 'del', `10.77.1.${encoderAddress}/24`, 'dev', 'eth0')
      ip('enc', 'addr', 'add', `10.77.1.${++encoderAddress}/24`, 'dev', 'eth0')
      ip('enc', 'route', 'replace', 'default', 'via', '10.77.1.1')
    },
  }
  self.setRules({})
  return self
}

/** What a drill left behind that was killed. */
function removeAbandoned(): void {
  for (const name of namespaces()) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]
    if (pid !== undefined && !isRunning(Number(pid))) removeNamespace(name)
  }
}

function namespaces(): string[] {
  try {
    return readdirSync('/run/netns')
  } catch {
    return []
  }
}

function removeNamespace(name: string): void {
  const { stdout } = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' })
  for (const pid of (stdout ?? '').split('\n')) if (pid !== '') killNow(Number(pid))
  spawnSync('ip', ['netns', 'del', name])
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
