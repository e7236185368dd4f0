// SPEC.md, E5: captions of an archive as text tracks of what plays, each fetched when somebody turns it on.
import type { Archive, Item } from '@rushes/umf'
import { ItemError, itemContent } from './item-content.ts'
import { languageWords } from './item-language.ts'
import { type Cue, cuesOf } from './transcript-cues.ts'

/** More languages than any event has. */
const mostTracks = 50
const mostBytes = 8 * 1024 * 1024

export type CaptionOptions = {
  /** When the medium begins on the timeline. */
  startMs: number
  /** What is not shown, in words. */
  onNotice(words: string): void
  /** The archive as a whole is another one now. */
  onFault(fault: unknown): void
}

/** @returns ends it */
export function offerCaptions(
  media: HTMLMediaElement,
  archive: Archive,
  items: readonly Item[],
  { startMs, onNotice, onFault }: CaptionOptions,
): () => void {
  const waiting = new Map<TextTrack, Item>()
  for (const item of items.slice(0, mostTracks)) {
    const track = media.addTextTrack('captions', languageWords(item), item.language ?? '')
    track.mode = 'disabled'
    waiting.set(track, item)
  }
  let hasEnded = false

  async function fill(track: TextTrack, item: Item): Promise<void> {
    try {
      const bytes = await itemContent(archive, item, mostBytes)
      const cues = await cuesOf(item, bytes)
      if (!hasEnded) addCues(track, cues, startMs)
    } catch (fault) {
      if (hasEnded) return
      if (fault instanceof ItemError) onNotice(`“${languageWords(item)}” ${fault.message}.`)
      else onFault(fault)
    }
  }

  const onChange = () => {
    for (const [track, item] of waiting) {
      if (track.mode === 'disabled') continue
      waiting.delete(track)
      void fill(track, item)
    }
  }
  media.textTracks.addEventListener('change', onChange)
  return () => {
    hasEnded = true
    media.textTracks.removeEventListener('change', onChange)
  }
}

/** @param cues on the timeline. @param startMs when the medium begins on it */
export function addCues(track: TextTrack, cues: readonly Cue[], startMs: number): void {
  for (const { fromMs, toMs, text } of cues) {
    const [from, to] = [fromMs, toMs].map((ms) => (ms - startMs) / 1000) as [number, number]
    // Text alone: what looks like markup is none.
    if (to > 0) track.addCue(new VTTCue(Math.max(0, from), to, text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')))
  }
}
