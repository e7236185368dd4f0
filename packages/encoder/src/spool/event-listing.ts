// Puts what an acquisition makes into a spool: the file first, then its entry. What finds no room is lost, and a gap says
// from when to when; the recording goes on. Where it is allowed, what waits of additional renditions is given up before that.
//
//   of each set:  kept ── no room, or the disk refuses ──> losing ── the next segment that is kept lists the gap ──> kept
import { type Init, readFragment, readInit } from '@rushes/media'
import type { ManifestEntry, SegmentEntry } from '@rushes/protocol'
import type { AcquisitionEvent } from '../acquire/acquisition-event.ts'
import type { StartPoint } from '../acquire/representation-line.ts'
import { EventTotals } from './event-totals.ts'
import { SetBeginning } from './set-beginning.ts'
import type { Spool } from './spool.ts'
import { SpoolError } from './spool-error.ts'
import { describeFile } from './spool-files.ts'
import { SpoolRoom, type WhenFull } from './spool-room.ts'

type RepresentationEvent = Extract<AcquisitionEvent, { type: 'representation' }>
type SegmentEvent = Extract<AcquisitionEvent, { type: 'segment' }>
/** `needs`: bytes of the largest segment that was lost. */
type Loss = { from: number; to: number; reason: string; needs: number }
type Line = { set: string; init: Init; next: number; end: number }

export class EventListing {
  /** Segments and bytes that were listed, and segments that found no room, by this process. */
  segments = 0
  bytes = 0
  lost = 0
  /** Of the event, whichever processes recorded it. */
  readonly totals: EventTotals = new EventTotals()
  private readonly spool: Spool
  private readonly whenFull: WhenFull
  private readonly room: SpoolRoom
  private readonly lines = new Map<string, Line>()
  private readonly beginning = new SetBeginning()
  /** Not listed yet, for want of room. */
  private readonly unlisted = new Map<string, RepresentationEvent>()
  private readonly losses = new Map<string, Loss>()

  private constructor(spool: Spool, limit: number, whenFull: WhenFull) {
    this.spool = spool
    this.whenFull = whenFull
    this.room = new SpoolRoom(spool, limit)
  }

  /**
   * Goes on where the spool ends; `limit`: bytes that its files may take.
   *
   * @throws SpoolError
   */
  static async open(
    spool: Spool,
    limit: number,
    whenFull: WhenFull = 'keep',
  ): Promise<{ listing: EventListing; starts: Record<string, StartPoint> }> {
    const listing = new EventListing(spool, limit, whenFull)
    const starts = await listing.takeUp()
    await listing.recover()
    for (const [id, line] of listing.lines) Object.assign(starts[id]!, { sequence: line.next, end: line.end })
    return { listing, starts }
  }

  /** Why files may soon find no room, or find none; null when all is well. */
  get warning(): string | null {
    const [loss] = this.losses.values()
    if (loss !== undefined) return `segments are lost: ${loss.reason}`
    return this.room.warning
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
    await this.room.freeUntil(0)
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
    await this.makeRoom(init.length, null)
    const file = await this.spool.files.write(initName(id), init)
    this.list({ type: 'representation', ...representation, init: file })
    this.lines.set(id, { set: representation.set, init: readInit(init), next: 0, end: 0 })
    this.unlisted.delete(id)
  }

  private async keep(event: SegmentEvent): Promise<void> {
    const { representation, start, duration, bytes } = event
    await this.represent(representation)
    const line = this.lines.get(representation)!
    const name = segmentName(representation, line.next)
    const times = { sequence: line.next, start, duration, wallClock: new Date(event.wallClock).toISOString() }
    try {
      await this.makeRoom(bytes.length, representation)
    } catch (error) {
      if (!(error instanceof SpoolError) || !this.mayGo(representation)) throw error
      // Its set goes on without it: there is no gap.
      const file = describeFile(name, bytes)
      this.listWithdrawn({ type: 'segment', representation, ...times, file }, error.message)
      return this.passed(line, start + duration)
    }
    const file = await this.spool.files.write(name, bytes)
    const loss = this.losses.get(line.set)
    try {
      if (loss !== undefined) this.listGap(line.set, loss)
      this.list({ type: 'segment', representation, ...times, file })
    } catch (error) {
      await this.spool.files.remove(name)
      throw error
    }
    this.passed(line, start + duration)
    this.segments++
    this.bytes += bytes.length
  }

  private passed(line: Line, end: number): void {
    line.next++
    line.end = end
  }

  private listWithdrawn(segment: SegmentEntry, reason: string): void {
    const entry = this.spool.listWithdrawn(segment, reason)
    this.totals.add(segment)
    this.totals.add(entry)
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

  /** For bytes of a representation, or of none. @throws SpoolError `spool-full` */
  private async makeRoom(bytes: number, representation: string | null): Promise<void> {
    const needs = Array.from(this.losses.values(), (loss) => loss.needs)
    await this.room.make(bytes, needs, this.expendable(representation), (entry) => this.totals.add(entry))
  }

  /** What may go for the sake of a representation: those that count less, the least first. */
  private expendable(representation: string | null): string[] {
    const all = [...this.lines.keys()]
    const after = representation === null ? 0 : all.indexOf(representation) + 1
    return all
      .slice(after)
      .filter((id) => this.mayGo(id))
      .reverse()
  }

  private mayGo(representation: string): boolean {
    if (this.whenFull === 'keep') return false
    const { set, init } = this.lines.get(representation)!
    const kind = init.tracks[0]?.kind
    for (const [id, line] of this.lines) {
      if (line.set === set && line.init.tracks[0]?.kind === kind) return id !== representation
    }
    return false
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
      if (this.spool.holds(name)) continue
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
