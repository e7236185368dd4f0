import { firstRetryMs, type ListedFile, retryDelayMs } from '@rushes/protocol'
import { type CacheFolder, nameOf } from './cache-folder.ts'
import { DecoderError } from './decoder-error.ts'
import { type DeliveryClient, longestRetryMs, RequestFailure } from './delivery-client.ts'

export type FetcherOptions = {
  client: DeliveryClient
  cache: CacheFolder
  /** Bytes; what everything waits for is fetched beyond it too. */
  cacheLimit: number
  connections: number
  /** Files to have, the most urgent first. */
  wanted: () => Iterable<ListedFile>
  random: () => number
  now: () => number
  /** A file is there, or something went wrong (null: nothing); whether the server answers. */
  onChange: (trouble: string | null, reachable: boolean) => void
  /** The cache is out of order; nothing more will come. */
  onFailure: (error: DecoderError) => void
}

export interface SegmentFetcher {
  /** Requests under way. */
  readonly connections: number
  /** Files that came whole and wrong, and were fetched again. */
  readonly refetched: number
  /** Looks again at what is wanted. */
  pump(): void
  /** The server answers another request: what waits because nothing came through is asked for at once. */
  answered(): void
  close(): Promise<void>
}

type Retry = { missing: number; failures: number; notBefore: number }

// A file that is listed but not delivered yet is asked for again and again; hundreds may be, after the encoder's own
// outage. The n-th in line is asked for every n quarters of a second, so that all together are some 20 requests a second.
const longestPollMs = 2000
const pollPerRankMs = 250
const rarestPollMs = 30_000

/** Fetches what is wanted with several connections, verifies it, and keeps it in the cache. */
export function openSegmentFetcher(options: FetcherOptions): SegmentFetcher {
  const { client, cache, now, random } = options
  const abort = new AbortController()
  const running = new Map<string, Promise<void>>()
  const retries = new Map<string, Retry>()
  let timer: NodeJS.Timeout | undefined
  let reserved = 0
  let refetched = 0
  let failuresInRow = 0
  let heldUntil = 0
  let pumping = false
  let pumpAgain = false

  const needed = (): Set<string> => new Set([...[...options.wanted()].map(nameOf), ...running.keys()])

  async function pump(): Promise<void> {
    if (pumping) {
      pumpAgain = true
      return
    }
    pumping = true
    do {
      pumpAgain = false
      await startSome()
    } while (pumpAgain && !abort.signal.aborted)
    pumping = false
  }

  async function startSome(): Promise<void> {
    let next = Number.POSITIVE_INFINITY
    let rank = 0
    let isHead = true
    for (const file of options.wanted()) {
      const goesFirst = isHead
      isHead = false
      if (abort.signal.aborted || running.size >= allowed()) break
      if (cache.has(file)) continue
      rank++
      if (running.has(nameOf(file))) continue
      const notBefore = Math.max(retries.get(nameOf(file))?.notBefore ?? 0, heldUntil)
      if (notBefore > now()) next = Math.min(next, notBefore)
      else if ((await cache.makeRoom(reserved + file.size, options.cacheLimit, needed)) || goesFirst) start(file, rank)
      else break
    }
    clearTimeout(timer)
    if (Number.isFinite(next)) timer = setTimeout(() => void pump(), Math.max(1, next - now()))
  }

  /** While nothing comes through, one request finds out when it does again. */
  function allowed(): number {
    return failuresInRow >= options.connections ? 1 : options.connections
  }

  function start(file: ListedFile, rank: number): void {
    const name = nameOf(file)
    reserved += file.size
    const fetched = fetchFile(file)
      .then(
        () => {
          retries.delete(name)
          failuresInRow = 0
          options.onChange(null, true)
        },
        (error: unknown) => failed(name, rank, error),
      )
      .finally(() => {
        reserved -= file.size
        running.delete(name)
        void pump()
      })
    running.set(name, fetched)
  }

  async function fetchFile(file: ListedFile): Promise<void> {
    const part = await cache.part(file)
    try {
      const begins = async (offset: number): Promise<void> => {
        if (offset !== part.size) await part.clear()
      }
      if (part.size < file.size) {
        for await (const bytes of client.file(file, part.size, abort.signal, begins)) await part.append(bytes)
      }
      if (part.digest() !== file.digest) {
        await part.clear()
        refetched++
        throw new RequestFailure('altered', `${file.name} came with another digest than its own`)
      }
      await cache.keep(file, part)
    } finally {
      await part.close()
    }
  }

  function failed(name: string, rank: number, error: unknown): void {
    if (abort.signal.aborted) return
    const retry = retries.get(name) ?? { missing: 0, failures: 0, notBefore: 0 }
    retries.set(name, retry)
    if (error instanceof RequestFailure && error.kind === 'unknown') {
      failuresInRow = 0
      const pollMs = Math.min(firstRetryMs * 2 ** Math.min(retry.missing++, 10), longestPollMs)
      retry.notBefore = now() + Math.min(Math.max(pollMs, (rank - 1) * pollPerRankMs), rarestPollMs)
      options.onChange(null, true)
      return
    }
    const message = error instanceof Error ? error.message : String(error)
    if (!(error instanceof RequestFailure) && !isFullDisk(error)) {
      options.onFailure(new DecoderError('cache-failed', `the cache cannot be written: ${message}`, { cause: error }))
      return
    }
    retry.failures++
    // One file that rots at the server says nothing of the others.
    const isAltered = error instanceof RequestFailure && error.kind === 'altered'
    failuresInRow = isAltered ? 0 : failuresInRow + 1
    const asked = error instanceof RequestFailure ? Math.min(error.retryAfterMs, 5000) : 0
    retry.notBefore = now() + Math.max(retryDelayMs(retry.failures - 1, { mostMs: longestRetryMs, random }), asked)
    if (failuresInRow >= options.connections) {
      heldUntil = now() + retryDelayMs(failuresInRow - options.connections, { mostMs: longestRetryMs, random })
    }
    options.onChange(message, isAltered)
  }

  return {
    get connections() {
      return running.size
    },
    get refetched() {
      return refetched
    },
    pump: () => void pump(),
    answered() {
      if (failuresInRow >= options.connections) {
        failuresInRow = 0
        heldUntil = 0
        for (const retry of retries.values()) if (retry.failures > 0) retry.notBefore = 0
      }
      void pump()
    },
    async close() {
      abort.abort()
      clearTimeout(timer)
      await Promise.allSettled(running.values())
    },
  }
}

/** It may have room again, by then or by what is removed. */
function isFullDisk(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as { code?: string }).code ?? '')
}
