// Where playing stands and what comes next. No I/O: the time, and whether a file is there, are handed in.
//
//   wait ──> play ──> … ──> end
//     └────> skip (a hole) ──┘
import type { SegmentEntry } from '@rushes/protocol'
import type { ListedRepresentation } from './event-manifest.ts'

export type PlayheadOptions = {
  representations: readonly ListedRepresentation[]
  /** When a moment of the event is due here; null: at once. */
  delayMs: number | null
  /** Part of the event to play, ms since the Unix epoch by its wall clock. */
  from?: number | undefined
  to?: number | undefined
  /** How long a file that is not there when due is waited for; null: for ever. */
  patienceMs: number | null
  /** Local time at which playing began: what was due before is caught up with, not given up. */
  startedAt: number
}

export type Step =
  | { step: 'play'; segment: SegmentEntry }
  | { step: 'skip'; segment: SegmentEntry }
  /** Until a local time, or until something is new. */
  | { step: 'wait'; until: number }
  | { step: 'end' }

export type Surroundings = {
  /** Local time in ms since the Unix epoch. */
  now: number
  /** The manifest has its end. */
  ended: boolean
  /** The server answers at present. */
  reachable: boolean
  has(segment: SegmentEntry): boolean
}

/** Seconds of media that one representation may be ahead of another that is silent. */
const longestLead = 10

type Track = { representation: ListedRepresentation; index: number }

export class Playhead {
  readonly #tracks: Track[]
  #options: PlayheadOptions
  #head: SegmentEntry | null = null
  #headTrack: Track | null = null
  #headSince = 0

  constructor(options: PlayheadOptions) {
    this.#options = options
    this.#tracks = options.representations.map((representation) => ({ representation, index: 0 }))
    for (const track of this.#tracks) this.#rewind(track)
  }

  get delayMs(): number | null {
    return this.#options.delayMs
  }

  /** Goes to a moment of the event; with a delay it is due at `now`, and what follows it after it. */
  seek(wallClock: number, now: number): void {
    const delayMs = this.#options.delayMs === null ? null : now - wallClock
    this.#options = { ...this.#options, from: wallClock, delayMs, startedAt: now }
    this.#head = null
    this.#headTrack = null
    for (const track of this.#tracks) {
      track.index = 0
      this.#rewind(track)
    }
  }

  next({ now, ended, reachable, has }: Surroundings): Step {
    for (const track of this.#tracks) this.#rewind(track)
    const open = this.#tracks.filter((track) => !this.#isOver(track, ended))
    if (open.length === 0) return { step: 'end' }
    const first = earliest(open)
    if (first === null) return { step: 'wait', until: Number.POSITIVE_INFINITY }
    const segment = headOf(first)!
    this.#headTrack = first
    if (segment !== this.#head) {
      this.#head = segment
      this.#headSince = now
    }
    const due = this.#dueAt(segment)
    if (due > now) return { step: 'wait', until: due }
    const isPaced = this.#options.delayMs !== null
    if (!isPaced && open.some((track) => mayComeBefore(track, first))) {
      return { step: 'wait', until: Number.POSITIVE_INFINITY }
    }
    if (has(segment)) return { step: 'play', segment }
    if (isWithdrawn(first, segment)) return { step: 'skip', segment }
    const isOverdueFromStart = due < this.#options.startedAt
    // Nobody has seen what comes after it yet, so there is time while the server is away, and some more.
    if (isOverdueFromStart && !reachable) this.#headSince = now
    const until = this.#deadline(due, isOverdueFromStart)
    return now >= until ? { step: 'skip', segment } : { step: 'wait', until }
  }

  /**
   * Leaves behind what {@link next} named last, played or given up; until then it is named again. False where the
   * playhead was moved since, so that it is no longer what comes next.
   */
  pass(): boolean {
    if (this.#headTrack === null) return false
    this.#headTrack.index++
    this.#headTrack = null
    return true
  }

  /** Segments from here on in the order in which they are due, at most `most`. */
  *ahead(most: number): Iterable<SegmentEntry> {
    const tracks = this.#tracks.map((track) => ({ ...track }))
    for (let count = 0; count < most; count++) {
      const first = earliest(tracks)
      if (first === null) return
      const segment = headOf(first)!
      if (this.#isBeyond(segment)) {
        first.index = first.representation.segments.length
        continue
      }
      if (!isWithdrawn(first, segment)) yield segment
      first.index++
    }
  }

  #dueAt(segment: SegmentEntry): number {
    const { delayMs } = this.#options
    return delayMs === null ? Number.NEGATIVE_INFINITY : Date.parse(segment.wallClock) + delayMs
  }

  #deadline(due: number, isOverdueFromStart: boolean): number {
    const { patienceMs } = this.#options
    if (patienceMs === null) return Number.POSITIVE_INFINITY
    return isOverdueFromStart ? this.#headSince + 3 * patienceMs : Math.max(due, this.#headSince) + patienceMs
  }

  /** Passes what ends before the part to play; its list may still grow. */
  #rewind(track: Track): void {
    const { from } = this.#options
    if (from === undefined) return
    const { timescale } = track.representation.entry
    for (let segment = headOf(track); segment !== undefined; segment = headOf(track)) {
      if (Date.parse(segment.wallClock) + (1000 * segment.duration) / timescale > from) return
      track.index++
    }
  }

  #isOver(track: Track, ended: boolean): boolean {
    const segment = headOf(track)
    return segment === undefined ? ended : this.#isBeyond(segment)
  }

  #isBeyond(segment: SegmentEntry): boolean {
    const { to } = this.#options
    return to !== undefined && Date.parse(segment.wallClock) >= to
  }
}

function headOf(track: Track): SegmentEntry | undefined {
  return track.representation.segments[track.index]
}

function isWithdrawn({ representation }: Track, { sequence }: SegmentEntry): boolean {
  return representation.withdrawn.has(sequence)
}

function startOf(track: Track): number {
  return headOf(track)!.start / track.representation.entry.timescale
}

/** The one whose next segment begins first; the former at a tie. */
function earliest<Each extends Track>(tracks: readonly Each[]): Each | null {
  let first: Each | null = null
  for (const track of tracks) {
    if (headOf(track) !== undefined && (first === null || startOf(track) < startOf(first))) first = track
  }
  return first
}

/** Whether a track that has nothing listed may still list something that belongs before `other`'s next segment. */
function mayComeBefore(track: Track, other: Track): boolean {
  if (headOf(track) !== undefined) return false
  const end = track.representation.end / track.representation.entry.timescale
  const listed = other.representation.end / other.representation.entry.timescale
  return startOf(other) >= end && listed - end < longestLead
}
