// The connections of a delivery: as many as the link rewards, within bounds. A file is on its way over one of them at a time.
//
//   a worker:  idle ── file ──> sending ── delivered ──> idle
//                 ^                └── refused, unreachable ──> resting (backoff) ──┘
import { Worker } from 'node:worker_threads'
import type { PendingFile, Spool } from '../spool/spool.ts'
import { SpoolError } from '../spool/spool-error.ts'
import { type Backoff, openBackoff } from './backoff.ts'
import { type BandwidthLimit, type TokenBucket, untilWindow } from './bandwidth-limit.ts'
import { openLinkEstimate } from './link-estimate.ts'
import type { LinkPulse } from './link-pulse.ts'
import type { ServerContact } from './server-contact.ts'
import type { UploadResult } from './upload.ts'
import type { FromWorker, ToWorker, WorkerSetup } from './upload-worker.ts'

export type UploadPoolOptions = {
  spool: Spool
  token: string
  workers: { least: number; most: number }
  order: 'oldest' | 'newest'
  limit: BandwidthLimit
  bucket: TokenBucket
  contact: ServerContact
  pulse: LinkPulse
  /** Every second, and after a file was delivered or refused. */
  onChange(): void
}

export type WorkerProgress = {
  state: 'idle' | 'sending' | 'resting'
  file: string | null
  /** Of its last file. */
  bytesPerSecond: number
  lastError: string | null
}

export type UploadProgress = {
  workers: WorkerProgress[]
  /** Bytes of files that were handed to connections. */
  bytesSent: number
  /** Of these, more than the delivered files have; what is on its way counts until it arrived. */
  retransmitted: number
  /** Over the last seconds. */
  bytesPerSecond: number
}

export interface UploadPool {
  readonly progress: UploadProgress
  readonly lastError: string | null
  /** Files of entries below `next` may go: the receiver has those entries. */
  offer(next: number): void
  /** Resolves when nothing is marked in the spool any more, whoever closed it first. */
  close(): Promise<void>
}

type Lane = {
  worker: Worker
  progress: WorkerProgress
  backoff: Backoff
  file: PendingFile | null
  timer: NodeJS.Timeout | undefined
}

const tickMs = 1000
/** A worker holds pieces of 64 KiB of one file; what V8 would let pile up before it clears away is many times that, each. */
const workerMemory = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 }

export function openUploadPool(options: UploadPoolOptions): UploadPool {
  const { spool, limit, bucket, contact, pulse } = options
  const { least, most } = options.workers
  const lanes: Lane[] = []
  const onTheWay = new Set<string>()
  /** Files of which the receiver may have a part already: sent before, by this process or the one before it. */
  const begun = new Set<string>()
  const estimate = openLinkEstimate({ least, most })
  const rate = openRate()
  let listed = 0
  let bytesSent = 0
  let bytesDelivered = 0
  let lastError: string | null = null
  let closing: Promise<void> | null = null
  function openLane(): Lane {
    const target = { url: `${spool.head.server}/api/v1/deliveries/${spool.head.id}`, token: options.token }
    const worker = new Worker(new URL('./upload-worker.ts', import.meta.url), {
      workerData: { target, limited: limit.bytesPerSecond !== null, pulse: pulse.shared } satisfies WorkerSetup,
      resourceLimits: workerMemory,
    })
    const lane: Lane = {
      worker,
      progress: { state: 'idle', file: null, bytesPerSecond: 0, lastError: null },
      backoff: openBackoff(),
      file: null,
      timer: undefined,
    }
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'take') grant(lane, message.bytes)
      else settle(lane, message.result, message.elapsedMs)
    })
    worker.on('error', (error) => {
      // A worker that broke is replaced; its file is sent by another.
      lanes.splice(lanes.indexOf(lane), 1)
      if (lane.file !== null) onTheWay.delete(lane.file.name)
      lastError = error.message
      feed()
    })
    lanes.push(lane)
    return lane
  }

  function tell(lane: Lane, message: ToWorker): void {
    lane.worker.postMessage(message)
  }

  function grant(lane: Lane, bytes: number): void {
    const delay = bucket.delayFor(bytes)
    setTimeout(() => tell(lane, { type: 'granted' }), delay)
  }

  /** Gives every idle connection a file. */
  function feed(): void {
    if (closing !== null) return
    while (lanes.length < estimate.wanted) openLane()
    const wait = untilWindow(limit.windows, new Date())
    if (wait > 0) return
    for (const lane of lanes.slice(0, estimate.wanted)) {
      if (lane.progress.state !== 'idle') continue
      const [file] = spool.pending(options.order, 1, onTheWay).filter(({ number }) => number < listed)
      if (file === undefined) break
      onTheWay.add(file.name)
      lane.file = file
      lane.progress.state = 'sending'
      lane.progress.file = file.name
      const fresh = file.attempts === 0 && !begun.has(file.name) && firstRun
      begun.add(file.name)
      tell(lane, { type: 'send', task: { file: plain(file), path: spool.files.pathOf(file.name), fresh } })
    }
  }
  /** A spool that was taken up again may have files half way at the receiver; one that is new has none. */
  const firstRun = spool.counts().delivered === 0 && spool.counts().entries <= 2

  function settle(lane: Lane, result: UploadResult, elapsedMs: number): void {
    const file = lane.file!
    lane.file = null
    lane.progress.file = null
    onTheWay.delete(file.name)
    bytesSent += result.bytesSent
    rate.add(result.bytesSent)
    if (result.outcome === 'delivered') {
      contact.answered()
      const unmarked = marked(() => spool.markDelivered(file.name))
      if (unmarked === null) {
        begun.delete(file.name)
        bytesDelivered += file.size
        lane.backoff.reset()
        lane.progress.lastError = null
        lane.progress.bytesPerSecond = (result.bytesSent / Math.max(elapsedMs, 1)) * 1000
        estimate.delivered(result.bytesSent, elapsedMs)
        lane.progress.state = 'idle'
      } else {
        lastError = unmarked
        lane.progress.lastError = unmarked
        rest(lane, 0)
      }
    } else {
      const message = `${file.name}: ${result.message}`
      lane.progress.lastError = message
      lastError = message
      contact.failed(message, result.outcome === 'refused' ? result.status : 0)
      if (result.outcome === 'refused') marked(() => spool.noteRefusal(file.name, result.code, result.message))
      estimate.failed()
      rest(lane, result.outcome === 'refused' ? result.retryAfterMs : 0)
    }
    options.onChange()
    feed()
  }

  function rest(lane: Lane, atLeastMs: number): void {
    lane.progress.state = 'resting'
    if (closing !== null) return
    lane.timer = setTimeout(
      () => {
        lane.progress.state = 'idle'
        feed()
      },
      Math.max(lane.backoff.next(), atLeastMs),
    )
  }

  async function closeLanes(): Promise<void> {
    clearInterval(ticking)
    for (const lane of lanes) clearTimeout(lane.timer)
    await Promise.all(lanes.map(({ worker }) => worker.terminate()))
  }

  const ticking = setInterval(() => {
    estimate.tick(spool.counts().pending)
    feed()
    options.onChange()
  }, tickMs)
  feed()

  return {
    get progress() {
      return {
        workers: lanes.map(({ progress }) => ({ ...progress })),
        bytesSent,
        retransmitted: Math.max(0, bytesSent - bytesDelivered),
        bytesPerSecond: rate.perSecond(),
      }
    },
    get lastError() {
      return lastError
    },
    offer(next) {
      listed = next
      feed()
    },
    close() {
      closing ??= closeLanes()
      return closing
    },
  }
}

/**
 * What a full disk keeps the spool from writing down is done again: the server then says at once that it has the file. Answers
 * why, or null.
 */
function marked(work: () => void): string | null {
  try {
    work()
    return null
  } catch (error) {
    if (error instanceof SpoolError) return error.message
    throw error
  }
}

function plain({ name, size, digest }: PendingFile): { name: string; size: number; digest: string } {
  return { name, size, digest }
}

/** Bytes a second over the last ten. */
function openRate(): { add(bytes: number): void; perSecond(): number } {
  const events: { at: number; bytes: number }[] = []
  const spanMs = 10_000
  const drop = (now: number): void => {
    while (events.length > 0 && events[0]!.at < now - spanMs) events.shift()
  }
  return {
    add(bytes) {
      const now = performance.now()
      events.push({ at: now, bytes })
      drop(now)
    },
    perSecond() {
      drop(performance.now())
      return events.reduce((sum, { bytes }) => sum + bytes, 0) / (spanMs / 1000)
    },
  }
}
