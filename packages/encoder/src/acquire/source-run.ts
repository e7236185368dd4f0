// One ffmpeg over one source:
//
//   starting ──first bytes──▶ running ──its end, ours, or silence──▶ ended (the segment that was open is told)
import { type Init, MediaError, retrackInit, shiftFragment } from '@rushes/media'
import { type ProgramEnd, type RunningProgram, startProgram } from '@rushes/sandbox'
import { type CutSegment, SegmentCutter } from '../segment/segment-cutter.ts'
import { SegmentError } from '../segment/segment-error.ts'
import type { EventDoor } from './event-door.ts'
import { type OutputPlan, originMs, peakBitrate } from './ffmpeg-output.ts'
import { frameRateOf } from './frame-rate.ts'
import { ProgressReport } from './progress-report.ts'
import type { RepresentationLine } from './representation-line.ts'
import type { SetTimeline } from './set-timeline.ts'
import type { SourceClock } from './source-clock.ts'
import { readStreamListing, type StreamListing } from './stream-listing.ts'

/** ffmpeg names an input's streams at once, and may complain for days after that. */
const headBytes = 64 * 1024
const graceMs = 5000

export type RunOutput = { plan: OutputPlan; line: RepresentationLine }

export type RunOptions = {
  set: string
  args: readonly string[]
  /** In the order of the file descriptors from 4 on. */
  outputs: readonly RunOutput[]
  segmentMs: number
  /** Senders begin with what they have, faster than time goes: segments wait so long until the clock knows better. */
  settleMs: number
  /** Of a source that came once and says nothing any more. */
  silenceMs: number
  clock: SourceClock | null
  timeline: SetTimeline
  door: EventDoor
  now(): number
}

export type RunEnd = {
  end: ProgramEnd
  listing: StreamListing | null
  /** Whether anything came. */
  hasBegun: boolean
  segments: number
  failure: SegmentError | null
  isSilent: boolean
}

export interface SourceRun {
  readonly ended: Promise<RunEnd>
  readonly hasBegun: boolean
  /** Ends it so that everything that was acquired is encoded and told. */
  finish(): void
}

/** @throws SandboxError `program-missing`, `not-started` */
export async function startRun(options: RunOptions): Promise<SourceRun> {
  let head = ''
  const program = await startProgram({
    program: 'ffmpeg',
    args: options.args,
    extraOutputs: options.outputs.length + 1,
    graceMs,
    onStderr(bytes) {
      if (head.length < headBytes) head += bytes.toString('utf8')
    },
  })
  return new FfmpegRun(program, options, () => head)
}

class FfmpegRun implements SourceRun {
  readonly ended: Promise<RunEnd>
  hasBegun = false
  private readonly program: RunningProgram
  private readonly options: RunOptions
  private readonly watchdog: NodeJS.Timeout
  private finishTimer: NodeJS.Timeout | null = null
  private lastBytes = 0
  private segments = 0
  private failure: SegmentError | null = null
  private isSilent = false
  /** Segments that wait for the clock to settle; null when it has. */
  private held: (() => void)[] | null = null
  private settleTimer: NodeJS.Timeout | null = null

  constructor(program: RunningProgram, options: RunOptions, head: () => string) {
    this.program = program
    this.options = options
    program.stdout.resume()
    const [progress, ...pipes] = program.extraOutputs
    const report = new ProgressReport((values) => {
      const { set, door } = options
      if (this.hasBegun) door.tell({ type: 'source', set, state: 'running', ...values })
    })
    progress!.on('data', (bytes: Buffer) => report.push(bytes))
    const cutters = options.outputs.map((output) => this.cutterOf(output))
    for (const [index, pipe] of pipes.entries()) {
      pipe.on('error', () => {})
      pipe.on('data', (bytes: Buffer) => this.guarded(() => this.take(cutters[index]!, bytes)))
    }
    this.watchdog = setInterval(() => this.watch(), 500)
    this.ended = program.ended.then((end) => {
      clearInterval(this.watchdog)
      if (this.finishTimer !== null) clearTimeout(this.finishTimer)
      this.release()
      for (const cutter of cutters) this.guarded(() => cutter.finish())
      const { hasBegun, segments, failure, isSilent } = this
      return { end, listing: readStreamListing(head()), hasBegun, segments, failure, isSilent }
    })
  }

  finish(): void {
    this.program.interrupt()
    this.finishTimer ??= setTimeout(() => void this.program.stop(), graceMs)
  }

  private take(cutter: SegmentCutter, bytes: Uint8Array): void {
    this.lastBytes = this.options.now()
    if (!this.hasBegun) {
      this.hasBegun = true
      if (this.options.settleMs > 0) {
        this.held = []
        this.settleTimer = setTimeout(() => this.release(), this.options.settleMs)
      }
      this.options.door.tell({ type: 'source', set: this.options.set, state: 'running' })
    }
    if (this.failure === null) cutter.push(bytes)
  }

  private release(): void {
    if (this.settleTimer !== null) clearTimeout(this.settleTimer)
    const held = this.held ?? []
    this.held = null
    for (const work of held) this.guarded(work)
  }

  private guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      const isHostile = error instanceof MediaError
      if (!isHostile && !(error instanceof SegmentError)) throw error
      this.failure ??= isHostile ? new SegmentError('not-fragmented-mp4', error.message) : error
      void this.program.stop()
    }
  }

  private watch(): void {
    if (!this.hasBegun || this.options.now() - this.lastBytes < this.options.silenceMs) return
    this.isSilent = true
    void this.program.stop()
  }

  private cutterOf(output: RunOutput): SegmentCutter {
    const { segmentMs, clock, now } = this.options
    const { line } = output
    let announced: { header: Uint8Array; init: Init } | null = null
    return new SegmentCutter({
      segmentMs,
      originMs,
      onHeader(header, init) {
        if (line.begin(init)) announced = { header, init }
        return { trackId: line.trackId, sequenceNumber: line.sequence + 1 }
      },
      onFragment: (endSeconds) => clock?.observe(now(), endSeconds * 1000),
      onSegment: (segment) => {
        const work = (): void => {
          const { shift, wallClock } = this.options.timeline.place(line, segment.start)
          if (announced !== null) this.announce(output, announced, segment)
          announced = null
          this.tell(line, segment, shift, wallClock)
        }
        if (this.held === null) work()
        else this.held.push(work)
      },
    })
  }

  private tell(line: RepresentationLine, segment: CutSegment, shift: number, wallClock: number): void {
    const { set, door, timeline } = this.options
    const { duration, bytes } = segment
    if (!door.hasRoom(set, bytes.length)) {
      // Not counted as the end of what is there: the hole is told as soon as a segment finds room again, or here.
      timeline.tellGap(Math.round(wallClock + (duration * 1000) / line.timescale), 'the consumer fell behind')
      return
    }
    shiftFragment(bytes, new Map([[line.trackId, shift]]))
    const start = segment.start + shift
    const { id, sequence } = line
    line.sequence++
    line.end = start + duration
    line.lastWallClock = wallClock
    this.segments++
    timeline.ended(wallClock, (duration * 1000) / line.timescale)
    door.tell({ type: 'segment', representation: id, sequence, start, duration, wallClock, bytes })
  }

  private announce(
    { plan, line }: RunOutput,
    { header, init }: { header: Uint8Array; init: Init },
    segment: CutSegment,
  ): void {
    const { trackId, ...track } = init.tracks[0]!
    retrackInit(header, new Map([[trackId, line.trackId]]))
    const seconds = segment.duration / line.timescale
    const measured = Math.ceil((segment.bytes.length * 8) / Math.max(seconds, 0.1))
    const asked = plan.codec === 'copy' ? measured * 1.5 : plan.kind === 'video' ? plan.rendition.bitrate : plan.bitrate
    this.options.door.tell({
      type: 'representation',
      representation: {
        ...track,
        id: line.id,
        set: this.options.set,
        bandwidth: Math.max(measured, peakBitrate(asked)),
        ...(track.kind === 'video' ? { frameRate: frameRateOf(segment.samples, Math.max(seconds, 0.001)) } : {}),
      },
      kinds: this.options.outputs.map((output) => output.plan.kind),
      init: header,
    })
  }
}
