import { constants, openSync, writeSync } from 'node:fs'

/** What a reader may be behind before it misses something, bytes. */
const most = 1_000_000

/** Answers whether it was written. */
export type Output = (text: string) => boolean

/**
 * Writes what can be written at once and throws the rest away: a terminal that hangs, a pager, or a program that stopped
 * reading must not hold up a recording. Node itself waits for terminals, and keeps all that a pipe doesn't take.
 */
export function nonblockingOutput(stream: NodeJS.WriteStream & { fd: 1 | 2 }): Output {
  // Nobody reads any more: that is no reason to end.
  stream.on('error', () => {})
  const terminal = stream.isTTY ? openAgain(stream.fd) : null
  if (terminal === null) {
    return (text) => {
      if (stream.writableLength >= most) return false
      stream.write(text)
      return true
    }
  }
  return (text) => {
    try {
      writeSync(terminal, text)
      return true
    } catch {
      // EAGAIN: it is full; EIO: it is gone.
      return false
    }
  }
}

/** Another open file description of the same terminal, so that not waiting is a property of ours alone; open(2). */
function openAgain(fd: number): number | null {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    return null
  }
}
