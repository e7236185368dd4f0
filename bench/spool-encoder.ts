// The encoder's side of `npm run bench -- spool`, in a process of its own: what it takes is its own alone. First argument: its
// job as JSON.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSpool, runDelivery, type Spool, type SpoolHead } from '@rushes/encoder'
import { madeSegmentMs, makeEvent } from '../drill/spool/made-event.ts'
import { EventListing } from '../packages/encoder/src/spool/event-listing.ts'
import { residentBytes } from './server-process.ts'

export type EncoderJob = {
  folder: string
  head: SpoolHead
  key: string
  spoolBytes: number
  /** Two seconds each, of every kind; those that a former process listed count. */
  segments: number
  kinds: ('video' | 'audio')[]
  /** Delivers while it lists, or leaves everything waiting. */
  delivers: boolean
  /** Waits with the next segment while so many files wait. */
  mostWaiting: number
  /** Ends the event, and is done with its certificate. */
  ends: boolean
}

/** The state after a tenth of the run, and what each operation of the queue took in it, ms. */
export type Tenth = {
  segments: number
  seconds: number
  residentBytes: number
  handles: number
  threads: number
  /** Of SQLite's write-ahead log. */
  logBytes: number
  waiting: number
  times: Record<string, number[]>
}

export type EncoderReport =
  | { type: 'tenth'; tenth: Tenth }
  /** ms from the call that opens the spool; `firstMs`: until a worker had its first file. */
  | { type: 'opened'; openMs: number; listingMs: number; firstMs: number }
  | { type: 'done'; certificate: string | null; certifiedMs: number }

const operations = ['list', 'pending', 'markDelivered', 'counts', 'removable', 'markRemoved'] as const

/** The spool, with the operations of its queue timed into `times`. */
function timedSpool(spool: Spool, times: Record<string, number[]>): Spool {
  const wrapped = Object.create(spool) as Record<string, unknown>
  for (const name of operations) {
    const operation = spool[name] as (...args: unknown[]) => unknown
    wrapped[name] = (...args: unknown[]) => {
      const startedAt = performance.now()
      const value = operation(...args)
      times[name]?.push(performance.now() - startedAt)
      return value
    }
  }
  return wrapped as unknown as Spool
}

/** Resolves when it is on its way: a channel that is closed before loses what waits in it. */
const tell = (message: EncoderReport): Promise<void> =>
  new Promise((resolve) => void process.send!(message, () => resolve()))

async function run(job: EncoderJob): Promise<void> {
  const { head, key, segments, delivers, mostWaiting } = job
  const event = await makeEvent(job.kinds, 20_000, head.epochMs)
  const times: Record<string, number[]> = {}
  const clear = (): void => {
    for (const name of operations) times[name] = []
  }
  clear()
  const openedAt = performance.now()
  const since = (): number => performance.now() - openedAt
  const spool = timedSpool(await openSpool(job.folder, head), times)
  const openMs = since()
  const { listing, starts } = await EventListing.open(spool, job.spoolBytes)
  const listingMs = since()
  let isFirst = true
  const delivery = delivers
    ? runDelivery({
        ...{ spool, key, workers: { least: 4, most: 4 }, order: 'oldest' },
        onProgress({ workers }) {
          if (!isFirst || !workers.some(({ state }) => state === 'sending')) return
          isFirst = false
          void tell({ type: 'opened', openMs, listingMs, firstMs: since() })
        },
      })
    : null
  for (const each of event.representations) {
    if (starts[each.representation.id] === undefined) await listing.add(each)
  }
  const begun = Math.max(0, ...Object.entries(starts).map(([id, { end }]) => event.indexAt(id, end)))
  let tenthAt = performance.now()
  const tenthOf = Math.max(1, Math.floor((segments - begun) / 10))
  for (let index = begun; index < segments; index++) {
    for (const segment of event.segments(index)) {
      await listing.add(segment)
      delivery?.wake()
    }
    while (delivers && spool.counts().pending >= mostWaiting) await sleep(5)
    if ((index + 1 - begun) % tenthOf !== 0) continue
    const now = performance.now()
    void tell({
      type: 'tenth',
      tenth: { segments: index + 1, seconds: (now - tenthAt) / 1000, ...taken(job, spool), times },
    })
    clear()
    tenthAt = now
  }
  let certificate: string | null = null
  if (job.ends) {
    await listing.rest()
    spool.list({ type: 'end', wallClock: new Date(head.epochMs + segments * madeSegmentMs).toISOString() })
    delivery?.wake()
    certificate = (await delivery?.done) ?? null
  }
  // Whoever measures a start ends it.
  else await delivery?.done
  await tell({ type: 'done', certificate, certifiedMs: performance.now() - tenthAt })
  spool.close()
  process.disconnect()
}

function taken(
  job: EncoderJob,
  spool: Spool,
): Pick<Tenth, 'residentBytes' | 'handles' | 'threads' | 'logBytes' | 'waiting'> {
  const status = readFileSync('/proc/self/status', 'utf8')
  return {
    residentBytes: residentBytes(process.pid),
    handles: readdirSync('/proc/self/fd').length,
    threads: Number(/^Threads:\s+(\d+)$/m.exec(status)?.[1]),
    logBytes: statSync(join(job.folder, 'spool.sqlite-wal'), { throwIfNoEntry: false })?.size ?? 0,
    waiting: spool.counts().pending,
  }
}

await run(JSON.parse(process.argv[2]!) as EncoderJob)
