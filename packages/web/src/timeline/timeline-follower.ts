import { ApiError, type TimelineView } from '@rushes/protocol'
import { type Moment, momentOf } from './moment.ts'

export type TimelineFollowerOptions = {
  /** One page, from this number on. */
  load(from: number): Promise<TimelineView>
  /** As they come. */
  onEvents?(events: TimelineView['events']): void
  /** There are more; by time. */
  onMoments(moments: readonly Moment[]): void
  /** How long to wait for more while it is recorded, and after a failure, ms. */
  everyMs?: number
}

/** Reads a recording's timeline to its end, and goes on while it grows, until it is closed. */
export function followTimeline(options: TimelineFollowerOptions): { close(): void } {
  const everyMs = options.everyMs ?? 2000
  let moments: Moment[] = []
  let closed = false
  let timer: ReturnType<typeof setTimeout> | undefined

  async function read(from: number): Promise<void> {
    let page: TimelineView
    try {
      page = await options.load(from)
    } catch (fault) {
      // The video plays without it: what is not there for us is left alone, what failed is tried again.
      const isRefused = fault instanceof ApiError && [401, 403, 404, 410].includes(fault.status)
      if (!closed && !isRefused) timer = setTimeout(() => void read(from), 5 * everyMs)
      return
    }
    if (closed) return
    if (page.events.length > 0) options.onEvents?.(page.events)
    const more = page.events.map(momentOf).filter((moment) => moment !== null)
    if (more.length > 0) {
      moments = [...moments, ...more].sort((a, b) => a.t - b.t || a.number - b.number)
      options.onMoments(moments)
    }
    const { next } = page
    if (next === null) return
    if (page.state === 'growing' && page.events.length === 0) timer = setTimeout(() => void read(next), everyMs)
    else void read(next)
  }

  void read(0)
  return {
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
