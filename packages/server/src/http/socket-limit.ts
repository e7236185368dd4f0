import { readFileSync } from 'node:fs'
import type { Server } from 'node:net'

type Log = { info(details: object, message: string): void; warn(details: object, message: string): void }

/** Being full is said this often at most. */
const sayAgainMs = 60_000

/**
 * Bounds how many sockets are open at once, and says so. Each costs a file of the process: without a bound of our own the
 * system's would be reached first, and then it is the files of recordings that can't be opened.
 */
export function limitSockets(server: Server, wanted: number, log: Log): void {
  const files = openFileLimit()
  // A quarter is left to recordings, their readers and the database.
  const most = Math.min(wanted, Math.floor(files * 0.75))
  server.maxConnections = most
  if (most < wanted) log.warn({ most, wanted, files }, 'fewer sockets than wanted: raise the limit of open files')
  else log.info({ most }, 'sockets that may be open at once')
  let saidAt = Number.NEGATIVE_INFINITY
  server.on('drop', () => {
    const now = performance.now()
    if (now - saidAt < sayAgainMs) return
    saidAt = now
    log.warn({ most }, 'as many sockets are open as may be: others are turned away')
  })
}

/** What this process may have open; Node has raised it as far as it may. */
function openFileLimit(): number {
  try {
    const soft = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft)
  } catch {
    return Number.POSITIVE_INFINITY // no Linux: its own limit holds
  }
}
