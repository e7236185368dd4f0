import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'

/** Which process something is of: ids are given anew, and in containers that share a folder several have the same. */
export type ProcessIdentity = {
  pid: number
  /** When it began, in ticks since the system did (proc_pid_stat(5)); 0 where that can't be told. */
  startedAt: number
  /** Hashed: which boot of which machine, and which namespace of process ids. */
  world: string
}

let own: ProcessIdentity | undefined

export function ownIdentity(): ProcessIdentity {
  own ??= { pid: process.pid, startedAt: startOf(process.pid) ?? 0, world: worldOf() }
  return own
}

/** Null where it can't be told from here: it is one of another machine, or of another container. */
export function isProcessAlive({ pid, startedAt, world }: ProcessIdentity): boolean | null {
  if (world !== ownIdentity().world) return null
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
  const start = startOf(pid)
  return start === null || startedAt === 0 || start === startedAt
}

/** Null without Linux's /proc. */
function startOf(pid: number): number | null {
  try {
    // The name in brackets may have any character, brackets too.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!.split(' ')
    return Number(fields[19])
  } catch {
    return null
  }
}

function worldOf(): string {
  const parts = [
    () => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1'),
    () => readlinkSync('/proc/self/ns/pid'),
  ].map((read) => {
    try {
      return read()
    } catch {
      return ''
    }
  })
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)
}
