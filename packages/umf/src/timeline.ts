// SPEC.md, E3.
import { z } from 'zod'
import { jsonValues, MOST_VALUES, parseJson } from './json.ts'
import { UmfError } from './umf-error.ts'

const MOST_EVENTS = 1_000_000
const MOST_EVENT_BYTES = 64 * 1024 * 1024

/** Something that happened; `t` in ms on the archive's timeline. */
export type TimelineEvent = { t: number; kind: string; resource?: string | undefined; data?: unknown }

const eventSchema: z.ZodType<TimelineEvent> = z.looseObject({
  t: z.number().min(0).max(1e12),
  kind: z.string().min(1).max(100),
  resource: z.string().max(255).optional(),
  data: z.unknown(),
})

export const EVENTS_TYPE = 'application/vnd.umf.events+json'

/** @throws UmfError `malformed`, `too-large` */
export function parseEvents(bytes: Uint8Array): TimelineEvent[] {
  const all = parseJson(bytes, 'the timeline')
  const refuse = () => new UmfError('malformed', 'the events are no list of {t, kind, data}')
  if (!Array.isArray(all)) throw refuse()
  if (all.length > MOST_EVENTS) throw new UmfError('too-large', `more than ${MOST_EVENTS} events`)
  return all.map((each) => {
    const parsed = eventSchema.safeParse(each)
    if (!parsed.success) throw refuse()
    return parsed.data
  })
}

/**
 * SPEC.md, Bounds: what all items of events together may come to. Each is bounded, but there may be 65,535 of them, and all of
 * them may have the very same bytes.
 */
export class TimelineBudget {
  #bytes = 0
  #values = 0
  #events = 0

  /** Before an item is read. @throws UmfError `too-large` */
  read(length: number): void {
    this.#bytes += length
    if (this.#bytes > MOST_EVENT_BYTES)
      throw new UmfError('too-large', `the timeline has more than ${MOST_EVENT_BYTES} bytes`)
  }

  /** @throws UmfError `malformed`, `too-large` */
  parse(bytes: Uint8Array): TimelineEvent[] {
    this.#values += jsonValues(bytes)
    if (this.#values > MOST_VALUES) throw new UmfError('too-large', `the timeline has more than ${MOST_VALUES} values`)
    const events = parseEvents(bytes)
    this.#events += events.length
    if (this.#events > MOST_EVENTS) throw new UmfError('too-large', `more than ${MOST_EVENTS} events`)
    return events
  }
}

/** Content of an item of events: sorted by time, times with at most 3 decimals. */
export function eventsContent(events: readonly TimelineEvent[]): Uint8Array {
  const sorted = events
    .map((event) => ({ ...event, t: Math.round(event.t * 1000) / 1000 }))
    .sort((left, right) => left.t - right.t)
  return new TextEncoder().encode(JSON.stringify(sorted))
}
