// What was discovered, as events of an archive's timeline: slides of a deck, speakers, and what is of no known kind.
import type { TimelineEvent } from '@rushes/umf'
import type { DiscoveredEvent } from '../discovery/discovered-events.ts'
import type { DiscoveredPattern } from '../discovery/discovery.ts'

export type CountedDeck = { name: string; pages: number }

/** Events of one file. */
export type DiscoveredIn = { events: readonly DiscoveredEvent[]; patterns: readonly DiscoveredPattern[] }

/** @returns sorted by time; what two files tell alike is told once */
export function discoveredTimeline(found: readonly DiscoveredIn[], decks: readonly CountedDeck[]): TimelineEvent[] {
  const slides = found.flatMap(({ events }) => events.filter(({ kind }) => kind === 'slide'))
  const first = slides.reduce((least, { value }) => Math.min(least, value), 1) <= 0 ? 0 : 1
  const most = slides.reduce((highest, { value }) => Math.max(highest, value), 0) - first + 1
  const deck = deckOf(decks, most)
  const timeline = new Map<string, TimelineEvent>()
  for (const { events, patterns } of found) {
    const labels = new Map(patterns.map(({ id, marker }) => [id, labelOf(marker)]))
    for (const event of events) {
      const { kind, value, confidence, interpolated } = event
      const t = Math.max(0, event.t)
      const more = { value, confidence, ...(interpolated && { interpolated }) }
      const label = labels.get(event.pattern) ?? event.pattern
      const data =
        kind === 'slide'
          ? { deck, index: Math.max(0, Math.round(value - first)), ...more }
          : kind === 'speaker'
            ? { name: `Speaker ${value}`, ...more }
            : { label, ...more }
      const key = `${kind} ${t} ${value} ${kind === 'event' ? label : ''}`
      if (!timeline.has(key)) timeline.set(key, { t, kind, data })
    }
  }
  return [...timeline.values()].sort((one, other) => one.t - other.t)
}

/** The smallest that has as many pages; where none has, the largest. None: slides of which there are no pictures. */
function deckOf(decks: readonly CountedDeck[], most: number): string {
  const sorted = [...decks].sort((one, other) => one.pages - other.pages)
  return (sorted.find(({ pages }) => pages >= most) ?? sorted.at(-1))?.name ?? ''
}

/** A marker that is a word is what its events are called. */
function labelOf(marker: string): string {
  const text = Buffer.from(marker, 'hex').toString('latin1')
  const word = /[A-Za-z][\w .-]{2,40}/.exec(text)?.[0].trim()
  return word ?? (marker === '' ? 'line' : marker)
}
