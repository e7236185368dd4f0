// Captions that count from a time code of the studio (01:00:00 and 10:00:00 are the customs) and not from where the recording begins.
import { writeVtt } from '@rushes/processors'
import { spokenCues } from '../families/cues.ts'
import type { MoreItem, Reading } from '../families/family.ts'
import { type FoundFile, readText } from '../input/found-file.ts'
import { type LookedTrack, runOf } from '../media/montage.ts'

const hourMs = 3_600_000
/** Words may stand a little longer than what they are of. */
const behindMs = 10_000
const mostText = 32 * 1024 * 1024

/**
 * Where all words of a file begin whole hours late, behind the end of everything that plays, and would fit into it without these
 * hours: they are written once more without them, and the file is kept as it is.
 */
export async function withShiftedWords<Kind extends Reading>(
  reading: Kind,
  looked: readonly LookedTrack[],
  files: readonly FoundFile[],
): Promise<Kind> {
  const heardMs = looked.reduce((most, each) => Math.max(most, runOf(each).endMs), 0)
  if (heardMs === 0 || reading.kept !== null) return reading
  const facts = new Map(reading.files)
  const more: MoreItem[] = [...(reading.more ?? [])]
  const notes = [...reading.notes]
  let events = reading.events
  for (const file of files) {
    const own = facts.get(file.name)
    const isWords = own?.type === 'transcript' || own?.type === 'captions'
    if (!isWords || own.startMs !== 0 || !/^(text\/vtt|application\/x-subrip)$/.test(file.kind)) continue
    const cues = file.size > mostText ? [] : spokenCues(await readText(file, mostText))
    const shiftMs = hoursLate(cues, heardMs)
    if (shiftMs === 0) continue
    const moved = cues.map(({ startMs, endMs, speaker, text }) => ({
      ...{ startMs: startMs - shiftMs, endMs: endMs - shiftMs },
      spans: [{ text, ...(speaker !== null && { voice: speaker }) }],
    }))
    const { language, type = 'transcript' } = own
    more.push({
      ...{ name: `${file.name.replace(/\.[^./]*$/, '')} (from 0).vtt`, type, contentType: 'text/vtt', startMs: 0 },
      ...{ endMs: moved.reduce((most, { endMs }) => Math.max(most, endMs), 0), from: [file.name] },
      ...{ text: writeVtt(moved), ...(language !== undefined && { language }) },
    })
    facts.set(file.name, { ...own, type: 'data', startMs: undefined, endMs: undefined })
    const message = `its times begin at ${shiftMs / hourMs} hours, a time code: they are written once more from 0`
    notes.push({ severity: 'info', code: 'start-shifted', message, resource: file.name })
    // Who spoke when is read of the words.
    const turns = events.filter(({ kind }) => kind === 'speaker')
    if (turns.every(({ t }) => t >= shiftMs)) events = events.map((event) => earlier(event, shiftMs))
  }
  return notes.length === reading.notes.length ? reading : { ...reading, files: facts, more, notes, events }
}

function hoursLate(cues: readonly { startMs: number; endMs: number }[], heardMs: number): number {
  const startMs = cues.reduce((least, cue) => Math.min(least, cue.startMs), Number.POSITIVE_INFINITY)
  const endMs = cues.reduce((most, cue) => Math.max(most, cue.endMs), 0)
  const shiftMs = Math.floor(startMs / hourMs) * hourMs
  return cues.length > 0 && startMs > heardMs && endMs - shiftMs <= heardMs + behindMs ? shiftMs : 0
}

function earlier(event: Reading['events'][number], shiftMs: number): Reading['events'][number] {
  if (event.kind !== 'speaker') return event
  const { endMs, ...data } = event.data as { endMs?: number }
  return { ...event, t: event.t - shiftMs, data: { ...data, ...(endMs !== undefined && { endMs: endMs - shiftMs }) } }
}
