/** Groups that still run; each is led by a program that we started. */
const living = new Set<number>()
let isWatching = false

/** From now on this group is killed when our own process ends in an orderly way; else PR_SET_PDEATHSIG does it. */
export function watchGroup(leader: number): void {
  living.add(leader)
  if (isWatching) return
  isWatching = true
  process.on('exit', () => {
    for (const each of living) signalGroup(each, 'SIGKILL')
  })
}

/** The leader has ended: what it started and left behind ends too. */
export function endGroup(leader: number): void {
  living.delete(leader)
  signalGroup(leader, 'SIGKILL')
}

/** False when nobody of it is there any more. */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-leader, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
