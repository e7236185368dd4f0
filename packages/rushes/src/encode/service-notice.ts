// Tells systemd how a service is (sd_notify(3)). That is a datagram on a Unix socket, which Node can't send; the program
// that comes with systemd can.
import { runProgram } from '@rushes/sandbox'

export interface ServiceNotice {
  /** It records. */
  ready(): void
  /** One line for systemctl status; keeps the watchdog quiet. */
  status(text: string): void
  reloading(): Promise<void>
  stopping(): void
}

const silent: ServiceNotice = { ready() {}, status() {}, async reloading() {}, stopping() {} }

const everyMs = 10_000

/** Where no service manager listens it says nothing. */
export function openServiceNotice(environment: NodeJS.ProcessEnv = process.env): ServiceNotice {
  const socket = environment['NOTIFY_SOCKET']
  if (socket === undefined) return silent
  // sd_watchdog_enabled(3): half of the time that is given, at most.
  const watchdogMs = Number(environment['WATCHDOG_USEC'] ?? 0) / 1000
  const leastMs = watchdogMs > 0 ? Math.min(everyMs, watchdogMs / 3) : everyMs
  let saidAt = Number.NEGATIVE_INFINITY
  let last: Promise<unknown> = Promise.resolve()

  /** One after the other, as they were said. A service manager that doesn't listen is no reason to end. */
  function say(...args: string[]): Promise<unknown> {
    const send = () =>
      runProgram({ program: 'systemd-notify', args, environment: { NOTIFY_SOCKET: socket! }, timeLimitMs: 5000 })
    last = last.then(send).catch(() => {})
    return last
  }

  return {
    ready: () => void say('READY=1'),
    status(text) {
      if (performance.now() - saidAt < leastMs) return
      saidAt = performance.now()
      void say('WATCHDOG=1', `STATUS=${text}`)
    },
    reloading: async () => void (await say('RELOADING=1')),
    stopping: () => void say('STOPPING=1'),
  }
}
