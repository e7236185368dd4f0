import type { Reading } from '../families/family.ts'
import { type LookedTrack, runOf } from '../media/montage.ts'
import { KeptTime } from './kept-time.ts'

/** What is kept of an event; where its reader doesn't say, everything, until the last thing ends. */
export function keptTime({ kept, events, files }: Reading, looked: readonly LookedTrack[]): KeptTime {
  if (kept !== null) return new KeptTime(kept)
  const media = looked.map((each) => runOf(each).endMs)
  const spans = [...files.values()].map(({ endMs = 0 }) => endMs)
  // What people did shortly after the sound has ended belongs to no recording, unless there is none.
  const times = media.length > 0 ? media : [...events.map(({ t }) => t), ...spans]
  return new KeptTime([{ startMs: 0, endMs: times.reduce((most, each) => Math.max(most, each), 0) }])
}
