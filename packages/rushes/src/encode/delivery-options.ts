import { type DeliveryRunOptions, parseWindows } from '@rushes/encoder'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { addServerOptions, type ServerOptions } from '../output.ts'
import { readKeyFile } from './key-file.ts'

export type DeliveryOptions = ServerOptions & {
  keyFile?: string
  workers: number
  leastWorkers: number
  newestFirst?: boolean
  bandwidth?: number
  hours?: ReturnType<typeof parseWindows>
}

/** Options of every command that delivers a spool. */
export function addDeliveryOptions(command: Command): Command {
  return addServerOptions(command)
    .option('--key-file <file>', 'a file that has the API key, and that nobody else may read')
    .option('--workers <n>', 'connections at most', count, 4)
    .option('--least-workers <n>', 'connections at least', count, 1)
    .option('--newest-first', 'deliver the newest first: for who watches now')
    .addOption(new Option('--bandwidth <rate>', 'bytes a second at most, e.g. 500k or 2M').argParser(bytesPerSecond))
    .addOption(new Option('--hours <from-to,…>', 'when sending is allowed, e.g. 22:00-06:00').argParser(windows))
}

/** The key, from its file where one is named. @throws CommandError */
export function keyOf({ key, keyFile }: DeliveryOptions): { key?: string } {
  if (keyFile !== undefined) return { key: readKeyFile(keyFile) }
  return key === undefined ? {} : { key }
}

/** What a delivery is run with. */
export function deliveryOptions(options: DeliveryOptions): Omit<DeliveryRunOptions, 'spool' | 'onProgress'> {
  const { workers, leastWorkers, newestFirst, bandwidth, hours } = options
  return {
    key: options.key,
    workers: { least: Math.min(leastWorkers, workers), most: workers },
    order: newestFirst === true ? 'newest' : 'oldest',
    limit: { bytesPerSecond: bandwidth ?? null, windows: hours ?? [] },
  }
}

export function count(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1 && number <= 64) return number
  throw new InvalidArgumentError('Give a number from 1 to 64.')
}

/** `1500000`, `500k`, `2M`, `40G`. */
export function bytesPerSecond(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(text)
  const bytes = Number(match?.[1]) * { '': 1, k: 1e3, M: 1e6, G: 1e9 }[(match?.[2] ?? '') as '' | 'k' | 'M' | 'G']
  if (Number.isFinite(bytes) && bytes >= 1) return bytes
  throw new InvalidArgumentError('Give a number of bytes, with k, M or G if you like.')
}

function windows(text: string): ReturnType<typeof parseWindows> {
  try {
    return parseWindows(text)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}
