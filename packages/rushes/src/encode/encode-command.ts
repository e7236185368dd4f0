import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  type AudioCodec,
  type Encode,
  type EncodeProgress,
  encoderStatus,
  type Input,
  openSpool,
  parseInput,
  parseRendition,
  type Rendition,
  type Spool,
  startEncode,
  type VideoCodec,
} from '@rushes/encoder'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { CommandError, printResult } from '../output.ts'
import { addReportOptions, openReport, type ReportOptions, type StatusReport } from '../status/status-report.ts'
import { newDeliveryId } from './delivery-id.ts'
import { addDeliveryOptions, bytesPerSecond, type DeliveryOptions, deliveryOptions } from './delivery-options.ts'
import { encodeInFleet } from './fleet-command.ts'

type EncodeCommandOptions = DeliveryOptions &
  ReportOptions & {
    input: Input[]
    spool: string
    segment: number
    duration?: number
    title?: string
    pace: 'live' | 'fast'
    rendition: Rendition[]
    video: VideoCodec
    audio: AudioCodec
    spoolLimit: number
    fleet?: string
  }

/** `rushes encode`: records a live source on this machine and delivers it without fail. */
export function addEncodeCommand(program: Command): void {
  const command = program
    .command('encode')
    .description('record a live source and deliver it, whatever the network does')
    .requiredOption('--input <source>', 'what FFmpeg opens, or test:; NAME=SOURCE for several', addInput, [])
    .requiredOption('--spool <folder>', 'where files wait until they are proved delivered')
    .option('--segment <seconds>', 'length of a segment', seconds, 2)
    .option('--duration <seconds>', 'end after so long', seconds)
    .option('--title <title>', 'title of the event')
    .addOption(new Option('--pace <pace>', 'of files and test pictures').choices(['live', 'fast']).default('live'))
    .option(
      '--rendition <WxH@rate>',
      'a size and bit rate, e.g. 1280x720@2500k; several make a ladder',
      addRendition,
      [],
    )
    .addOption(new Option('--video <codec>', 'video codec').choices(['h264', 'hevc', 'av1', 'copy']).default('h264'))
    .addOption(new Option('--audio <codec>', 'audio codec').choices(['aac', 'opus', 'copy', 'none']).default('aac'))
    .option('--spool-limit <bytes>', 'what the spool may hold, e.g. 40G', bytesPerSecond, 40e9)
    .option('--fleet <name>', "wait for orders and a schedule from the server's page, under this name")
  addReportOptions(addDeliveryOptions(command)).action(async (options: EncodeCommandOptions) => {
    printResult(await (options.fleet === undefined ? encode(options) : encodeFor(options.fleet, options)), options)
  })
}

/** What every event of this encoder is recorded and delivered with. */
function eventOptions(options: EncodeCommandOptions) {
  const { rendition, video, audio, input, pace, spoolLimit } = options
  return {
    ...deliveryOptions(options),
    ...{ pace, inputs: input, renditions: rendition, videoCodec: video, audioCodec: audio },
    spoolBytes: spoolLimit,
  }
}

async function encodeFor(name: string, options: EncodeCommandOptions) {
  if (options.title !== undefined || options.duration !== undefined)
    throw new CommandError('misused', 'with --fleet the server says how events are called and how long they take')
  const { spool, server, segment, json } = options
  const encode = eventOptions(options)
  return encodeInFleet({ name, spool, server, segmentMs: segment * 1000, encode, isQuiet: json === true })
}

async function encode(options: EncodeCommandOptions) {
  const spool = await openEventSpool(options)
  let progress: EncodeProgress | null = null
  const report = await openReport(options, () =>
    progress === null
      ? null
      : encoderStatus({
          ...{ now: Date.now(), head: spool.head, counts: spool.counts(), limitBytes: options.spoolLimit },
          ...{ totals: progress.totals, progress },
        }),
  ).catch((error: unknown) => {
    spool.close()
    throw error
  })
  try {
    const { duration } = options
    const run = await startEncode({
      ...eventOptions(options),
      spool,
      ...(duration !== undefined && { durationMs: duration * 1000 }),
      onProgress(now) {
        progress = now
        report.tell()
      },
    })
    stopOnSignals(run, report)
    const certificate = await run.done
    const { segments, bytes, lost, delivery } = run.progress
    const { pending } = spool.counts()
    const { retransmitted, shareUrl } = delivery
    return { id: spool.head.id, segments, bytes, lost, pending, retransmitted, shareUrl, certificate }
  } finally {
    report.close()
    spool.close()
  }
}

/** A spool that is not done is gone on with: the same event, on the same timeline. */
async function openEventSpool(options: EncodeCommandOptions): Promise<Spool> {
  const folder = resolve(options.spool)
  if (!existsSync(join(folder, 'spool.sqlite'))) {
    const title = options.title ?? `Event of ${new Date().toISOString().slice(0, 16).replace('T', ' ')}`
    const server = options.server.replace(/\/+$/, '')
    const head = { id: newDeliveryId(), title, server, segmentMs: options.segment * 1000, epochMs: Date.now() }
    return openSpool(folder, head)
  }
  const spool = await openSpool(folder)
  if (!spool.ended) return spool
  spool.close()
  throw new CommandError(
    'spool-ended',
    `the event in ${folder} has ended: give another folder, or deliver what is left with rushes spool resume`,
  )
}

/**
 * Ctrl-C ends the event and delivers the rest; again, it stops, and the spool keeps what is left. SIGTERM, from a service
 * manager, finishes the segment that is being made and leaves the event open: started again, it goes on.
 */
function stopOnSignals(run: Encode, report: StatusReport): void {
  let asked = false
  process.on('SIGINT', () => {
    if (asked) {
      run.suspend()
      return
    }
    asked = true
    report.note('ending the event and delivering the rest; once more to stop, and deliver it another time')
    run.finish()
  })
  process.on('SIGTERM', () => run.suspend())
}

function addInput(text: string, inputs: Input[]): Input[] {
  try {
    return [...inputs, parseInput(text)]
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}

function addRendition(text: string, renditions: Rendition[]): Rendition[] {
  try {
    return [...renditions, parseRendition(text)]
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}

function seconds(text: string): number {
  const number = Number(text)
  if (Number.isFinite(number) && number > 0 && number <= 7 * 86_400) return number
  throw new InvalidArgumentError('Give a number of seconds.')
}
