import { OPUS_RATE } from '../codec/opus.ts'
import type { EditList, Track } from '../track.ts'
import type { Edit } from './boxes.ts'
import type { TrackTiming } from './track-clock.ts'

export type TrackPresentation = {
  edits: Edit[]
  /** Movie ticks that the edits take, which `tkhd` gives too. */
  duration: number
}

export type Presentation = {
  /** Ticks a second of the movie. */
  timescale: number
  duration: number
  /** One for each track that was given, in its order. */
  tracks: TrackPresentation[]
}

/** T7: a body whose first decode time lies later than this has a clock that didn't start at 0. */
const LATEST_START_SECONDS = 10

/** Finer movie clocks than this are of no use to anybody: a microsecond. */
const FINEST_TIMESCALE = 1_000_000

type Placed = {
  track: Track
  timing: TrackTiming
  /** Seconds × `timing.timescale` of emptiness before the track (T7). */
  lead: number
  /** Media time that is presented first, where the track has no edits of several parts. */
  mediaTime: number
}

/** T6–T9: when each track's media is shown. */
export function presentation(tracks: readonly { track: Track; timing: TrackTiming }[]): Presentation {
  const origin = bodyOrigin(tracks.map(({ track, timing }) => ({ track, start: timing.start / timing.timescale })))
  const placed = tracks.map(({ track, timing }) => place(track, timing, origin))
  const timescale = movieTimescale(placed)
  const result = placed.map((entry) => present(entry, timescale))
  return { timescale, duration: Math.max(0, ...result.map((entry) => entry.duration)), tracks: result }
}

/**
 * T7: what the body's clock shows where the movie begins, s.
 *
 * @param tracks `start`: when each track's first sample is decoded on the body's clock, s
 */
export function bodyOrigin(tracks: readonly { track: Track; start: number }[]): number {
  const earliest = Math.min(...tracks.map(({ track, start }) => presentedStart(track, start)))
  return Number.isFinite(earliest) && (earliest > LATEST_START_SECONDS || earliest < 0) ? earliest : 0
}

/** When the body shows the end of a track, s; `end`: of its last sample, ticks of the track. */
export function presentedEnd({ edits, timescale }: Track, end: number): number {
  const [edit] = edits === null ? [] : mediaEdits(edits)
  if (edits === null || edit === undefined) return end / timescale
  return emptyLead(edits) / edits.movieTimescale + Math.max(0, end - edit.mediaTime) / timescale
}

/** How much later than at its decode time in the body a track's media is shown, s: its edits or delay, without reordering. */
export function presentationOffset(track: Track): number {
  const { edits, timescale } = track
  if (edits === null) return -codecDelay(track, timescale) / timescale
  const [edit] = mediaEdits(edits)
  return emptyLead(edits) / edits.movieTimescale - (edit?.mediaTime ?? 0) / timescale
}

/** When the body shows the first of the track, s. What an edit list cuts off in front begins at 0. */
function presentedStart({ edits, timescale }: Track, start: number): number {
  const [edit] = edits === null ? [] : mediaEdits(edits)
  if (edits === null || edit === undefined) return start
  const shown = start - edit.mediaTime / timescale
  return emptyLead(edits) / edits.movieTimescale + (edit.mediaTime > 0 ? Math.max(0, shown) : shown)
}

function place(track: Track, timing: TrackTiming, origin: number): Placed {
  const { start, timescale, shift } = timing
  const late = Math.round(start - origin * timescale)
  if (track.edits === null) return { track, timing, lead: late, mediaTime: shift + codecDelay(track, timescale) }
  const [edit] = mediaEdits(track.edits)
  const empty = emptyLead(track.edits) * (timescale / track.edits.movieTimescale)
  // The edit speaks of the body's media time, of which the tables leave out everything before `start` (T8).
  const mediaTime = (edit?.mediaTime ?? 0) - late
  return { track, timing, lead: Math.round(empty) + Math.max(0, -mediaTime), mediaTime: Math.max(0, mediaTime) + shift }
}

/** T6: what the decoder gives and nobody hears. `dOps` says it in samples, where ticks may be milliseconds. */
function codecDelay(track: Track, timescale: number): number {
  if (track.codecDelay === 0) return 0
  if (track.codec === 'opus' && track.config !== null && track.config.length >= 4) {
    return Math.round((((track.config[2]! << 8) | track.config[3]!) * timescale) / OPUS_RATE)
  }
  return Math.round((track.codecDelay * timescale) / track.timescale)
}

function mediaEdits(edits: EditList): EditList['entries'] {
  return edits.entries.filter((entry) => entry.mediaTime >= 0)
}

function emptyLead(edits: EditList): number {
  let lead = 0
  for (const entry of edits.entries) {
    if (entry.mediaTime >= 0) break
    lead += entry.duration
  }
  return lead
}

/** T9: 1000, unless a lead would be rounded; then the body's own, then one in which every lead is whole. */
function movieTimescale(placed: readonly Placed[]): number {
  const bodys = placed.flatMap(({ track }) => (track.edits === null ? [] : [track.edits.movieTimescale]))
  const common = placed.reduce((multiple, { timing }) => leastCommonMultiple(multiple, timing.timescale), 1)
  const candidates = [1000, ...bodys, common].filter((timescale) => timescale >= 1 && timescale <= FINEST_TIMESCALE)
  const isExact = (timescale: number) =>
    placed.every(({ timing, lead }) => (lead * timescale) % timing.timescale === 0) &&
    bodys.every((body) => timescale % body === 0)
  return candidates.find(isExact) ?? FINEST_TIMESCALE
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b]
  while (y > 0) [x, y] = [y, x % y]
  return (a / x) * b
}

function present({ track, timing, lead, mediaTime }: Placed, timescale: number): TrackPresentation {
  const scale = timescale / timing.timescale
  // T9: rounded up, since players cut what an edit doesn't hold.
  const shown = Math.max(0, Math.ceil((timing.end + timing.shift - mediaTime) * scale - 1e-6))
  const ownEdits = track.edits === null ? [] : mediaEdits(track.edits)
  const [own] = ownEdits
  // T8: 0 is an edit that goes on to the end.
  const limit = own?.duration ? (own.duration * timescale) / track.edits!.movieTimescale : Number.POSITIVE_INFINITY
  const media =
    track.edits !== null && ownEdits.length > 1
      ? severalEdits(track.edits, timing, timescale)
      : [{ duration: Math.min(shown, Math.round(limit)), mediaTime, rate: own?.rate ?? 1 }]
  const edits: Edit[] = []
  const empty = Math.round(lead * scale)
  if (empty > 0) edits.push({ duration: empty, mediaTime: -1, rate: 1 })
  edits.push(...media)
  const duration = edits.reduce((sum, edit) => sum + edit.duration, 0)
  const isPlain = edits.length === 1 && edits[0]!.mediaTime === 0 && edits[0]!.duration === shown
  return { edits: isPlain ? [] : edits, duration }
}

/** T8: a body that cuts and repeats its media goes on doing so; only the clock of the durations may change. */
function severalEdits(edits: EditList, timing: TrackTiming, timescale: number): Edit[] {
  const first = edits.entries.findIndex((entry) => entry.mediaTime >= 0)
  return edits.entries.slice(first).map((entry, index, all) => {
    const mediaTime = entry.mediaTime < 0 ? -1 : Math.max(0, entry.mediaTime - timing.start) + timing.shift
    const rest = ((timing.end + timing.shift - mediaTime) * timescale) / timing.timescale
    const isOpen = entry.duration === 0 && index === all.length - 1
    const duration = isOpen ? Math.ceil(rest) : Math.round((entry.duration * timescale) / edits.movieTimescale)
    return { duration: Math.max(0, duration), mediaTime, rate: entry.rate }
  })
}
