// Ends a request whose connection does not come to stand, or on which nothing moves.
import type { ClientRequest } from 'node:http'
import type { LinkPulse } from './link-pulse.ts'

/** A slow disk may take so long to sync and read back a large file. */
export const longestIdleMs = 30_000
/** Of one request without a byte moving, while other connections are answered. */
const longestPatienceMs = 20_000

export type RequestWatch = {
  /** For a connection to stand. */
  connectMs: number
  /** Without a byte moving either way. */
  idleMs: number
  /** Of all connections over this link. */
  pulse: LinkPulse
  /** It was given up because nothing moved. */
  onSilence(): void
}

/** To be called as the request is made. Resolves when its connection stands; where none does, never. */
export function watchRequest(sending: ClientRequest, isSecure: boolean, watch: RequestWatch): Promise<void> {
  const { connectMs, idleMs, pulse } = watch
  const connecting = setTimeout(() => sending.destroy(new Error('no connection')), connectMs)
  sending.once('close', () => clearTimeout(connecting))
  const openedAt = performance.now()
  sending.once('response', () => pulse.beat())
  return new Promise((resolve) => {
    sending.once('socket', (socket) => {
      function onIdle(): void {
        // Where others are answered, packets are lost and not the link: TCP gets there, and nothing has to be sent twice.
        if (pulse.beatWithin(idleMs) && performance.now() - openedAt < longestPatienceMs) {
          socket.setTimeout(idleMs)
          return
        }
        watch.onSilence()
        sending.destroy(new Error('nothing moved'))
      }
      const stands = (): void => {
        clearTimeout(connecting)
        resolve()
      }
      // Not the request's own timeout, which is told once only; the agent sets that of a socket that it keeps.
      socket.setTimeout(idleMs)
      socket.on('timeout', onIdle)
      sending.once('close', () => socket.off('timeout', onIdle))
      if (socket.connecting) socket.once(isSecure ? 'secureConnect' : 'connect', stands)
      else stands()
    })
  })
}
