// Events of the event's clock on the timeline of what was kept of it.
import type { TimelineEvent } from '@rushes/umf'
import type { KeptTime } from './kept-time.ts'

type Placing = (events: readonly TimelineEvent[], kept: KeptTime) => TimelineEvent[]

/** How each kind is placed; what is of another kind is a moment. */
const placings: Readonly<Record<string, Placing>> = {
  // One holds until the next: what was turned to while nothing was recorded is seen when it goes on.
  slide: (events, kept) => states(events, kept, () => '').filter(isFlip),
  screen: (events, kept) => states(events, kept, () => '').filter(isChange),
  join: presence,
  leave: presence,
  speaker: stretches,
}

/** @returns sorted by time; what happened while nothing was recorded is left out */
export function placedEvents(events: readonly TimelineEvent[], kept: KeptTime): TimelineEvent[] {
  const groups = new Map<Placing, TimelineEvent[]>()
  for (const event of events) {
    const placing = placings[event.kind] ?? moments
    const group = groups.get(placing)
    if (group === undefined) groups.set(placing, [event])
    else group.push(event)
  }
  const placed = [...groups].flatMap(([placing, group]) => placing(group, kept))
  return placed.map((event) => ({ ...event, t: rounded(event.t) })).sort((left, right) => left.t - right.t)
}

function moments(events: readonly TimelineEvent[], kept: KeptTime): TimelineEvent[] {
  return events.flatMap((event) => {
    const t = kept.moment(event.t)
    if (t === null) return []
    const until = endOf(event)
    return until === null ? [{ ...event, t }] : [{ ...event, t, data: { ...dataOf(event), endMs: endAt(until, kept) } }]
  })
}

/** Of several that come to hold at one time, the last: the others were never seen. */
function states(
  events: readonly TimelineEvent[],
  kept: KeptTime,
  subject: (event: TimelineEvent) => string,
): TimelineEvent[] {
  const last = new Map<string, TimelineEvent>()
  for (const event of events) {
    const t = kept.state(event.t)
    if (t !== null) last.set(`${t} ${subject(event)}`, { ...event, t })
  }
  return [...last.values()].sort((left, right) => left.t - right.t)
}

/** That nothing is on is news only where something was. */
function isChange({ data }: TimelineEvent, index: number, all: readonly TimelineEvent[]): boolean {
  return dataOf({ data })['on'] === true || (index > 0 && dataOf(all[index - 1]!)['on'] === true)
}

/** The slide that is shown already is no news either. */
function isFlip(event: TimelineEvent, index: number, all: readonly TimelineEvent[]): boolean {
  if (index === 0) return true
  const [now, before] = [dataOf(event), dataOf(all[index - 1]!)]
  return now['deck'] !== before['deck'] || now['index'] !== before['index']
}

/** Who is there when it begins or goes on joins then; who came and went meanwhile was never there. */
function presence(events: readonly TimelineEvent[], kept: KeptTime): TimelineEvent[] {
  const who = (event: TimelineEvent): string => String(dataOf(event)['id'] ?? dataOf(event)['name'] ?? '')
  const present = new Set<string>()
  return states(events, kept, who).filter((event) => {
    if (event.kind === 'join') {
      const isNew = !present.has(who(event))
      present.add(who(event))
      return isNew
    }
    return present.delete(who(event))
  })
}

/** What lasts until `endMs` of its data: as much of it as was recorded. */
function stretches(events: readonly TimelineEvent[], kept: KeptTime): TimelineEvent[] {
  return events.flatMap((event) => {
    const endMs = endOf(event)
    if (endMs === null) return moments([event], kept)
    const span = kept.span({ startMs: event.t, endMs: Math.max(event.t, endMs) })
    if (span === null) return []
    return [{ ...event, t: span.startMs, data: { ...dataOf(event), endMs: rounded(span.endMs) } }]
  })
}

function endAt(t: number, kept: KeptTime): number {
  return rounded(kept.state(t) ?? kept.durationMs)
}

function endOf(event: TimelineEvent): number | null {
  const { endMs } = dataOf(event)
  return typeof endMs === 'number' ? endMs : null
}

function dataOf({ data }: Pick<TimelineEvent, 'data'>): Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Record<string, unknown>) : {}
}

/** Times have at most 3 decimals. */
function rounded(t: number): number {
  return Math.round(t * 1000) / 1000
}
