// Captions and chapters that are within media, beside what a reader found.
import { readFile } from 'node:fs/promises'
import type { TimelineEvent } from '@rushes/umf'
import type { MoreItem, Reading, Track } from '../families/family.ts'
import type { InnerWords } from '../media/inner-words.ts'
import { type LookedTrack, runOf } from '../media/montage.ts'

/** Chapters are marks, where the archive has none of its own. */
export async function withInnerWords<Kind extends Reading>(
  reading: Kind,
  looked: readonly LookedTrack[],
): Promise<Kind> {
  const more: MoreItem[] = []
  const marks: TimelineEvent[] = []
  for (const each of looked) {
    const { track, facts } = each
    const { endMs: until } = runOf(each)
    for (const words of facts.words ?? []) more.push(wordsItem(track, words, await readFile(words.path, 'utf8'), more))
    for (const [index, { startMs, title }] of (facts.chapters ?? []).entries()) {
      const t = track.startMs + startMs
      if (t <= until) marks.push({ t, kind: 'mark', data: { label: title || `Chapter ${index + 1}` } })
    }
  }
  const isMarked = reading.events.some(({ kind }) => kind === 'mark')
  if (more.length === 0 && (isMarked || marks.length === 0)) return reading
  const events = isMarked ? reading.events : [...reading.events, ...marks].sort((left, right) => left.t - right.t)
  return { ...reading, more: [...(reading.more ?? []), ...more], events }
}

function wordsItem(
  { file, startMs }: Track,
  { language, title, endMs }: InnerWords,
  text: string,
  before: readonly MoreItem[],
): MoreItem {
  const stem = `${file.replace(/\.[^./]*$/, '')} (${language ?? 'captions'})`
  const count = before.filter(({ name }) => name.startsWith(stem)).length
  return {
    ...{ name: `${stem}${count === 0 ? '' : ` ${count + 1}`}.vtt`, type: 'captions', contentType: 'text/vtt', text },
    ...{ startMs, endMs: startMs + endMs, from: [file], title: title ?? 'Captions' },
    ...(language !== undefined && { language }),
  }
}
