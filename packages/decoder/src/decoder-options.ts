import { DecoderError } from './decoder-error.ts'
import type { DeliveryAddress } from './delivery-address.ts'
import type { MediaOutput } from './media-output.ts'
import type { Selection } from './selection.ts'

export type DecoderOptions = DeliveryAddress &
  Selection & {
    /** API key. */
    key?: string | undefined
    output: MediaOutput
    /** Where the delivery's files are kept, in a folder of its ID. */
    cacheFolder: string
    /** Bytes; the oldest that was played goes first. Default 4 GiB. */
    cacheLimit?: number | undefined
    /** Leaves the cache where it is after the end; otherwise it is removed then. */
    keepCache?: boolean | undefined
    /** A moment of the event is due so many ms after it; without it or `startAt` everything is given as it comes. */
    delayMs?: number | undefined
    /** Local time, ms since the Unix epoch, at which `from` (else the event's beginning) is due. */
    startAt?: number | undefined
    /** Part of the event by its wall clock, ms since the Unix epoch. */
    from?: number | undefined
    to?: number | undefined
    /**
     * Where to begin without `from`: at the event's beginning, catching up; or at what is due now. An event whose end is
     * past due begins at its beginning, now.
     */
    join?: 'beginning' | 'now' | undefined
    /** Default 4. */
    connections?: number | undefined
    /** How long a file that is not there when due is waited for; null: for ever. Default 10 s with a delay, else null. */
    patienceMs?: number | null | undefined
    /** A connection that brings nothing for so long is given up. Default 10 s. */
    stallMs?: number | undefined
    onProgress?: ((progress: DecodeProgress) => void) | undefined
    /** From 0 to below 1, for the jitter of waits. */
    random?: (() => number) | undefined
  }

export type DecodeProgress = {
  state: 'waiting' | 'buffering' | 'playing' | 'finished'
  /** How long ago what was given last was made, ms; null before the first. */
  delayMs: number | null
  /** Wall clock of what was given last, ms since the Unix epoch. */
  position: number | null
  /** What can be given without the server. */
  bufferedSegments: number
  bufferedSeconds: number
  /** Requests for files under way. */
  connections: number
  /** Whether the server answered last. */
  reachable: boolean
  lastError: string | null
} & DecodeCounts

export type DecodeCounts = {
  /** Segments given. */
  segments: number
  /** Bytes given, the header's too. */
  bytes: number
  /** Files that were wrong and fetched again. */
  refetched: number
  /** Segments that did not come in time. */
  holes: number
}

/** A segment that was not given, and when it was made. */
export type Hole = { representation: string; sequence: number; file: string; wallClock: string }

export type DecodeResult = DecodeCounts & {
  /** The first thousand holes. */
  missing: Hole[]
  /** Times in which nothing was acquired, so that nothing could be given: DELIVERY.md, `gap`. */
  gaps: { from: string; to: string; reason: string }[]
  /** The end was reached, rather than stopped before it. */
  complete: boolean
}

/** @throws DecoderError `bad-option` */
export function checkOptions(options: DecoderOptions): void {
  const { delayMs, startAt, from, to, patienceMs } = options
  within('a delay', delayMs, 0, 30 * 86_400_000)
  within('the number of connections', options.connections, 1, 64)
  within('the limit of the cache', options.cacheLimit, 1, Number.MAX_SAFE_INTEGER)
  within('the height', options.maxHeight, 1, 100_000)
  within('the patience', patienceMs ?? undefined, 0, 86_400_000)
  within('the time without a byte', options.stallMs, 100, 600_000)
  if (delayMs !== undefined && startAt !== undefined) refuse('the start sets the delay: give one of them')
  if (from !== undefined && to !== undefined && to <= from) refuse('the end is not after the start')
}

function within(what: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (value >= least && value <= most)) return
  refuse(`${what} is ${value}: give ${least} to ${most}`)
}

function refuse(message: string): never {
  throw new DecoderError('bad-option', message)
}
