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
    const metadata = { ...facts.metadata, alignment: { by: 'sound', ...found, startMs } }
    files.set(file, { ...facts, startMs, endMs: Math.max(startMs, endMs), speed: 1 / speed, metadata })
  }
  const events = [...reading.events, ...seen].sort((left, right) => left.t - right.t)
  return { ...reading, files, events }
}
