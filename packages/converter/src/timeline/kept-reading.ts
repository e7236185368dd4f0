import type { Note } from '@rushes/pipeline'
import type { Reading } from '../families/family.ts'
import { type LookedTrack, runOf } from '../media/montage.ts'
import { KeptTime, type Span } from './kept-time.ts'

/** Media end a few frames before or behind what they are of. */
const sameLengthMs = 2000

/** What is kept of an event; where its reader doesn't say, everything, until the last thing ends. */
export function keptTime(reading: Reading, looked: readonly LookedTrack[]): KeptTime {
  const { kept, cut = [], statedMs, events, files } = reading
  if (kept !== null) return new KeptTime(kept)
  let endMs = lastHeard(looked)
  // Some say 0 of what they don't know.
  if (statedMs !== undefined && statedMs > 0) return new KeptTime(without(cut, believed(statedMs, endMs)))
  for (const { t, data } of events) {
    const until = (data as { endMs?: unknown } | null)?.endMs
    endMs = Math.max(endMs, t, typeof until === 'number' ? until : 0)
  }
  for (const facts of files.values()) endMs = Math.max(endMs, facts.endMs ?? 0)
  return new KeptTime(without(cut, endMs))
}

/** The part of it of which there is sound or picture: the presentation is no longer than that. */
export function heardTime({ kept, cut = [], statedMs }: Reading, looked: readonly LookedTrack[]): KeptTime {
  const heardMs = lastHeard(looked)
  return new KeptTime(kept ?? without(cut, !statedMs ? heardMs : believed(statedMs, heardMs)))
}

/** What is said of lengths and clocks that media show to be otherwise. */
export function timeNotes({ kept, statedMs }: Reading, looked: readonly LookedTrack[]): Note[] {
  const notes: Note[] = []
  const heardMs = lastHeard(looked)
  if (kept === null && statedMs !== undefined && heardMs > 0 && believed(statedMs, heardMs) !== statedMs) {
    const message = `it says that it lasts ${statedMs} ms, and its media last ${Math.round(heardMs)} ms: these count`
    notes.push({ severity: 'warning', code: 'wrong-duration', message })
  }
  for (const each of looked) {
    const { track, facts } = each
    const { speed } = runOf(each)
    const saidMs = track.endMs === null ? 0 : track.endMs - track.startMs
    if (speed !== 1) {
      const message = `its clock ran ${((1 - speed) * 100).toFixed(2)} % slow: its ${Math.round(facts.durationMs)} ms are made ${saidMs} ms`
      notes.push({ severity: 'info', code: 'clock-drift', message, resource: track.file })
    } else if (saidMs - facts.durationMs > sameLengthMs) {
      const message = `it is said to last ${saidMs} ms, of which there are ${Math.round(facts.durationMs)} ms`
      notes.push({ severity: 'warning', code: 'wrong-duration', message, resource: track.file })
    }
  }
  return notes
}

/** What is stated, where media don't say otherwise. */
function believed(statedMs: number, heardMs: number): number {
  return heardMs === 0 || Math.abs(heardMs - statedMs) <= sameLengthMs ? statedMs : heardMs
}

function lastHeard(looked: readonly LookedTrack[]): number {
  return looked.reduce((most, each) => Math.max(most, runOf(each).endMs), 0)
}

/** What is left of 0 to the end. */
function without(cut: readonly Span[], endMs: number): Span[] {
  const kept: Span[] = []
  let at = 0
  for (const { startMs, endMs: until } of [...cut].sort((left, right) => left.startMs - right.startMs)) {
    if (startMs > at) kept.push({ startMs: at, endMs: Math.min(startMs, endMs) })
    at = Math.max(at, until)
  }
  if (at < endMs) kept.push({ startMs: at, endMs })
  const long = kept.filter((span) => span.endMs > span.startMs)
  return long.length === 0 && at === 0 ? [{ startMs: 0, endMs: 0 }] : long
}
