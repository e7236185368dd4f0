// One playing of a delivery: from the choice of representations to the last segment.
//
//   waiting ── representations are settled ──> buffering ── header is written ──> playing ──> finished
import type { ListedFile, SegmentEntry } from '@rushes/protocol'
import type { CacheFolder } from './cache-folder.ts'
import type { DecoderError } from './decoder-error.ts'
import type { DecodeProgress, DecodeResult, DecoderOptions } from './decoder-options.ts'
import type { DeliveryClient } from './delivery-client.ts'
import type { EventManifest, ListedRepresentation } from './event-manifest.ts'
import { type Header, headerOf } from './header.ts'
import { Playhead } from './playhead.ts'
import { scheduleOf } from './schedule.ts'
import { openSegmentFetcher, type SegmentFetcher } from './segment-fetcher.ts'
import { selectRepresentations } from './selection.ts'
import { successorOf } from './successor.ts'
import { WakeUp } from './wake-up.ts'

/** Segments that are looked at ahead of the playhead. */
const lookAhead = 4096
/** The local clock may be set, and a machine may sleep: no wait is longer than this. */
const longestWaitMs = 1000
const defaultCacheLimit = 4 * 1024 ** 3
const defaultPatienceMs = 10_000
const mostHolesNamed = 1000
/** Passing a segment frees room for others; often enough to look. */
const refillMs = 50
const reportMs = 250

export class Playback {
  readonly #options: DecoderOptions
  readonly #cache: CacheFolder
  readonly #manifest: EventManifest
  readonly #client: DeliveryClient
  readonly #wake = new WakeUp()
  readonly #result: DecodeResult = {
    segments: 0,
    bytes: 0,
    refetched: 0,
    holes: 0,
    missing: [],
    gaps: [],
    complete: false,
  }
  #state: DecodeProgress['state'] = 'waiting'
  #chosen: readonly ListedRepresentation[] = []
  #header: Header | null = null
  #playhead: Playhead | null = null
  #fetcher: SegmentFetcher | null = null
  #position: number | null = null
  #reachable = true
  #lastError: string | null = null
  #failure: DecoderError | null = null
  #stopped = false
  #reportedAt = 0
  #refill: NodeJS.Timeout | undefined
  /** Files of the cache that were found altered on this disk. */
  #altered = 0

  constructor(options: DecoderOptions, cache: CacheFolder, manifest: EventManifest, client: DeliveryClient) {
    this.#options = options
    this.#cache = cache
    this.#manifest = manifest
    this.#client = client
  }

  async run(): Promise<DecodeResult> {
    const { output } = this.#options
    try {
      const playhead = await this.#prepare()
      if (playhead !== null) {
        while (await this.#playOne(playhead));
      }
    } finally {
      // What was given is whole segments, whatever ended it.
      await output.close().catch((error: DecoderError) => this.fail(error))
    }
    if (this.#failure !== null) throw this.#failure
    this.#state = 'finished'
    this.#report()
    return this.#finish()
  }

  stop(): void {
    this.#stopped = true
    this.#wake.ring()
  }

  fail(error: DecoderError): void {
    this.#failure ??= error
    this.#wake.ring()
  }

  seek(wallClock: number): void {
    this.#playhead?.seek(wallClock, Date.now())
    this.#fetcher?.pump()
    this.#wake.ring()
  }

  /** The server answered, or `trouble`. */
  heard(trouble: string | null): void {
    this.#reachable = trouble === null
    this.#lastError = trouble ?? this.#lastError
    if (trouble === null) this.#fetcher?.answered()
    else this.#fetcher?.pump()
    this.#wake.ring()
  }

  async close(): Promise<void> {
    clearTimeout(this.#refill)
    await this.#fetcher?.close()
  }

  progress(): DecodeProgress {
    const { segments, bytes, holes } = this.#result
    return {
      state: this.#state,
      delayMs: this.#position === null ? null : Date.now() - this.#position,
      position: this.#position,
      ...this.#buffered(),
      connections: this.#fetcher?.connections ?? 0,
      reachable: this.#reachable,
      lastError: this.#lastError,
      segments,
      bytes,
      refetched: this.#refetched(),
      holes,
    }
  }

  /** Waits until it is known what is played; null when stopped before. */
  async #prepare(): Promise<Playhead | null> {
    let chosen: ListedRepresentation[] | null = null
    while (chosen === null) {
      if (this.#isOver()) return null
      chosen = selectRepresentations(this.#manifest, this.#options)
      if (chosen === null) await this.#wait(longestWaitMs)
    }
    this.#chosen = chosen
    this.#manifest.keepOnly(new Set(chosen.map(({ entry }) => entry.id)))
    const now = Date.now()
    const schedule = scheduleOf(this.#options, this.#manifest, chosen, now)
    const { patienceMs = schedule.delayMs === null ? null : defaultPatienceMs } = this.#options
    const playhead = new Playhead({ ...schedule, representations: chosen, patienceMs, startedAt: now })
    this.#playhead = playhead
    this.#state = 'buffering'
    this.#fetcher = openSegmentFetcher({
      client: this.#client,
      cache: this.#cache,
      cacheLimit: this.#options.cacheLimit ?? defaultCacheLimit,
      connections: this.#options.connections ?? 4,
      wanted: () => this.#wanted(playhead),
      random: this.#options.random ?? Math.random,
      now: Date.now,
      onChange: (trouble, reachable) => {
        this.#reachable = reachable
        this.#lastError = trouble ?? this.#lastError
        this.#wake.ring()
      },
      onFailure: (error) => this.fail(error),
    })
    this.#fetcher.pump()
    return playhead
  }

  /** Before the first segment that is played; false when stopped before. */
  async #writeHeader({ representation, start }: SegmentEntry): Promise<boolean> {
    const inits: Uint8Array[] = []
    for (const { entry } of this.#chosen) {
      let init = await this.#read(entry.init)
      while (init === null) {
        if (this.#isOver()) return false
        await this.#wait(longestWaitMs)
        init = await this.#read(entry.init)
      }
      inits.push(init)
    }
    const { timescale } = this.#chosen.find(({ entry }) => entry.id === representation)!.entry
    this.#header = headerOf(inits, start / timescale)
    await this.#write(this.#header.bytes)
    this.#state = 'playing'
    return true
  }

  /** One step; false at the end, or when stopped. */
  async #playOne(playhead: Playhead): Promise<boolean> {
    if (this.#isOver()) return false
    const now = Date.now()
    const step = playhead.next({
      now,
      ended: this.#manifest.ended,
      reachable: this.#reachable,
      has: ({ file }) => this.#cache.has(file),
    })
    if (step.step === 'end') {
      this.#result.complete = true
      this.#noteSuccessors()
      return false
    }
    if (step.step === 'wait') {
      await this.#wait(Math.min(step.until - now, longestWaitMs))
      return true
    }
    const { segment } = step
    if (step.step === 'play') {
      const bytes = await this.#read(segment.file)
      // Altered on this disk: it is named again, and by then is fetched or waited for.
      if (bytes === null) return true
      if (this.#header === null && !(await this.#writeHeader(segment))) return false
      if (!playhead.pass()) return true
      const index = this.#chosen.findIndex(({ entry }) => entry.id === segment.representation)
      this.#header?.fit(index, bytes)
      await this.#write(bytes)
      this.#result.segments++
      this.#position = Date.parse(segment.wallClock)
    } else if (playhead.pass()) {
      this.#result.holes++
      this.#nameHole(segment)
    }
    this.#refillSoon()
    return true
  }

  /** One file has one decoder configuration: what an encoder listed as another representation is not in it. */
  #noteSuccessors(): void {
    for (const chosen of this.#chosen) {
      const successor = successorOf(chosen, this.#manifest, this.#options.to)
      if (successor === null) continue
      this.#result.holes += successor.count
      this.#nameHole(successor.first)
    }
  }

  #nameHole({ representation, sequence, file, wallClock }: SegmentEntry): void {
    if (this.#result.missing.length < mostHolesNamed)
      this.#result.missing.push({ representation, sequence, file: file.name, wallClock })
  }

  async #read(file: ListedFile): Promise<Uint8Array | null> {
    if (!this.#cache.has(file)) return null
    const bytes = await this.#cache.read(file)
    if (bytes === null) {
      this.#altered++
      this.#fetcher?.pump()
    }
    return bytes
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await this.#options.output.write(bytes)
    this.#result.bytes += bytes.length
  }

  *#wanted(playhead: Playhead): Iterable<ListedFile> {
    if (this.#state === 'buffering') for (const { entry } of this.#chosen) yield entry.init
    for (const { file } of playhead.ahead(lookAhead)) yield file
  }

  #isOver(): boolean {
    return this.#stopped || this.#failure !== null
  }

  async #wait(ms: number): Promise<void> {
    this.#report()
    await this.#wake.wait(ms)
  }

  #report(): void {
    if (this.#state !== 'finished' && Date.now() - this.#reportedAt < reportMs) return
    this.#reportedAt = Date.now()
    this.#options.onProgress?.(this.progress())
  }

  #refillSoon(): void {
    this.#refill ??= setTimeout(() => {
      this.#refill = undefined
      this.#fetcher?.pump()
      this.#report()
    }, refillMs)
  }

  #refetched(): number {
    return this.#altered + (this.#fetcher?.refetched ?? 0)
  }

  /** What lies here from the playhead on without anything missing. */
  #buffered(): Pick<DecodeProgress, 'bufferedSegments' | 'bufferedSeconds'> {
    let bufferedSegments = 0
    let first = Number.POSITIVE_INFINITY
    let last = 0
    for (const { file, wallClock, duration, representation } of this.#playhead?.ahead(lookAhead) ?? []) {
      if (!this.#cache.has(file)) break
      bufferedSegments++
      const at = Date.parse(wallClock)
      const { timescale } = this.#manifest.representations.get(representation)!.entry
      first = Math.min(first, at)
      last = Math.max(last, at + (1000 * duration) / timescale)
    }
    return { bufferedSegments, bufferedSeconds: bufferedSegments === 0 ? 0 : (last - first) / 1000 }
  }

  #finish(): DecodeResult {
    const set = this.#chosen[0]?.entry.set
    const gaps = this.#manifest.gaps.filter((gap) => gap.set === set)
    return {
      ...this.#result,
      refetched: this.#refetched(),
      gaps: gaps.map(({ from, to, reason }) => ({ from, to, reason })),
    }
  }
}
