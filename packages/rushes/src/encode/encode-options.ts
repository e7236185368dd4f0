import type { VideoCodec, WhenFull } from '@rushes/encoder'
import { type AudioCodec, checkInputs, type Input, parseInput, parseRendition, type Rendition } from '@rushes/encoder'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { CommandError } from '../output.ts'
import { addReportOptions, type ReportOptions } from '../status/status-report.ts'
import { applyConfig } from './config-file.ts'
import { addDeliveryOptions, bytesPerSecond, type DeliveryOptions, keyOf } from './delivery-options.ts'

export type EncodeCommandOptions = DeliveryOptions &
  ReportOptions & {
    input: Input[]
    /** One of these two. */
    spool?: string
    spoolRoot?: string
    keep?: number
    segment: number
    duration?: number
    title?: string
    pace: 'live' | 'fast'
    rendition: Rendition[]
    video: VideoCodec
    audio: AudioCodec
    spoolLimit: number
    whenFull: WhenFull
    fleet?: string
    config?: string
    printSystemdUnit?: boolean
  }

export function addEncodeOptions(command: Command): Command {
  command
    .option('--config <file>', 'options as TOML, each under its own name: spool-limit = "40G"')
    .option('--input <source>', 'what FFmpeg opens, or test:; NAME=SOURCE for several', addInput, [])
    .option('--spool <folder>', 'where files wait until they are proved delivered; goes on with what is there')
    .option(
      '--spool-root <folder>',
      'the same for event after event, each in a folder of its own; delivers older ones too',
    )
    .option('--keep <days>', 'of a spool root: remove events so long after they were certified', days)
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
    .option('--spool-limit <bytes>', 'what the spool of an event may hold, e.g. 40G', bytesPerSecond, 40e9)
    .addOption(
      new Option(
        '--when-full <policy>',
        'a spool full of what is not delivered: lose what comes, or drop additional renditions',
      )
        .choices(['keep', 'drop-renditions'])
        .default('keep'),
    )
    .option('--fleet <name>', "wait for orders and a schedule from the server's page, under this name")
    .option('--print-systemd-unit', 'print a unit that runs this as a service, and do nothing')
  return addReportOptions(addDeliveryOptions(command))
}

/**
 * What the command line, the environment and the configuration file say together, checked.
 *
 * @throws CommandError `misused`, `bad-config`, `key-file-open`, `bad-key-file`; SourceError `duplicate-set`
 */
export function readEncodeOptions(command: Command): EncodeCommandOptions {
  const { config } = command.opts<EncodeCommandOptions>()
  if (config !== undefined) applyConfig(command, config)
  const options = command.opts<EncodeCommandOptions>()
  if (options.input.length === 0) throw new CommandError('misused', 'say what to record: --input')
  checkInputs(options.input)
  if ((options.spool === undefined) === (options.spoolRoot === undefined)) {
    throw new CommandError(
      'misused',
      'say where files wait: --spool for one event, --spool-root for one after the other',
    )
  }
  if (options.fleet !== undefined) checkFleet(options)
  // A unit may be printed where the key is not.
  if (options.printSystemdUnit === true) return options
  return { ...options, ...keyOf(options) }
}

function checkFleet({ title, duration, spool, events, metrics }: EncodeCommandOptions): void {
  if (title !== undefined || duration !== undefined)
    throw new CommandError('misused', 'with --fleet the server says how events are called and how long they take')
  if (spool === undefined) throw new CommandError('misused', 'with --fleet, --spool is the folder of all its events')
  if (events === true || metrics !== undefined)
    throw new CommandError('misused', 'with --fleet it is the server that is told: leave --events and --metrics out')
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

function days(text: string): number {
  const number = Number(text)
  if (text.trim() !== '' && Number.isFinite(number) && number >= 0 && number <= 10_000) return number
  throw new InvalidArgumentError('Give a number of days.')
}
