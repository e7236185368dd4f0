import type { Reading } from '../families/family.ts'
import { type LookedTrack, runOf } from '../media/montage.ts'
import { KeptTime } from './kept-time.ts'

/** What is kept of an event; where its reader doesn't say, everything, until the last thing ends. */
export function keptTime(reading: Reading, looked: readonly LookedTrack[]): KeptTime {
  const { kept, events, files } = reading
  if (kept !== null) return new KeptTime(kept)
  let endMs = heardTime(reading, looked).durationMs
  for (const { t, data } of events) {
    const until = (data as { endMs?: unknown } | null)?.endMs
    endMs = Math.max(endMs, t, typeof until === 'number' ? until : 0)
  }
  for (const facts of files.values()) endMs = Math.max(endMs, facts.endMs ?? 0)
  return new KeptTime([{ startMs: 0, endMs }])
}

/** The part of it of which there is sound or picture: the presentation is no longer than that. */
export function heardTime({ kept }: Reading, looked: readonly LookedTrack[]): KeptTime {
  if (kept !== null) return new KeptTime(kept)
  const endMs = looked.reduce((most, each) => Math.max(most, runOf(each).endMs), 0)
  return new KeptTime([{ startMs: 0, endMs }])
}
