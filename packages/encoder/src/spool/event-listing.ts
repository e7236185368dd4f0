// Puts what an acquisition makes into a spool: the file first, then its entry. What finds no room is lost, and a gap says
// from when to when; the recording goes on.
//
//   of each set:  kept ── no room, or the disk refuses ──> losing ── the next segment that is kept lists the gap ──> kept
import { type Init, readFragment, readInit } from '@rushes/media'
import type { ManifestEntry } from '@rushes/protocol'
import type { AcquisitionEvent } from '../acquire/acquisition-event.ts'
import type { StartPoint } from '../acquire/representation-line.ts'
import { EventTotals } from './event-totals.ts'
import { SetBeginning } from './set-beginning.ts'
import type { Spool } from './spool.ts'
import { SpoolError } from './spool-error.ts'

type RepresentationEvent = Extract<AcquisitionEvent, { type: 'representation' }>
type SegmentEvent = Extract<AcquisitionEvent, { type: 'segment' }>
/** `needs`: bytes of the largest segment that was lost. */
type Loss = { from: number; to: number; reason: string; needs: number }
type Line = { set: string; init: Init; next: number; end: number }

/** Of the limit, from which on a spool that can't be emptied is worth a warning. */
const nearlyFull = 0.8
/**
 * Of the disk, left to what needs little and can't do without: SQLite's log, the gap that says what found no room, the marks
 * of what was delivered.
 */
const reserveBytes = 8 * 2 ** 20
/** Of the limit, that has to be free before what was full is used again: else every second segment would be lost. */
const enoughAgain = 0.05

export class EventListing {
  /** Segments and bytes that were listed, and segments that found no room, by this process. */
  segments = 0
  bytes = 0
  lost = 0
  /** Of the event, whichever processes recorded it. */
  readonly totals: EventTotals = new EventTotals()
  private readonly spool: Spool
  private readonly limit: number
  /** What the files may take: the limit, or less where the disk has less. */
  private room: number
  private readonly lines = new Map<string, Line>()
  private readonly beginning = new SetBeginning()
  /** Not listed yet, for want of room. */
  private readonly unlisted = new Map<string, RepresentationEvent>()
  private readonly losses = new Map<string, Loss>()

  private constructor(spool: Spool, limit: number) {
    this.spool = spool
    this.limit = limit
    this.room = limit
  }

  /**
   * Goes on where the spool ends; `limit`: bytes that its files may take.
   *
   * @throws SpoolError
   */
  static async open(
    spool: Spool,
    limit: number,
  ): Promise<{ listing: EventListing; starts: Record<string, StartPoint> }> {
    const listing = new EventListing(spool, limit)
    const starts = await listing.takeUp()
    await listing.recover()
    for (const [id, line] of listing.lines) Object.assign(starts[id]!, { sequence: line.next, end: line.end })
    return { listing, starts }
  }

  /** Why files may soon find no room, or find none; null when all is well. */
  get warning(): string | null {
    const [loss] = this.losses.values()
    if (loss !== undefined) return `segments are lost: ${loss.reason}`
    const { pendingBytes } = this.spool.counts()
    if (this.room <= 0) return "the spool's disk is full"
    if (pendingBytes < this.room * nearlyFull) return null
    return `${Math.round((100 * pendingBytes) / this.room)} % of the spool waits to be delivered`
  }

  /** One after the other, in the order in which things happened. */
  async add(event: AcquisitionEvent): Promise<void> {
    if (event.type === 'representation') {
      const { id, kind } = event.representation
      const set = this.beginning.setOf(event.representation.set, kind)
      this.unlisted.set(id, { ...event, representation: { ...event.representation, set } })
      await this.attempt(set, null, () => this.represent(id))
      await this.addAll(this.beginning.represent(id, set, kind, event.kinds))
    } else if (event.type === 'segment') {
      await this.addAll(this.beginning.add(event))
    } else if (event.type === 'gap') {
      await this.attempt(event.set, null, async () => this.listGap(event.set, event))
    }
  }

  /**
   * What waits for its set to be complete, and gaps that are still to be told; may be asked for again when it throws.
   *
   * @throws SpoolError a gap finds no room
   */
  async rest(): Promise<void> {
    await this.addAll(this.beginning.rest())
    await this.freeUntil(0)
    for (const [set, loss] of this.losses) this.listGap(set, loss)
  }

  private async addAll(segments: readonly SegmentEvent[]): Promise<void> {
    for (const segment of segments) {
      const set =
        this.lines.get(segment.representation)?.set ?? this.unlisted.get(segment.representation)?.representation.set
      if (set === undefined) throw new SpoolError('spool-failed', `a segment of an unknown ${segment.representation}`)
      await this.attempt(set, segment, () => this.keep(segment))
    }
  }

  /** Does it, or notes what was lost. */
  private async attempt(set: string, segment: SegmentEvent | null, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof SpoolError)) throw error
      if (segment === null) return
      this.lost++
      const line = this.lines.get(segment.representation)
      const timescale = line?.init.tracks[0]?.timescale
      const to = segment.wallClock + (timescale === undefined ? 0 : (segment.duration * 1000) / timescale)
      const loss = this.losses.get(set)
      this.losses.set(set, {
        from: loss?.from ?? segment.wallClock,
        to: Math.max(loss?.to ?? to, to),
        reason: loss?.reason ?? error.message,
        needs: Math.max(loss?.needs ?? 0, segment.bytes.length),
      })
    }
  }

  private async represent(id: string): Promise<void> {
    const event = this.unlisted.get(id)
    if (event === undefined) return
    const { representation, init } = event
    await this.makeRoom(init.length)
    const file = await this.spool.files.write(initName(id), init)
    this.list({ type: 'representation', ...representation, init: file })
    this.lines.set(id, { set: representation.set, init: readInit(init), next: 0, end: 0 })
    this.unlisted.delete(id)
  }

  private async keep(event: SegmentEvent): Promise<void> {
    const { representation, start, duration, bytes } = event
    await this.represent(representation)
    const line = this.lines.get(representation)!
    await this.makeRoom(bytes.length)
    const name = segmentName(representation, line.next)
    const file = await this.spool.files.write(name, bytes)
    const loss = this.losses.get(line.set)
    try {
      if (loss !== undefined) this.listGap(line.set, loss)
      const wallClock = new Date(event.wallClock).toISOString()
      this.list({ type: 'segment', representation, sequence: line.next, start, duration, wallClock, file })
    } catch (error) {
      await this.spool.files.remove(name)
      throw error
    }
    line.next++
    line.end = start + duration
    this.segments++
    this.bytes += bytes.length
  }

  private list(entry: ManifestEntry): void {
    this.spool.list(entry)
    this.totals.add(entry)
  }

  private listGap(set: string, { from, to, reason }: Omit<Loss, 'needs'>): void {
    const [begin, end] = [new Date(from).toISOString(), new Date(Math.max(from, to)).toISOString()]
    this.list({ type: 'gap', set, from: begin, to: end, reason: reason.slice(0, 200) })
    this.losses.delete(set)
  }

  /** @throws SpoolError `spool-full` */
  private async makeRoom(bytes: number): Promise<void> {
    const needs = [...this.losses.values()].map((loss) => loss.needs)
    const least = needs.length === 0 ? bytes : Math.max(bytes, this.room * enoughAgain, ...needs)
    if (await this.freeUntil(least)) return
    const full = this.room < this.limit ? 'disk is' : `${this.limit} bytes are`
    throw new SpoolError('spool-full', `the spool's ${full} full of files that are not delivered`)
  }

  /** Removes delivered files, oldest first, until there is room for `bytes`; whether there is. */
  private async freeUntil(bytes: number): Promise<boolean> {
    for (;;) {
      const { heldBytes } = this.spool.counts()
      this.room = Math.min(this.limit, heldBytes + (await this.spool.files.freeBytes()) - reserveBytes)
      if (heldBytes + bytes <= this.room) return true
      const oldest = this.spool.removable(16)
      if (oldest.length === 0) return false
      for (const { name } of oldest) {
        await this.spool.files.remove(name)
        this.spool.markRemoved(name)
      }
    }
  }

  /** The representations of an encoder before this one. */
  private async takeUp(): Promise<Record<string, StartPoint>> {
    const starts: Record<string, StartPoint> = {}
    const step = 5000
    for (let from = 0; ; from += step) {
      const entries = this.spool.entries(from, step)
      for (const entry of entries) {
        this.totals.add(entry)
        if (entry.type === 'representation') {
          const init = await this.spool.files.read(entry.init.name)
          starts[entry.id] = { sequence: 0, end: 0, init }
          this.lines.set(entry.id, { set: entry.set, init: readInit(init), next: 0, end: 0 })
        } else if (entry.type === 'segment') {
          const line = this.lines.get(entry.representation)!
          line.next = entry.sequence + 1
          this.beginning.takeUp(line.set, line.init.tracks[0]!.kind)
          line.end = entry.start + entry.duration
        }
      }
      if (entries.length < step) return starts
    }
  }

  /** A segment that lay safe when the process died, but was not listed yet, is listed now; other files go. */
  private async recover(): Promise<void> {
    for (const name of (await this.spool.files.names()).sort()) {
      if (this.spool.isListed(name)) continue
      const id = name.slice(0, name.lastIndexOf('-'))
      const line = this.lines.get(id)
      if (line === undefined || name !== segmentName(id, line.next) || !(await this.recoverSegment(id, line))) {
        await this.spool.files.remove(name)
      }
    }
  }

  private async recoverSegment(id: string, line: Line): Promise<boolean> {
    const bytes = await this.spool.files.read(segmentName(id, line.next))
    const [summary, other] = readFragment(bytes, line.init)
    if (summary === undefined || other !== undefined || summary.start < line.end) return false
    const file = await this.spool.files.write(segmentName(id, line.next), bytes)
    const { start, duration } = summary
    const at = this.spool.head.epochMs + (start * 1000) / line.init.tracks[0]!.timescale
    this.list({
      ...{ type: 'segment', representation: id, sequence: line.next, start, duration, file },
      wallClock: new Date(at).toISOString(),
    })
    line.next++
    line.end = start + duration
    return true
  }
}

function initName(representation: string): string {
  return `${representation}-init.mp4`
}

function segmentName(representation: string, sequence: number): string {
  return `${representation}-${String(sequence).padStart(8, '0')}.m4s`
}
