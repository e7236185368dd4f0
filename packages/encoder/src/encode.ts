// A live source, recorded into a spool and delivered: acquisition and delivery know nothing of each other but the spool
// between them, so that neither the network nor the server ever holds up the recording.
//
//   acquiring ── finished, or the source's end ──> draining ── all proved ──> done
//       └─────── suspended, or the source failed ──> suspended: the event is open, whoever starts again goes on with it
import { setTimeout as sleep } from 'node:timers/promises'
import type { ManifestEntry } from '@rushes/protocol'
import {
  type Acquisition,
  type AcquisitionEvent,
  type AcquisitionOptions,
  openAcquisition,
} from './acquire/acquisition.ts'
import {
  type DeliveryProgress,
  type DeliveryRun,
  type DeliveryRunOptions,
  runDelivery,
} from './deliver/delivery-run.ts'
import { EventListing } from './spool/event-listing.ts'
import type { EventTotals } from './spool/event-totals.ts'
import type { Spool } from './spool/spool.ts'
import { SpoolError } from './spool/spool-error.ts'
import type { WhenFull } from './spool/spool-room.ts'

export type EncodeOptions = Omit<AcquisitionOptions, 'onEvent' | 'segmentMs' | 'epochMs' | 'startSequence'> &
  Omit<DeliveryRunOptions, 'onProgress' | 'spool'> & {
    /** Open for writing, its event not ended; closed by whoever opened it. */
    spool: Spool
    /** Bytes that the spool may hold; delivered files go first, and what is not proved only where `whenFull` says so. */
    spoolBytes: number
    whenFull?: WhenFull
    onProgress?(progress: EncodeProgress): void
  }

export type SourceProgress = {
  state: 'connecting' | 'running' | 'lost' | 'ended'
  fps: number
  speed: number
  dropped: number
  detail: string
  /** When it came to be in this state, ms since 1970. */
  since: number
}

export type EncodeProgress = {
  state: 'acquiring' | 'draining' | 'done' | 'suspended'
  sources: ReadonlyMap<string, SourceProgress>
  /** When this run began, ms since 1970. */
  startedAt: number
  /** Segments and bytes listed, and segments that found no room, by this run. */
  segments: number
  bytes: number
  lost: number
  /** Of the whole event, by this run and those before it. */
  totals: EventTotals
  /** What is about to be lost, or is. */
  warning: string | null
  delivery: DeliveryProgress
}

export interface Encode {
  readonly progress: EncodeProgress
  /**
   * Path of the certificate once everything is delivered; null when suspended.
   *
   * @throws DeliveryRefusal, SourceError, SpoolError: the spool has all that was recorded
   */
  readonly done: Promise<string | null>
  /** Settles when nothing is recorded any more, whatever ended it; never rejects. */
  readonly recorded: Promise<void>
  /** Finishes the segments that are being made, ends the event and delivers the rest. */
  finish(): void
  /** Finishes the segments that are being made; the event stays open. */
  suspend(): void
}

/** @throws SpoolError where the spool can't be gone on with */
export async function startEncode(options: EncodeOptions): Promise<Encode> {
  const { spool } = options
  const { listing, starts } = await EventListing.open(spool, options.spoolBytes, options.whenFull)
  const sources = new Map<string, SourceProgress>()
  const startedAt = Date.now()
  let state: EncodeProgress['state'] = 'acquiring'
  let isSuspended = false
  let critical: string | null = null
  let tail: Promise<void> = Promise.resolve()
  let failure: unknown

  const progress = (): EncodeProgress => {
    const { segments, bytes, lost, warning: low, totals } = listing
    const warning = critical ?? low
    return { state, sources, startedAt, segments, bytes, lost, totals, warning, delivery: delivery.progress }
  }
  const tell = (): void => options.onProgress?.(progress())
  const delivery: DeliveryRun = runDelivery({ ...options, onProgress: tell })

  function onEvent(event: AcquisitionEvent): Promise<void> | void {
    if (event.type === 'source') {
      sources.set(event.set, sourceProgress(sources.get(event.set), event))
      tell()
      return
    }
    if (event.type === 'critical') {
      critical = event.detail
      tell()
      return
    }
    // One after the other: an entry is listed after its file is safe, and in the order in which things happened.
    tail = tail.then(() => keep(event)).catch(fail)
    return tail
  }

  async function keep(event: AcquisitionEvent): Promise<void> {
    if (failure !== undefined) return
    await listing.add(event)
    delivery.wake()
    tell()
  }

  /** A recording that can't be kept must not look as if it went on. */
  function fail(error: unknown): void {
    failure ??= error
    void acquisition.stop()
  }

  const acquisition: Acquisition = openAcquisition({
    ...options,
    segmentMs: spool.head.segmentMs,
    epochMs: spool.head.epochMs,
    startSequence: starts,
    onEvent,
  })

  const recorded = Promise.withResolvers<void>()

  /**
   * Lists what is left, and the end where this is the event's. A disk that is full is waited for: what is delivered
   * meanwhile makes room.
   */
  async function end(): Promise<void> {
    for (const wallClock = new Date().toISOString(); ; await sleep(1000)) {
      const isOver = !isSuspended && failure === undefined
      try {
        await listing.rest()
        if (isOver) spool.list({ type: 'end', wallClock } satisfies ManifestEntry)
        critical = null
        return
      } catch (error) {
        if (!(error instanceof SpoolError) || (isOver && error.code !== 'spool-full')) return fail(error)
        // Whoever goes on tells of the time between all the same.
        if (!isOver) return
        critical = `the event's end finds no room: ${error.message}`
        tell()
      }
    }
  }

  async function run(): Promise<string | null> {
    await acquisition.done.catch(fail)
    await tail
    await end()
    delivery.wake()
    if (isSuspended || failure !== undefined) {
      await delivery.stop()
      state = 'suspended'
      recorded.resolve()
      tell()
      if (failure !== undefined) throw failure
      return null
    }
    state = 'draining'
    recorded.resolve()
    tell()
    const certificate = await delivery.done.catch((error: unknown) => {
      if (isSuspended) return null
      throw error
    })
    state = certificate === null ? 'suspended' : 'done'
    tell()
    return certificate
  }
  const done = run()
  done.catch(() => {}).finally(recorded.resolve)

  return {
    get progress() {
      return progress()
    },
    done,
    recorded: recorded.promise,
    finish() {
      void acquisition.stop()
    },
    suspend() {
      isSuspended = true
      if (state === 'draining') void delivery.stop()
      else void acquisition.stop()
    },
  }
}

type SourceEvent = Extract<AcquisitionEvent, { type: 'source' }>

function sourceProgress(before: SourceProgress | undefined, event: SourceEvent): SourceProgress {
  const { state, fps = 0, speed = 0, dropped = 0, detail = '' } = event
  // Lost it stays, with its reason, through every attempt to have it back.
  if (before?.state === 'lost' && state === 'connecting') return before
  return { state, fps, speed, dropped, detail, since: before?.state === state ? before.since : Date.now() }
}
