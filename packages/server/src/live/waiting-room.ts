import { LiveError } from './live-error.ts'

/** Requests that wait for what comes next: as many as there is room for, and none for long. */
export interface WaitingRoom {
  readonly waiting: number
  /**
   * Resolves when `until` holds, the time is over, or whoever asked is gone.
   *
   * @throws LiveError `too-many-viewers`
   */
  wait(about: object, until: () => boolean, ms: number, signal: AbortSignal): Promise<void>
  /** Something changed. */
  wake(about: object): void
}

type Waiter = { until: () => boolean; done(): void }

export function openWaitingRoom(most: number): WaitingRoom {
  const rooms = new WeakMap<object, Set<Waiter>>()
  let waiting = 0
  return {
    get waiting() {
      return waiting
    },

    async wait(about, until, ms, signal) {
      if (until() || signal.aborted) return
      if (waiting >= most) throw new LiveError('too-many-viewers', 'too many viewers wait here; try again')
      const room = rooms.get(about) ?? new Set<Waiter>()
      rooms.set(about, room)
      waiting++
      await new Promise<void>((resolve) => {
        const waiter: Waiter = {
          until,
          done() {
            if (!room.delete(waiter)) return
            waiting--
            clearTimeout(timer)
            signal.removeEventListener('abort', waiter.done)
            resolve()
          },
        }
        const timer = setTimeout(waiter.done, ms)
        room.add(waiter)
        signal.addEventListener('abort', waiter.done, { once: true })
      })
    },

    wake(about) {
      for (const waiter of rooms.get(about) ?? []) if (waiter.until()) waiter.done()
    },
  }
}
