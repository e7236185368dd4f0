import { runProgram } from '@rushes/sandbox'
import type { AcquisitionEvent } from './acquisition-event.ts'
import { EventDoor } from './event-door.ts'
import { encoderNames } from './ffmpeg-inventory.ts'
import { encodersOf, type OutputPlan } from './ffmpeg-output.ts'
import { checkInputs, type Input } from './input.ts'
import type { AudioCodec, Rendition, VideoCodec } from './rendition.ts'
import { RepresentationLine, type StartPoint } from './representation-line.ts'
import { SourceError } from './source-error.ts'
import { SourceFeed } from './source-feed.ts'
import type { RunOutput } from './source-run.ts'

export type { AcquisitionEvent } from './acquisition-event.ts'

export type AcquisitionOptions = {
  /** Each is a set of its own. */
  inputs: readonly Input[]
  segmentMs: number
  /** Of each picture; one of the source's own size at 2.5 Mbit/s where there is none. With `copy` there is one. */
  renditions: readonly Rendition[]
  /** How fast files and test pictures are read; everything else is live. */
  pace: 'live' | 'fast'
  /** Default `h264`. */
  videoCodec?: VideoCodec | undefined
  /** Default `aac`. */
  audioCodec?: AudioCodec | undefined
  /** Bits a second; default 128,000. */
  audioBitrate?: number | undefined
  /** The encoder's own name for its speed; default by measurement. */
  preset?: string | undefined
  durationMs?: number | undefined
  /** By representation: where the encoder before this one ended. */
  startSequence?: Readonly<Record<string, StartPoint>> | undefined
  /** Wall clock of media time 0, ms since the epoch; default now. */
  epochMs?: number | undefined
  /** What a consumer that answers with promises may have unsettled, bytes; default 512 MiB. */
  mostBytesInFlight?: number | undefined
  /** Never waited for. It must not throw. */
  onEvent(event: AcquisitionEvent): void | Promise<void>
}

export interface Acquisition {
  readonly epochMs: number
  /**
   * Settles when all inputs have ended. One that fails for good doesn't end the others.
   * @throws SourceError; SandboxError when there is no ffmpeg
   */
  readonly done: Promise<void>
  /** Finishes the segments that are being made, tells them and settles. */
  stop(): Promise<void>
}

/**
 * Acquires every input by an ffmpeg of its own and tells its segments as they are made, on one timeline.
 *
 * @throws SourceError `duplicate-set`
 */
export function openAcquisition(options: AcquisitionOptions): Acquisition {
  checkInputs(options.inputs)
  const epochMs = options.epochMs ?? Date.now()
  const door = new EventDoor(options.onEvent, options.mostBytesInFlight)
  let feeds: SourceFeed[] = []
  let isStopped = false

  async function run(): Promise<void> {
    const chosen = await chooseEncoders(options)
    if (isStopped) return
    feeds = options.inputs.map((input) => openFeed(input, options, epochMs, chosen, door))
    const results = await Promise.allSettled(feeds.map(({ done }) => done))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }
  const done = run()
  done.catch(() => {})

  return {
    epochMs,
    done,
    async stop() {
      isStopped = true
      for (const feed of feeds) feed.stop()
      await done.catch(() => {})
    },
  }
}

/** What this ffmpeg has for each codec that was asked for. @throws SourceError `encoder-missing` */
async function chooseEncoders({
  videoCodec = 'h264',
  audioCodec = 'aac',
}: AcquisitionOptions): Promise<Map<string, string>> {
  const { stdout } = await runProgram({ program: 'ffmpeg', args: ['-hide_banner', '-encoders'], timeLimitMs: 30_000 })
  const available = encoderNames(new TextDecoder().decode(stdout))
  const chosen = new Map<string, string>()
  for (const codec of [videoCodec, audioCodec]) {
    if (codec === 'copy' || codec === 'none') continue
    const encoder = encodersOf(codec).find((name) => available.has(name))
    if (encoder === undefined) {
      const wanted = encodersOf(codec).join(' or ')
      throw new SourceError(
        'encoder-missing',
        `this ffmpeg makes no ${codec}: install one with ${wanted}, or choose another`,
      )
    }
    chosen.set(codec, encoder)
  }
  return chosen
}

function openFeed(
  input: Input,
  options: AcquisitionOptions,
  epochMs: number,
  chosen: ReadonlyMap<string, string>,
  door: EventDoor,
): SourceFeed {
  const starts = options.startSequence ?? {}
  const outputs = plansOf(input, options).map((plan, index): RunOutput => {
    const ordinal = plan.kind === 'video' ? `v${index + 1}` : 'a1'
    // §8.3.2.3 of ISO 14496-12: numbers differ within the set, since its tracks come to lie in one file.
    return { plan, line: new RepresentationLine(`${input.set}-${ordinal}`, index + 1, starts) }
  })
  return new SourceFeed({
    ...{ input, outputs, epochMs, door, pace: options.pace, segmentMs: options.segmentMs },
    encoderOf: (codec) => chosen.get(codec) ?? null,
    durationMs: options.durationMs ?? null,
    isContinued: outputs.some(({ line }) => line.end !== null),
  })
}

function plansOf({ source }: Input, options: AcquisitionOptions): OutputPlan[] {
  const { videoCodec = 'h264', audioCodec = 'aac', preset = null } = options
  const renditions = options.renditions.length === 0 ? [{ bitrate: 2_500_000 }] : options.renditions
  const plans = (videoCodec === 'copy' ? renditions.slice(0, 1) : renditions).map(
    (rendition): OutputPlan => ({
      ...{ kind: 'video', codec: videoCodec, rendition, preset, sourceRate: source.frameRate ?? 30 },
    }),
  )
  if (audioCodec === 'none') return plans
  const isCapture = source.kind !== 'file' && source.kind !== 'test'
  return [...plans, { kind: 'audio', codec: audioCodec, bitrate: options.audioBitrate ?? 128_000, isCapture }]
}
