import { CommandError } from '../output.ts'

/** For what was begun to be taken away, and the message to be read. */
const graceMs = 1000

export interface StopSignal extends Disposable {
  readonly signal: AbortSignal
  /** What the work gives, or the abort as soon as it comes: a server that has gone silent is not waited for. */
  unless<Result>(work: Promise<Result>): Promise<Result>
}

/**
 * Ctrl-C as an abort, so that what was begun is taken away again before the command ends.
 *
 * @param left what becomes of the work, for people
 */
export function listenForStop(left: string): StopSignal {
  const controller = new AbortController()
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => {})
  const stop = (): void => {
    const fault = new CommandError('stopped', `stopped: ${left}`)
    controller.abort(fault)
    reject(fault)
    // Only where something is still waited for.
    setTimeout(() => process.exit(1), graceMs).unref()
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  return {
    signal: controller.signal,
    unless: (work) => Promise.race([work, promise]),
    [Symbol.dispose]() {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  }
}
