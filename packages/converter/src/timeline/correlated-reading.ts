import type { TimelineEvent } from '@rushes/umf'
import type { Reading } from '../families/family.ts'

/** Where a recording lies, by what is heard in it and in another. */
export type AlignedFile = {
  file: string
  /** With which it is aligned. */
  to: string
  /** On the event's clock, before 0 where it began earlier. */
  startMs: number
  /** By its own clock. */
  durationMs: number
  /** How much slower its clock runs. */
  driftPpm: number
  agreement: number
  spreadMs: number
}

/** What a reader found, and what its resources have told of each other since. The files themselves stay what they are. */
export function correlated(reading: Reading, aligned: readonly AlignedFile[], seen: readonly TimelineEvent[]): Reading {
  if (aligned.length === 0 && seen.length === 0) return reading
  const files = new Map(reading.files)
  for (const { file, startMs, durationMs, ...found } of aligned) {
    const facts = files.get(file) ?? {}
    const speed = 1 + found.driftPpm / 1e6
    const endMs = startMs + durationMs * speed
    const isPlain = startMs >= 0 && found.driftPpm === 0
    // From its own time to the event's: what lies before the event's beginning is not on the timeline.
    const fromMs = Math.max(0, -startMs) / speed
    const pieces = [{ fromMs, toMs: durationMs, atMs: Math.max(0, startMs), speed: 1 / speed }]
    const metadata = { ...facts.metadata, alignment: { by: 'sound', ...found, startMs }, ...(!isPlain && { pieces }) }
    files.set(file, { ...facts, startMs: Math.max(0, startMs), endMs: Math.max(0, endMs), metadata })
  }
  const events = [...reading.events, ...seen].sort((left, right) => left.t - right.t)
  return { ...reading, files, events }
}
