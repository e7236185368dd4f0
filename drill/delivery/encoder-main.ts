// An encoder whose segments are ready-made: it lists them into a real spool at pace and delivers that, as `rushes encode`
// does with what it acquires. Started again, it goes on where its spool ends.
import { openSpool, runDelivery, type SpoolHead } from '@rushes/encoder'
import { type ClipName, openSegmentSource } from './segment-source.ts'

export type EncoderJob = {
  folder: string
  head: SpoolHead
  key: string
  clip: ClipName
  /** Of each track. */
  segments: number
  /** A segment of each track is listed so often; those that were due at `startAt` already at once. */
  intervalMs: number
  /** ms since the Unix epoch. */
  startAt: number
  workers: { least: number; most: number }
}

export type EncoderReport =
  | { type: 'listed'; name: string; digest: string }
  | {
      type: 'progress'
      delivered: number
      pending: number
      bytesSent: number
      retransmitted: number
      lastError: string | null
    }
  | { type: 'done'; certificate: string }
  | { type: 'failed'; message: string }

const report = (message: EncoderReport): void => void process.send?.(message)

async function deliver(job: EncoderJob): Promise<void> {
  const source = openSegmentSource(job.clip)
  const spool = await openSpool(job.folder, job.head)
  const run = runDelivery({ spool, key: job.key, workers: job.workers, order: 'oldest', onProgress: tell })
  let toldAt = 0

  function tell(): void {
    const now = performance.now()
    const { delivered, pending } = spool.counts()
    if (now - toldAt < 20 && pending > 0) return
    toldAt = now
    const { bytesSent, retransmitted, lastError } = run.progress
    report({ type: 'progress', delivered, pending, bytesSent, retransmitted, lastError })
  }

  const first = spool.counts().entries
  const last = source.entriesOf(job.segments)
  for (let number = first; number < last; number++) {
    // A row is a segment of each track, the headers and the end one of their own.
    const row = Math.floor(number / 2)
    const rows = first > 2 ? row - Math.floor(first / 2) : row
    const wait = (first > 2 ? Math.max(job.startAt, startedAt) : job.startAt) + rows * job.intervalMs - Date.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    const { entry, bytes } = source.entryAt(number, job.segments, job.head.epochMs)
    const listed = entry.type === 'segment' ? entry.file : entry.type === 'representation' ? entry.init : null
    if (listed !== null) await spool.files.write(listed.name, bytes!)
    spool.list(entry)
    if (listed !== null) report({ type: 'listed', name: listed.name, digest: listed.digest })
    run.wake()
  }
  const certificate = await run.done
  tell()
  report({ type: 'done', certificate })
  spool.close()
}

const startedAt = Date.now()
process.on('message', (job: EncoderJob) => {
  deliver(job).catch((error: unknown) =>
    report({ type: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
})
process.on('disconnect', () => process.exit(0))
