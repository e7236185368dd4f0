// When which slide is shown: by the events that say so, and by the spans of slides that no event names.
import type { Item, TimelineEvent } from '@rushes/umf'

export type ScheduledSlide = {
  fromMs: number
  /** Where it is taken away; infinite where the next one takes its place. */
  toMs: number
  /** Null where an event speaks of a slide that the archive has not. */
  item: Item | null
  name: string
}

export type SlideSchedule = {
  /** By time. */
  shown: readonly ScheduledSlide[]
  /** Slides that nothing gives a time, in the archive's order; only where nothing gives any slide a time. */
  untimed: readonly Item[]
}

/** @param items of any type. @param events by time */
export function slideSchedule(items: readonly Item[], events: readonly TimelineEvent[]): SlideSchedule {
  const slides = items.filter(({ type }) => type === 'slide' || type === 'image')
  const find = slideFinder(slides, events)
  const named = new Set<Item>()
  const shown: ScheduledSlide[] = []
  for (const event of events) {
    if (event.kind !== 'slide') continue
    const item = find(event)
    if (item !== null) named.add(item)
    const { index } = slideData(event)
    const name = item?.title ?? (index === null ? 'Slide' : `Slide ${index + 1}`)
    shown.push({ fromMs: event.t, toMs: Number.POSITIVE_INFINITY, item, name })
  }
  for (const [index, item] of slides.entries()) {
    const { startMs, endMs = Number.POSITIVE_INFINITY, title } = item
    if (startMs === undefined || named.has(item)) continue
    shown.push({ fromMs: startMs, toMs: endMs, item, name: title ?? `Slide ${index + 1}` })
  }
  shown.sort((left, right) => left.fromMs - right.fromMs)
  return { shown, untimed: shown.length === 0 ? slides : [] }
}

/** Times are told in seconds, and come back not quite the same. */
const roundingMs = 0.5

/** Place in `shown` of what is to be seen at a time; -1 where there is nothing. */
export function slideAt(shown: readonly ScheduledSlide[], t: number): number {
  let index = lastAt(shown, t + roundingMs, ({ fromMs }) => fromMs)
  while (index >= 0 && shown[index]!.toMs <= t) index--
  return index
}

/** Place of the last of `sorted` that is not after `t`; -1 if none is. */
export function lastAt<Value>(sorted: readonly Value[], t: number, timeOf: (value: Value) => number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (timeOf(sorted[middle]!) <= t) low = middle + 1
    else high = middle
  }
  return low - 1
}

function slideData({ data }: TimelineEvent): { deck: string | null; index: number | null } {
  const { deck, index } = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>
  return {
    deck: typeof deck === 'string' ? deck : null,
    index: Number.isSafeInteger(index) && (index as number) >= 0 ? (index as number) : null,
  }
}

/**
 * The item that an event of a slide means: its `resource`; else the slide whose metadata name the deck and the index; else
 * that place among the slides whose names begin with the deck's; else, where there is one deck, among all slides.
 */
function slideFinder(slides: readonly Item[], events: readonly TimelineEvent[]): (event: TimelineEvent) => Item | null {
  const byName = new Map(slides.map((item) => [item.name, item]))
  const byPlace = new Map<string, Item>()
  const byFolder = new Map<string, Item[]>()
  for (const item of slides) {
    const { deck, index } = slideData({ t: 0, kind: 'slide', data: item.metadata })
    if (deck !== null && index !== null) byPlace.set(`${index} ${deck}`, item)
    const folder = item.name.slice(0, Math.max(0, item.name.lastIndexOf('/')))
    const siblings = byFolder.get(folder)
    if (siblings === undefined) byFolder.set(folder, [item])
    else siblings.push(item)
  }
  const decks = new Set(events.filter(({ kind }) => kind === 'slide').map((event) => slideData(event).deck))
  const all = slides.filter(({ type }) => type === 'slide')
  return (event) => {
    if (event.resource !== undefined && byName.has(event.resource)) return byName.get(event.resource)!
    const { deck, index } = slideData(event)
    if (index === null) return null
    const placed = byPlace.get(`${index} ${deck}`)
    if (placed !== undefined) return placed
    const folder = deck === null ? undefined : byFolder.get(deck)
    if (folder !== undefined) return folder[index] ?? null
    return decks.size === 1 ? (all[index] ?? null) : null
  }
}
