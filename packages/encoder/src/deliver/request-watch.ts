// Ends a request whose connection does not come to stand, or on which nothing moves.
import type { ClientRequest } from 'node:http'
import type { LinkPulse } from './link-pulse.ts'

/** A slow disk may take so long to sync and read back a large file. */
const longestIdleMs = 30_000
/** Of one request without a byte moving, while other connections are answered. */
const longestPatienceMs = 20_000

export type RequestTimes = {
  /** For a connection to stand. */
  connectMs: number
  /** Without a byte moving either way; doubled each time that a connection stood and none came, until an answer does. */
  idleMs: number
}

/** To be called with each request as it is made. Resolves when its connection stands; where none does, never. */
export type RequestWatch = (sending: ClientRequest) => Promise<void>

/** @param pulse of all connections over this link */
export function openRequestWatch(isSecure: boolean, times: RequestTimes, pulse: LinkPulse): RequestWatch {
  let { idleMs } = times
  return (sending) => {
    const openedAt = performance.now()
    const idleOfThis = idleMs
    const connecting = setTimeout(() => sending.destroy(new Error('no connection')), times.connectMs)
    sending.once('close', () => clearTimeout(connecting))
    sending.once('response', (response) => {
      pulse.beat()
      response.once('end', () => {
        idleMs = times.idleMs
      })
    })
    return new Promise((resolve) => {
      sending.once('socket', (socket) => {
        function onIdle(): void {
          // Where others are answered, packets are lost and not the link: TCP gets there, and nothing has to be sent twice.
          if (pulse.beatWithin(idleOfThis) && performance.now() - openedAt < longestPatienceMs) {
            socket.setTimeout(idleOfThis)
            return
          }
          idleMs = Math.min(idleMs * 2, longestIdleMs)
          sending.destroy(new Error('nothing moved'))
        }
        const stands = (): void => {
          clearTimeout(connecting)
          resolve()
        }
        // Not the request's own timeout, which is told once only; the agent sets that of a socket that it keeps.
        socket.setTimeout(idleOfThis)
        socket.on('timeout', onIdle)
        sending.once('close', () => socket.off('timeout', onIdle))
        if (socket.connecting) socket.once(isSecure ? 'secureConnect' : 'connect', stands)
        else stands()
      })
    })
  }
}
