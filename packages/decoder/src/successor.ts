import type { SegmentEntry } from '@rushes/protocol'
import type { EventManifest, ListedRepresentation } from './event-manifest.ts'

/** Seconds by which an encoder's own representations may overlap where one follows the other. */
const tolerableOverlap = 0.5

/**
 * What goes on where a representation stopped, because the source came back with another configuration: the first
 * representation of its set and kind that begins after its end; null where there is none before `to` (ms since the Unix
 * epoch).
 */
export function successorOf(
  chosen: ListedRepresentation,
  manifest: EventManifest,
  to: number | undefined,
): { count: number; first: SegmentEntry } | null {
  const end = chosen.end / chosen.entry.timescale
  for (const { entry, first, count } of manifest.representations.values()) {
    if (first === null || entry.set !== chosen.entry.set || entry.kind !== chosen.entry.kind) continue
    if (first.start / entry.timescale < end - tolerableOverlap) continue
    if (to === undefined || Date.parse(first.wallClock) < to) return { count, first }
  }
  return null
}
