import { homedir } from 'node:os'
import { join } from 'node:path'
import {
  type DecodeProgress,
  type DecodeResult,
  type Decoder,
  DecoderError,
  fileOutput,
  type MediaOutput,
  openDecoder,
  openPlayerWindow,
  type PlayerName,
  type PlayerWindow,
  parseDeliveryAddress,
  pipeOutput,
} from '@rushes/decoder'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { addServerOptions, CommandError, printResult, type ServerOptions } from './output.ts'

type DecodeOptions = ServerOptions & {
  output?: string
  player?: PlayerName
  delay?: number
  startAt?: number
  from?: number
  to?: number
  set?: string
  maxHeight?: number
  connections: number
  patience?: number
  cache: string
  cacheLimit: number
  keepCache?: boolean
}

export function addDecodeCommand(program: Command): void {
  const command = program
    .command('decode <delivery>')
    .description('play a delivery, by its ID or URL, at another site: verified, and without a hole')
    .option('-o, --output <file>', 'write one fragmented MP4, or - for standard output (the result is then on stderr)')
    .addOption(new Option('--player <player>', 'show it in a window').choices(['ffplay', 'mpv']).conflicts('output'))
    .option(
      '--delay <s>',
      'give each moment so many seconds after it was made; without it, as fast as it comes',
      seconds,
    )
    .option('--start-at <time>', 'begin at this local wall time, so that several sites play together', moment)
    .option('--from <time>', 'begin at this wall clock of the event, e.g. 2026-11-20T10:00:00Z', moment)
    .option('--to <time>', 'end there', moment)
    .option('--set <set>', 'what to show; without it the first set')
    .option('--max-height <lines>', 'the tallest video of at most so many lines', whole)
    .option('--connections <count>', 'files fetched at once', whole, 4)
    .option('--patience <s>', 'wait so long for what is not there when due; without it 10 s', seconds)
    .option('--cache <folder>', 'where files are kept until they are played', defaultCache())
    .option('--cache-limit <mb>', 'of the cache, in MB', whole, 4096)
    .option('--keep-cache', 'leave the cache after the end')
  addServerOptions(command).action(async (delivery: string, options: DecodeOptions) => {
    const result = await decode(delivery, options)
    const { missing, gaps, ...counts } = result
    const shown = options.json === true ? { ...counts, missing, gaps } : counts
    if (options.output === '-') process.stderr.write(`${JSON.stringify(shown)}\n`)
    else printResult(shown, options)
  })
}

async function decode(delivery: string, options: DecodeOptions): Promise<DecodeResult> {
  const { server, key, output, player, delay, patience, cache, cacheLimit, json, ...rest } = options
  const address = parseDeliveryAddress(delivery, server)
  if (output === undefined && player === undefined) {
    throw new CommandError('misused', 'say where it goes: -o FILE, -o - or --player ffplay')
  }
  const window = player === undefined ? null : await openPlayerWindow(player)
  const line = json === true || !process.stderr.isTTY ? null : standingLine()
  let decoder: Decoder | undefined
  try {
    decoder = await openDecoder({
      ...rest,
      ...address,
      key,
      output: await outputOf(output, window),
      cacheFolder: cache,
      cacheLimit: cacheLimit * 1e6,
      delayMs: delay,
      patienceMs: patience,
      // A window shows what is due now; a file begins where the event does.
      join: window === null ? 'beginning' : 'now',
      onProgress: (progress) => line?.show(progress),
    })
    stopBy(decoder, window)
    return await decoder.done
  } catch (error) {
    if (error instanceof DecoderError && error.code === 'bad-option') throw new CommandError('misused', error.message)
    throw error
  } finally {
    line?.end()
    await window?.stop()
  }
}

async function outputOf(output: string | undefined, window: PlayerWindow | null): Promise<MediaOutput> {
  if (window !== null) return window.output
  return output === undefined || output === '-' ? pipeOutput(process.stdout, false) : await fileOutput(output)
}

/** A first signal ends it cleanly; a second one does not wait for whoever takes the media. */
function stopBy(decoder: Decoder, window: PlayerWindow | null): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    let asked = false
    process.on(signal, () => {
      if (asked) process.exit(130)
      asked = true
      decoder.stop()
      void window?.stop()
    })
  }
  void window?.closed.then(() => decoder.stop())
}

/** How it goes, on one line of the terminal. */
function standingLine(): { show(progress: DecodeProgress): void; end(): void } {
  const write = (text: string): void => {
    // Erase to the end of the line (ECMA-48 EL).
    process.stderr.write(`\r${text.slice(0, (process.stderr.columns ?? 80) - 1)}\u001b[K`)
  }
  return { show: (progress) => write(standing(progress)), end: () => write('') }
}

function standing(progress: DecodeProgress): string {
  const { state, delayMs, segments, bufferedSegments, bufferedSeconds, connections, refetched, holes } = progress
  const parts = [
    state,
    ...(delayMs === null ? [] : [`${(delayMs / 1000).toFixed(1)} s behind`]),
    `${segments} given`,
    `${bufferedSegments} waiting (${bufferedSeconds.toFixed(0)} s)`,
    `${connections} connections`,
    ...(refetched === 0 ? [] : [`${refetched} fetched again`]),
    `${holes} holes`,
    ...(progress.reachable || progress.lastError === null ? [] : [progress.lastError]),
  ]
  return parts.join(' · ')
}

function defaultCache(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'rushes', 'deliveries')
}

function seconds(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 86_400)) throw new InvalidArgumentError('0 to 86400 seconds')
  return value * 1000
}

function whole(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 1e9) throw new InvalidArgumentError('a whole number from 1')
  return value
}

/** RFC 3339, with its offset: a time without one would be another at each site. */
function moment(text: string): number {
  const value = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(text)
    ? Date.parse(text)
    : Number.NaN
  if (Number.isNaN(value)) throw new InvalidArgumentError('a time like 2026-11-20T10:00:00Z')
  return value
}
