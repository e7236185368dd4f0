import type { EventDoor } from './event-door.ts'
import type { RepresentationLine } from './representation-line.ts'
import type { SourceClock } from './source-clock.ts'

/** Times of one run may begin this much before its origin: what encoders put in front of the first sample. */
const leadMs = 100
/** A jump of the source's own times that is longer was a pause. */
const pauseMs = 1000

export type PlacedTime = {
  /** Ticks to add to the run's times. */
  shift: number
  /** ms since the epoch. */
  wallClock: number
}

type Run = {
  /** null: a file that is read as fast as it goes, whose wall clock is its media time. */
  clock: SourceClock | null
  originMs: number
  /** Media time = the run's time + this, ms; null before its first segment. */
  baseMs: number | null
  /** What is said of the hole before it. */
  reason: string
}

/** Puts the times of one set's runs on the event's timeline: media time 0 is `epochMs` on the wall clock. */
export class SetTimeline {
  private readonly set: string
  private readonly epochMs: number
  private readonly lines: readonly RepresentationLine[]
  private readonly door: EventDoor
  private run: Run | null = null
  /** Wall clock at which the last segment ended. */
  private lastEnd: number | null = null
  /** Media time at which the first run began, ms. */
  private firstOrigin: number | null = null

  constructor(set: string, epochMs: number, lines: readonly RepresentationLine[], door: EventDoor) {
    this.set = set
    this.epochMs = epochMs
    this.lines = lines
    this.door = door
  }

  begin(clock: SourceClock | null, originMs: number, reason: string): void {
    this.run = { clock, originMs, baseMs: null, reason }
  }

  /** Media time of the end of what is there, ms; 0 before everything. */
  get endMs(): number {
    return Math.max(0, ...this.lines.map(({ endMs }) => endMs ?? 0))
  }

  /** How much of the source was passed since the first run began, ms. */
  get passedMs(): number {
    return this.firstOrigin === null ? 0 : Math.max(0, this.endMs - this.firstOrigin)
  }

  /** A segment at these ticks of the current run begins `line`'s next; tells the gap before it, where there is one. */
  place(line: RepresentationLine, start: number): PlacedTime {
    const run = this.run!
    const startMs = (start * 1000) / line.timescale
    if (run.baseMs === null) this.settle(run, startMs)
    const wanted = Math.round((run.baseMs! * line.timescale) / 1000)
    // DELIVERY.md M3: no segment begins before the end of the one before it.
    const shift = Math.max(wanted, (line.end ?? 0) - start)
    const mediaMs = startMs + (shift * 1000) / line.timescale
    const made = run.clock === null ? this.epochMs + mediaMs : run.clock.wallClock(startMs)
    const wallClock = Math.max(line.lastWallClock, Math.round(made))
    const isLeader = line === this.lines.find(({ end }) => end !== null)
    const isPause = isLeader && line.endMs !== null && mediaMs - line.endMs > pauseMs
    if (isPause && run.reason === '') this.tellGap(wallClock, 'the source paused')
    if (run.reason !== '') {
      this.tellGap(wallClock, run.reason)
      run.reason = ''
    }
    return { shift, wallClock }
  }

  ended(wallClock: number, durationMs: number): void {
    this.lastEnd = Math.max(this.lastEnd ?? 0, Math.round(wallClock + durationMs))
  }

  /** Nothing came between the end of the last segment and now. */
  tellGap(to: number, reason: string): void {
    const before = this.lastEnd ?? (this.endMs > 0 ? Math.round(this.epochMs + this.endMs) : null)
    if (before === null || to <= before) return
    this.door.tell({ type: 'gap', set: this.set, from: before, to, reason: reason.slice(0, 500) })
    this.lastEnd = to
  }

  private settle(run: Run, startMs: number): void {
    const live = run.clock === null ? null : run.clock.wallClock(startMs) - startMs - this.epochMs
    const least = this.endMs - run.originMs + leadMs
    run.baseMs = Math.max(live ?? least, least)
    this.firstOrigin ??= run.baseMs + run.originMs
  }
}
