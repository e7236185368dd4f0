// What is wrong with events by themselves, whatever recorded them: in no order, told twice, flips that flicker. What is surely wrong is
// mended, all of it is told, and the file that they came from is kept as it is.
import type { Note } from '@rushes/pipeline'
import type { TimelineEvent } from '@rushes/umf'
import type { Reading } from '../families/family.ts'

/** Nobody turns to a slide and back in so short a time: programs do, when they connect again. */
const flickerMs = 100

export function correctedReading<Kind extends Reading>(reading: Kind): Kind {
  const { events, notes } = correctedEvents(reading.events)
  return notes.length === 0 ? reading : { ...reading, events, notes: [...reading.notes, ...notes] }
}

type Corrected = { events: TimelineEvent[]; notes: Note[] }

/** @param events of the event's clock; those of one kind in the order in which they were written down */
export function correctedEvents(events: readonly TimelineEvent[]): Corrected {
  const notes: Note[] = []
  const early = [...byKind(events)].flatMap(([kind, all]) => {
    const count = all.filter(({ t }, index) => index > 0 && t < all[index - 1]!.t).length
    return count === 0 ? [] : [`${count} of ${all.length} of ${kind}`]
  })
  // Events are sorted where they are placed, by who knows what holds until the next one.
  if (early.length > 0) {
    const message = `events are not in the order of their times, and are sorted: ${early.join(', ')}`
    notes.push({ severity: 'info', code: 'events-unsorted', message })
  }
  const once = withoutDoubles(events)
  if (once.length < events.length) {
    const message = `${events.length - once.length} of ${events.length} events are told twice, alike and at the same time: once is kept`
    notes.push({ severity: 'info', code: 'events-doubled', message })
  }
  const steady = withoutFlicker(once)
  if (steady.length < once.length) {
    const message = `${once.length - steady.length} flips turn back within ${flickerMs} ms, and are left out`
    notes.push({ severity: 'info', code: 'flips-flicker', message })
  }
  return { events: steady, notes }
}

function byKind(events: readonly TimelineEvent[]): Map<string, TimelineEvent[]> {
  const kinds = new Map<string, TimelineEvent[]>()
  for (const event of events) {
    const all = kinds.get(event.kind)
    if (all === undefined) kinds.set(event.kind, [event])
    else all.push(event)
  }
  return kinds
}

/** On a clock of whole seconds somebody may well say the same twice. */
function withoutDoubles(events: readonly TimelineEvent[]): TimelineEvent[] {
  const coarse = new Set<string>()
  for (const [kind, all] of byKind(events)) if (all.every(({ t }) => t % 1000 === 0)) coarse.add(kind)
  const seen = new Set<string>()
  return events.filter(({ t, kind, resource = null, data }) => {
    const isNamed = typeof (data as { id?: unknown } | null)?.id === 'string'
    if (coarse.has(kind) && !isNamed && kind !== 'slide') return true
    const key = JSON.stringify([t, kind, resource, data])
    const isNew = !seen.has(key)
    seen.add(key)
    return isNew
  })
}

/** From one slide to another and back: the one before never went away. */
function withoutFlicker(events: readonly TimelineEvent[]): TimelineEvent[] {
  const slides = events.filter(({ kind }) => kind === 'slide')
  const isSorted = slides.every(({ t }, index) => index === 0 || t >= slides[index - 1]!.t)
  // What is not in order may be states that hold by the order in which they were written down.
  if (!isSorted) return [...events]
  const dropped = new Set<TimelineEvent>()
  const kept: TimelineEvent[] = []
  for (const slide of slides) {
    const [before, last] = kept.slice(-2)
    const isBack = before !== undefined && last !== undefined && isSame(before, slide) && !isSame(before, last)
    if (isBack && slide.t - last.t < flickerMs && slide.t > last.t) {
      dropped.add(last).add(slide)
      kept.pop()
    } else kept.push(slide)
  }
  return events.filter((event) => !dropped.has(event))
}

type Shown = { deck?: unknown; index?: unknown }

function isSame(left: TimelineEvent, right: TimelineEvent): boolean {
  const [one, other] = [left.data, right.data] as [Shown | null, Shown | null]
  return one?.deck === other?.deck && one?.index === other?.index
}
