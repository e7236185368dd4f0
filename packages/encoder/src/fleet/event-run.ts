// One event of a fleet's encoder, from its start to its certificate, whatever fails on the way.
//
//   recording ── finished, or its source's end ──> draining ── certificate stored ──> done
//      │  ^ └── the source or the spool failed ──> waiting ──┐
//      │  └─────────────── after a while ────────────────────┘
//      └── suspended: open, for the next process
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { certificateName, type DeliveryRun, runDelivery } from '../deliver/delivery-run.ts'
import { type Encode, type EncodeOptions, startEncode } from '../encode.ts'
import { openSpool, type Spool, type SpoolCounts, type SpoolHead } from '../spool/spool.ts'
import type { EventStanding } from './encoder-report.ts'
import type { CurrentEvent } from './standing-file.ts'

export type EventRunOptions = {
  folder: string
  event: CurrentEvent
  /** Of a new spool; left out, there is one. */
  head?: SpoolHead
  encode: Omit<EncodeOptions, 'spool' | 'onProgress' | 'durationMs'>
  onChange(): void
}

export interface EventRun {
  readonly id: string
  readonly standing: EventStanding
  /** Settles when nothing more is recorded. */
  readonly recorded: Promise<void>
  /** Settles when all is delivered, or it was suspended; never rejects. */
  readonly done: Promise<void>
  /** Ends the event; what it has is delivered. */
  finish(): void
  /** Leaves everything for the next process. */
  suspend(): Promise<void>
}

/** Between two attempts at what failed, ms: a camera is plugged in again, a disk is freed, a key renewed. */
const retryMs = { recording: 5000, delivery: 30_000 }

const noCounts: SpoolCounts = {
  ...{ pending: 0, pendingBytes: 0, delivered: 0, failed: 0, withdrawn: 0, heldBytes: 0, entries: 0 },
  oldestPendingAt: null,
}

export function runEvent(options: EventRunOptions): EventRun {
  const { folder, event, onChange } = options
  const recorded = Promise.withResolvers<void>()
  const suspending = new AbortController()
  let finishing = new AbortController()
  let isFinished = false
  let spool: Spool | null = null
  let encode: Encode | null = null
  let delivery: DeliveryRun | null = null
  let progress: EventStanding['progress'] = null
  let error: string | null = null
  let lastCounts = noCounts

  function failed(cause: unknown): void {
    error = cause instanceof Error ? cause.message : String(cause)
    onChange()
  }

  async function pause(ms: number, ...signals: AbortSignal[]): Promise<void> {
    const signal = AbortSignal.any([suspending.signal, ...signals])
    await sleep(ms, undefined, { signal }).catch(() => {})
  }

  /** Until the end of the event is in its spool. */
  async function record(into: Spool): Promise<void> {
    while (!into.ended && !suspending.signal.aborted) {
      try {
        if (isFinished) {
          into.list({ type: 'end', wallClock: new Date().toISOString() })
          return
        }
        encode = await startEncode({
          ...options.encode,
          spool: into,
          onProgress(now) {
            progress = now
            if (now.state === 'acquiring' && now.segments > 0) error = null
            if (now.state === 'draining') {
              recorded.resolve()
              // There is nothing that could be published, and so nothing that the server could certify.
              if (isEmpty(into)) encode?.suspend()
            }
            onChange()
          },
        })
        // Asked for while it was opened.
        if (suspending.signal.aborted) encode.suspend()
        else if (isFinished) encode.finish()
        await encode.done
      } catch (cause) {
        if (progress !== null) progress = { ...progress, sources: new Map() }
        failed(cause)
        if (!into.ended) await pause(retryMs.recording, finishing.signal)
      } finally {
        encode = null
      }
    }
  }

  async function deliver(from: Spool): Promise<void> {
    while (!suspending.signal.aborted && !existsSync(join(folder, certificateName))) {
      try {
        delivery = runDelivery({ ...options.encode, spool: from })
        const stop = (): void => void delivery?.stop()
        suspending.signal.addEventListener('abort', stop, { once: true })
        await delivery.done
      } catch (cause) {
        if (suspending.signal.aborted) return
        failed(cause)
        await pause(retryMs.delivery)
      }
    }
  }

  async function run(): Promise<void> {
    while (spool === null && !suspending.signal.aborted) {
      try {
        spool = await openSpool(folder, options.head)
      } catch (cause) {
        failed(cause)
        // An event that never began and is not wanted any more leaves nothing to do.
        if (isFinished && !existsSync(join(folder, 'spool.sqlite'))) return
        await pause(retryMs.recording, finishing.signal)
        finishing = new AbortController()
      }
    }
    if (spool === null) return
    await record(spool)
    if (!spool.ended) return
    recorded.resolve()
    onChange()
    if (!isEmpty(spool)) await deliver(spool)
  }

  const done = run()
    .catch(failed)
    .finally(() => {
      recorded.resolve()
      const last = spool
      lastCounts = last?.counts() ?? noCounts
      spool = null
      last?.close()
      onChange()
    })
  return {
    id: event.id,
    get standing() {
      const counts = spool?.counts() ?? lastCounts
      const now = encode?.progress ?? (progress === null ? null : { ...progress })
      if (now !== null && delivery !== null) now.delivery = delivery.progress
      const { id, title, startedAt, endsAt } = event
      return { id, title, startedAt, endsAt, counts, progress: now, error }
    },
    recorded: recorded.promise,
    done,
    finish() {
      if (isFinished) return
      isFinished = true
      finishing.abort()
      encode?.finish()
    },
    async suspend() {
      suspending.abort()
      encode?.suspend()
      await done
    },
  }
}

function isEmpty(spool: Spool): boolean {
  return spool.listedFiles().length === 0
}
