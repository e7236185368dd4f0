import { DecoderError } from './decoder-error.ts'
import type { EventManifest, ListedRepresentation } from './event-manifest.ts'

/** Which representations to play: of the first set, or of `set`; the tallest video of at most `maxHeight` lines. */
export type Selection = { set?: string | undefined; maxHeight?: number | undefined }

/** One representation with so many segments, and none of the other kind, is alone. */
const enoughToBeAlone = 5

/**
 * The video and the audio representation to play, in this order; null while the manifest does not settle it. A
 * delivery's first set lists both kinds before its first segment; of another set some segments are waited for.
 *
 * @throws DecoderError `nothing-to-play` where the event ended without what was asked for
 */
export function selectRepresentations(
  manifest: EventManifest,
  { set, maxHeight }: Selection,
): ListedRepresentation[] | null {
  const all = [...manifest.representations.values()]
  const firstSet = all[0]?.entry.set
  const shown = all.filter(({ entry }) => entry.set === (set ?? firstSet))
  const video = pickVideo(shown, maxHeight)
  const audio = shown.find(({ entry }) => entry.kind === 'audio')
  const picked = [video, audio].filter((each) => each !== undefined)
  if (manifest.ended) {
    if (picked.length > 0) return picked
    throw new DecoderError('nothing-to-play', nothing(all, shown, set, maxHeight))
  }
  const begun = Math.max(0, ...shown.map(({ count }) => count))
  const hasBoth = video !== undefined && audio !== undefined
  if (hasBoth ? begun > 0 : begun >= (set === undefined || set === firstSet ? 1 : enoughToBeAlone)) {
    if (picked.length > 0) return picked
    throw new DecoderError('nothing-to-play', nothing(all, shown, set, maxHeight))
  }
  return null
}

function pickVideo(
  shown: readonly ListedRepresentation[],
  maxHeight: number | undefined,
): ListedRepresentation | undefined {
  const video = shown.filter(({ entry }) => entry.kind === 'video')
  if (maxHeight === undefined) return video[0]
  // The first of the tallest ones: a representation that goes on where another stopped comes later.
  let best: ListedRepresentation | undefined
  for (const each of video) {
    const height = each.entry.height ?? 0
    if (height <= maxHeight && height > (best?.entry.height ?? -1)) best = each
  }
  return best
}

function nothing(
  all: readonly ListedRepresentation[],
  shown: readonly ListedRepresentation[],
  set: string | undefined,
  maxHeight: number | undefined,
): string {
  if (all.length === 0) return 'the event ended before it began: nothing was delivered'
  const sets = [...new Set(all.map(({ entry }) => entry.set))].join(', ')
  if (shown.length === 0) return `there is no set ${set}: this event has ${sets}`
  const heights = shown.map(({ entry }) => entry.height).filter((height) => height !== undefined)
  return `no video of at most ${maxHeight} lines: there are ${heights.join(', ')}`
}
