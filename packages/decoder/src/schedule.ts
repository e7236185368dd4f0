import type { DecoderOptions } from './decoder-options.ts'
import type { EventManifest, ListedRepresentation } from './event-manifest.ts'

/** Which part of the event is due when; {@link PlayheadOptions} has the meanings. */
export type Schedule = { delayMs: number | null; from: number | undefined; to: number | undefined }

/** Decides once what is played when: by then the first segment, or the end, is listed. */
export function scheduleOf(
  { delayMs, startAt, from, to, join }: DecoderOptions,
  manifest: EventManifest,
  chosen: readonly ListedRepresentation[],
  now: number,
): Schedule {
  const starts = chosen.flatMap(({ segments }) =>
    segments[0] === undefined ? [] : [Date.parse(segments[0].wallClock)],
  )
  const beginning = Math.min(...starts)
  if (startAt !== undefined) {
    const first = from ?? (Number.isFinite(beginning) ? beginning : startAt)
    return { delayMs: startAt - first, from, to }
  }
  if (delayMs === undefined) return { delayMs: null, from, to }
  if (join !== 'now' || from !== undefined) return { delayMs, from, to }
  if (manifest.ended && endOf(chosen) + delayMs <= now) return { delayMs: now - beginning, from, to }
  return { delayMs, from: now - delayMs, to }
}

function endOf(chosen: readonly ListedRepresentation[]): number {
  return Math.max(
    ...chosen.map(({ segments, entry }) => {
      const last = segments.at(-1)
      return last === undefined ? 0 : Date.parse(last.wallClock) + (1000 * last.duration) / entry.timescale
    }),
  )
}
