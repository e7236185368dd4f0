// What lies when: spans of items and marks of events, in lanes that are drawn one below the other.
import type { ArchiveView } from './inspection.ts'
import { shortened } from './item-words.ts'

export type Span = { startMs: number; endMs: number; name: string; row: number }
export type Mark = { t: number; words: string }
export type Lane =
  | { kind: 'spans'; name: string; rows: number; spans: Span[] }
  | { kind: 'marks'; name: string; marks: Mark[] }

export type TimelineLanes = { endMs: number; lanes: Lane[] }

/** Spans at the same time lie below each other, up to so many; further ones over the last. */
const mostRows = 4
/** Types of items, and kinds of events, with a lane of their own, those first that come first. */
const mostLanes = 12
const otherItems = 'other items'
const otherEvents = 'other events'
/** Titles may have ten thousand letters. */
const mostLetters = 120

/** Null where nothing of the archive has a time. */
export function timelineLanes({
  presentation,
  items,
  events,
}: Pick<ArchiveView, 'presentation' | 'items' | 'events'>): TimelineLanes | null {
  const byType = new Map<string, Omit<Span, 'row'>[]>()
  for (const { name, title, type, startMs, endMs } of items) {
    if (startMs === undefined) continue
    const lane = byType.has(type) || byType.size < mostLanes ? type : otherItems
    const spans = byType.get(lane) ?? []
    spans.push({ startMs, endMs: endMs ?? startMs, name: shortened(title ?? name, mostLetters) })
    byType.set(lane, spans)
  }
  const lanes: Lane[] = []
  if (presentation !== null) {
    const { startMs = 0, durationMs, title, name } = presentation
    lanes.push(
      spanLane(`main ${presentation.type}`, [
        { startMs, endMs: startMs + durationMs, name: shortened(title ?? name, mostLetters) },
      ]),
    )
  }
  for (const [type, spans] of byType) lanes.push(spanLane(type, spans))
  lanes.push(...markLanes(events))
  const times = lanes.flatMap((lane) =>
    lane.kind === 'spans' ? lane.spans.map(({ endMs }) => endMs) : lane.marks.map(({ t }) => t),
  )
  // Not Math.max(...times): a hundred thousand arguments are too many.
  const endMs = times.reduce((latest, t) => Math.max(latest, t), 0)
  return lanes.length === 0 ? null : { endMs: Math.max(endMs, 1000), lanes }
}

function spanLane(name: string, spans: readonly Omit<Span, 'row'>[]): Lane {
  const ends: number[] = []
  const placed = spans
    .toSorted((left, right) => left.startMs - right.startMs)
    .map((span): Span => {
      const free = ends.findIndex((end) => end <= span.startMs)
      const row = free !== -1 ? free : Math.min(ends.length, mostRows - 1)
      ends[row] = Math.max(ends[row] ?? 0, span.endMs)
      return { ...span, row }
    })
  return { kind: 'spans', name, rows: Math.max(1, ends.length), spans: placed }
}

function markLanes(events: ArchiveView['events']): Lane[] {
  const byKind = new Map<string, Mark[]>()
  for (const { t, kind, words, resource } of events) {
    const lane = byKind.has(kind) || byKind.size < mostLanes ? kind : otherEvents
    const marks = byKind.get(lane) ?? []
    marks.push({ t, words: words === '' ? (resource ?? kind) : words })
    byKind.set(lane, marks)
  }
  return [...byKind].map(([kind, marks]) => ({
    kind: 'marks',
    name: kind === otherEvents || kind === 'event' ? kind : `${kind} event`,
    marks,
  }))
}

/** What there is at a time, one entry for each lane that has something; marks within `near` ms of it. */
export function whatIsAt({ lanes }: TimelineLanes, t: number, near: number): { lane: string; words: string }[] {
  return lanes.flatMap((lane) => {
    if (lane.kind === 'spans') {
      const span = lane.spans.findLast(({ startMs, endMs }) => t >= startMs && t <= Math.max(endMs, startMs + near))
      return span === undefined ? [] : [{ lane: lane.name, words: span.name }]
    }
    let closest: Mark | null = null
    for (const mark of lane.marks) {
      if (Math.abs(mark.t - t) <= near && (closest === null || Math.abs(mark.t - t) < Math.abs(closest.t - t)))
        closest = mark
    }
    return closest === null ? [] : [{ lane: lane.name, words: closest.words }]
  })
}

/** The part of the timeline that is shown. */
export type TimeView = { fromMs: number; toMs: number }

const leastViewMs = 100

/** `by` > 1 shows less, and it larger; what is at `aroundMs` stays where it is. */
export function zoomed({ fromMs, toMs }: TimeView, by: number, aroundMs: number, endMs: number): TimeView {
  const length = Math.min(Math.max((toMs - fromMs) / by, leastViewMs), endMs)
  const share = (aroundMs - fromMs) / (toMs - fromMs)
  return moved({ fromMs: 0, toMs: length }, aroundMs - share * length, endMs)
}

/** The same length of time, from another place on, within the whole. */
export function moved({ fromMs, toMs }: TimeView, byMs: number, endMs: number): TimeView {
  const length = toMs - fromMs
  const from = Math.min(Math.max(0, fromMs + byMs), Math.max(0, endMs - length))
  return { fromMs: from, toMs: from + length }
}
