import type { PlaylistRepresentation, PlaylistSegment } from './media-presentation.ts'

/**
 * ISO/IEC 23009-1 §5.3.9.4.4: the template that gives every segment's URI by its sequence, such as `v-$Number%06d$.m4s`;
 * null where they follow none.
 */
export function segmentTemplate({ segments }: PlaylistRepresentation): string | null {
  const first = segments[0]
  if (first === undefined) return null
  // The sequence stands last in a name, where other numbers stand too.
  for (const match of [...first.uri.matchAll(/\d+/g)].reverse()) {
    if (Number(match[0]) !== first.sequence) continue
    const before = first.uri.slice(0, match.index)
    const after = first.uri.slice(match.index + match[0].length)
    const width = match[0].startsWith('0') ? match[0].length : 1
    const follows = ({ uri, sequence }: PlaylistSegment): boolean =>
      uri === before + String(sequence).padStart(width, '0') + after
    if (segments.every(follows)) return `${escaped(before)}$Number%0${width}d$${escaped(after)}`
  }
  return null
}

function escaped(text: string): string {
  return text.replaceAll('$', '$$$$')
}

/** A run of segments of one duration that follow each other (§5.3.9.6, `S`), in timescale units; each run the one before. */
export type TimelineRun = {
  start: number
  duration: number
  /** How many follow the first. */
  repeats: number
}

/**
 * The runs, without a hole: a time for which there is nothing counts to the segment before it. Players look for the next
 * segment where the last one ends, and where the timeline has a hole dash.js takes it for the end.
 */
export function segmentTimeline(segments: readonly PlaylistSegment[]): TimelineRun[] {
  const runs: TimelineRun[] = []
  for (const [index, segment] of segments.entries()) {
    const { start } = segment
    const duration = (segments[index + 1]?.start ?? start + segment.duration) - start
    const last = runs.at(-1)
    if (last?.duration === duration) last.repeats++
    else runs.push({ start, duration, repeats: 0 })
  }
  return runs
}
