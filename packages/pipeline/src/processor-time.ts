// Time that processors were busy, as Linux counts it: proc_stat(5).

/** Every kernel that Node runs on tells user space this unit. */
const ticksPerSecond = 100

/** Numbers of the processors that this process may use; null: all. */
export function allowedProcessors(status: string): ReadonlySet<number> | null {
  const list = /^Cpus_allowed_list:\s+([\d,-]+)$/m.exec(status)?.[1]
  if (list === undefined) return null
  const allowed = new Set<number>()
  for (const range of list.split(',')) {
    const [first, last = first] = range.split('-').map(Number)
    for (let number = first!; number <= Math.min(last!, first! + 4096); number++) allowed.add(number)
  }
  return allowed
}

/** Of those processors together, since the machine started; what others of the same host took counts as well (steal). */
export function busySeconds(stat: string, allowed: ReadonlySet<number> | null): number | null {
  let ticks: number | null = null
  for (const [, number, times] of stat.matchAll(/^cpu(\d+) ([\d ]+)$/gm)) {
    if (allowed !== null && !allowed.has(Number(number))) continue
    // guest is in user already.
    const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0, steal = 0] = times!
      .split(' ')
      .map(Number)
    ticks = (ticks ?? 0) + user + nice + system + interrupts + softInterrupts + steal
  }
  return ticks === null ? null : ticks / ticksPerSecond
}
