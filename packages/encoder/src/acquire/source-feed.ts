// One input through everything that happens to it:
//
//   connecting ──bytes──▶ running ──lost──▶ waiting (0.25 s, doubling to 10 s) ──▶ connecting
//                            └──the source's own end, or stop()──▶ ended
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { retryDelayMs } from '@rushes/protocol'
import { SegmentError } from '../segment/segment-error.ts'
import type { EventDoor } from './event-door.ts'
import { inputArguments } from './ffmpeg-input.ts'
import { originMs, outputArguments } from './ffmpeg-output.ts'
import type { Input, Source } from './input.ts'
import { SetTimeline } from './set-timeline.ts'
import { SourceClock } from './source-clock.ts'
import { SourceError } from './source-error.ts'
import { type RunEnd, type RunOutput, type SourceRun, startRun } from './source-run.ts'
import { lastComplaint } from './stream-listing.ts'

/** A source that sent and went silent is taken for lost. */
const silenceMs = 10_000
/** Of a sender: by default ffmpeg looks at 5 s of a transport stream before it begins, and then has all of it at once. */
const settleMs = 3000
/** Attempts to read on in a file in which nothing more is found. */
const mostFileAttempts = 3
const longestRetryMs = 10_000

export type FeedOptions = {
  input: Input
  outputs: readonly RunOutput[]
  /** ffmpeg's encoder of each codec; null copies. */
  encoderOf(codec: string): string | null
  segmentMs: number
  pace: 'live' | 'fast'
  durationMs: number | null
  epochMs: number
  /** Whether an encoder before this one has segments of this set. */
  isContinued: boolean
  door: EventDoor
}

export class SourceFeed {
  /** Settles when the source has ended. @throws SourceError, SandboxError */
  readonly done: Promise<void>
  private readonly options: FeedOptions
  private readonly timeline: SetTimeline
  private readonly isLive: boolean
  private readonly openedAt = Date.now()
  private readonly stopping = new AbortController()
  private run: SourceRun | null = null
  /** What the source is known, or taken, to have. */
  private outputs: readonly RunOutput[]
  /** Its AAC comes in ADTS frames, as in transport streams, which MP4 doesn't take as they are. */
  private isAdts: boolean
  private beganAt: number | null = null
  private attempts = 0

  constructor(options: FeedOptions) {
    this.options = options
    const { kind } = options.input.source
    this.isLive = options.pace === 'live' || (kind !== 'file' && kind !== 'test')
    const lines = options.outputs.map(({ line }) => line)
    this.timeline = new SetTimeline(options.input.set, options.epochMs, lines, options.door)
    this.outputs = options.outputs.filter(({ plan }) => mayHave(options.input, plan.kind))
    this.isAdts = isTransportStream(options.input.source)
    this.done = this.feed()
  }

  stop(): void {
    this.stopping.abort()
    this.run?.finish()
  }

  private get isSent(): boolean {
    return ['rtsp', 'srt', 'rtmp', 'tcp', 'udp', 'hls'].includes(this.options.input.source.kind)
  }

  private get isStopped(): boolean {
    return this.stopping.signal.aborted
  }

  private async feed(): Promise<void> {
    try {
      const missing = await this.acquire()
      // What was missing until the end has no segment behind it that would tell.
      if (this.isLive && missing !== '') this.timeline.tellGap(Date.now(), missing)
      this.tell('ended')
    } catch (error) {
      this.tell('ended', error instanceof Error ? error.message : String(error))
      throw error
    }
  }

  /** Until the source's end or ours; why it is missing, where it is. */
  private async acquire(): Promise<string> {
    let reason = this.options.isContinued ? 'the encoder was restarted' : ''
    while (!this.isStopped && !this.isOver()) {
      this.tell('connecting')
      const result = await this.runOnce(reason)
      if (this.isStopped) return result.hasBegun ? '' : reason
      if (this.learn(result)) continue
      if (this.isEnd(result)) return ''
      const failure = this.finalFailure(result)
      if (failure !== null) throw failure
      const lost = describe(result)
      if (result.segments > 0) {
        this.attempts = 0
        reason = `the source was lost: ${lost}`
      }
      this.tell('lost', lost)
      await wait(retryDelayMs(this.attempts++, { mostMs: longestRetryMs }), undefined, {
        signal: this.stopping.signal,
      }).catch(() => {})
    }
    return reason
  }

  private async runOnce(reason: string): Promise<RunEnd> {
    const { input, segmentMs, door, pace } = this.options
    if (input.source.kind === 'file') checkFile(input.source.address)
    const clock = this.isLive ? new SourceClock() : null
    this.timeline.begin(clock, originMs, reason)
    const now = (): number => Date.now()
    this.run = await startRun({
      ...{
        set: input.set,
        args: this.commandLine(),
        outputs: this.outputs,
        segmentMs,
        silenceMs,
        settleMs: this.isSent ? settleMs : 0,
      },
      ...{ clock, timeline: this.timeline, door, now },
    })
    if (this.isStopped) this.run.finish()
    // A source that never comes ends with the time that was given.
    const left = this.remainingMs()
    const deadline = left === null || pace === 'fast' ? null : setTimeout(() => this.endUnlessBegun(), left)
    const result = await this.run.ended
    if (deadline !== null) clearTimeout(deadline)
    if (result.hasBegun) this.beganAt ??= Date.now()
    this.run = null
    return result
  }

  private endUnlessBegun(): void {
    if (this.run?.hasBegun === false) this.run.finish()
  }

  private commandLine(): string[] {
    const { input, segmentMs, pace, encoderOf } = this.options
    const left = this.remainingMs()
    const seekSeconds = this.timeline.passedMs / 1000
    const { args, video, audio } = inputArguments(input.source, {
      pace,
      seekSeconds,
      seconds: left === null ? null : left / 1000,
    })
    const outputs = this.outputs.flatMap(({ plan }, index) =>
      outputArguments(plan, plan.kind === 'video' ? video : audio, {
        encoder: encoderOf(plan.codec),
        segmentMs,
        descriptor: index + 4,
        isAdts: this.isAdts,
      }),
    )
    const general = [
      '-hide_banner',
      '-nostdin',
      '-nostats',
      '-loglevel',
      'info',
      '-progress',
      'pipe:3',
      '-stats_period',
      '1',
    ]
    return [...general, ...args, ...outputs]
  }

  private remainingMs(): number | null {
    const { durationMs } = this.options
    if (durationMs === null) return null
    if (this.beganAt === null && this.attempts === 0) return durationMs
    const passed = this.isLive ? Date.now() - this.openedAt : this.timeline.passedMs
    return Math.max(1, durationMs - passed)
  }

  private isOver(): boolean {
    const left = this.remainingMs()
    return left !== null && left <= 1
  }

  /** ffmpeg said what the source has, and it isn't what was asked for: ask again at once. */
  private learn({ listing, hasBegun, end }: RunEnd): boolean {
    // Sound of other codecs doesn't go through that filter, and needs none.
    if (this.isAdts && !hasBegun && /not supported by the bitstream filter/.test(end.stderr)) {
      this.isAdts = false
      return true
    }
    if (hasBegun || listing === null || !/matches no streams|does not contain any stream/.test(end.stderr)) return false
    const { hasVideo, hasAudio } = listing
    const known = this.options.outputs.filter(({ plan }) => (plan.kind === 'video' ? hasVideo : hasAudio))
    if (known.length === 0) throw new SourceError('no-streams', 'the source has nothing of what is to be recorded')
    if (known.length === this.outputs.length && known.every((output) => this.outputs.includes(output))) return false
    this.outputs = known
    return true
  }

  private isEnd({ end, listing, hasBegun, failure }: RunEnd): boolean {
    const { kind } = this.options.input.source
    if (end.status !== 0 || !hasBegun || failure !== null) return false
    if (kind === 'file' || kind === 'test') return true
    const left = this.remainingMs()
    return (left !== null && left <= 1000) || (kind === 'hls' && listing?.isFinite === true)
  }

  /** What no further attempt would mend. */
  private finalFailure(result: RunEnd): SourceError | null {
    const { kind } = this.options.input.source
    const { stderr } = result.end
    const copies = this.outputs.some(({ plan }) => plan.codec === 'copy')
    const isUnfit = result.failure !== null && result.failure.code !== 'too-large'
    if (copies && (isUnfit || /Could not find tag for codec|not currently supported in container/.test(stderr))) {
      const why = result.failure?.message ?? lastComplaint(stderr)
      return new SourceError(
        'copy-unfit',
        `the source can't be copied (${why}): have it encoded, by a codec instead of copy`,
      )
    }
    if (kind !== 'file' || result.segments > 0 || result.end.signal !== null) return null
    if (!result.hasBegun && /not on whitelist|Invalid data found|Protocol '.*' not/i.test(stderr)) {
      return new SourceError('refused', `the file is of no kind that is opened here: ${lastComplaint(stderr)}`)
    }
    if (this.attempts < mostFileAttempts) return null
    return new SourceError('refused', `the file can't be read: ${lastComplaint(stderr)}`)
  }

  private tell(state: 'connecting' | 'lost' | 'ended', detail?: string): void {
    const { input, door } = this.options
    door.tell({ type: 'source', set: input.set, state, ...(detail === undefined ? {} : { detail }) })
  }
}

/** What each kind of device can have at all; the others are asked for both, and say. */
function mayHave({ source }: Input, kind: 'video' | 'audio'): boolean {
  if (source.kind === 'alsa' || source.kind === 'pulse') return kind === 'audio'
  if (source.kind === 'v4l2') return kind === 'video' || source.audio !== undefined
  return true
}

/** ISO 13818-1 §2.4.3.2: packets of 188 bytes that begin with 0x47; networks carry nothing else here. */
function isTransportStream({ kind, address }: Source): boolean {
  if (kind !== 'file') return kind === 'tcp' || kind === 'udp' || kind === 'srt' || kind === 'hls'
  if (statSync(address, { throwIfNoEntry: false })?.isFile() !== true) return false
  const file = openSync(address, 'r')
  try {
    const head = Buffer.alloc(189)
    return readSync(file, head, 0, 189, 0) === 189 && head[0] === 0x47 && head[188] === 0x47
  } finally {
    closeSync(file)
  }
}

function checkFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new SourceError('not-found', `${path} is not there`)
  if (!found.isFile()) throw new SourceError('refused', `${path} is no file`)
}

function describe({ end, failure, isSilent, hasBegun }: RunEnd): string {
  if (failure instanceof SegmentError) return failure.message
  if (isSilent) return `nothing came for ${silenceMs / 1000} s`
  if (end.signal !== null) return `ffmpeg was ended by ${end.signal}`
  if (end.status === 0) return hasBegun ? 'the sender ended' : 'nothing came'
  return lastComplaint(end.stderr)
}
