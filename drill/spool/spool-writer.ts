// The process under drill: fills a spool and delivers it, as `rushes encode` does, but from a source that makes hours of media
// in minutes. First argument: its job as JSON. What was listed is witnessed outside of the disk under drill.
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DeliveryProgress, SpoolCounts, SpoolHead } from '@rushes/encoder'
import type { EventListing } from '../../packages/encoder/src/spool/event-listing.ts'
import { type MadeEvent, madeSegmentMs, makeEvent } from './made-event.ts'

export type WriterJob = {
  /** Root of the build. */
  root: string
  folder: string
  head: SpoolHead
  key: string
  spoolBytes: number
  /** Between segments. */
  paceMs: number
  /** File to which a line is added after each entry: `list` had returned. */
  witness: string
}

export type WriterReport =
  | { state: 'open' }
  /** Every second: where it stands. */
  | { state: 'going'; counts: SpoolCounts; delivery: DeliveryProgress; lost: number }
  | { state: 'done'; certificate: string }
  | { state: 'failed'; why: string }

type Modules = {
  spool: typeof import('../../packages/encoder/src/spool/spool.ts')
  listing: typeof import('../../packages/encoder/src/spool/event-listing.ts')
  delivery: typeof import('../../packages/encoder/src/deliver/delivery-run.ts')
}

async function modulesOf(root: string): Promise<Modules> {
  const from = (path: string): Promise<unknown> => import(join(root, 'packages/encoder/src', path))
  return {
    spool: (await from('spool/spool.ts')) as Modules['spool'],
    listing: (await from('spool/event-listing.ts')) as Modules['listing'],
    delivery: (await from('deliver/delivery-run.ts')) as Modules['delivery'],
  }
}

async function write(job: WriterJob, ending: AbortSignal): Promise<string> {
  const { root, head, key, spoolBytes, paceMs } = job
  const modules = await modulesOf(root)
  const event = await makeEvent(['video', 'audio'], 120_000, head.epochMs)
  const spool = await modules.spool.openSpool(job.folder, head)
  let witnessed = spool.counts().entries
  const { listing, starts } = await modules.listing.EventListing.open(spool, spoolBytes)
  const delivery = modules.delivery.runDelivery({ spool, key, workers: { least: 2, most: 4 }, order: 'oldest' })
  const witness = openSync(job.witness, 'a')
  const say = (): void => {
    const listed = spool.entries(witnessed, 1000)
    for (const entry of listed) writeSync(witness, `${JSON.stringify(entry)}\n`)
    witnessed += listed.length
    delivery.wake()
  }
  report({ state: 'open' })
  const telling = setInterval(() => {
    report({ state: 'going', counts: spool.counts(), delivery: delivery.progress, lost: listing.lost })
  }, 1000)
  if (!spool.ended) {
    let index = await begin(event, starts, listing, head.epochMs)
    say()
    for (; !ending.aborted; index++) {
      for (const segment of event.segments(index)) {
        await listing.add(segment)
        say()
      }
      await sleep(paceMs)
    }
    await listing.rest()
    spool.list({ type: 'end', wallClock: new Date(head.epochMs + index * madeSegmentMs).toISOString() })
    say()
  }
  const certificate = await delivery.done
  clearInterval(telling)
  closeSync(witness)
  spool.close()
  return certificate
}

/** The representations, or the gap that a restart leaves: the number of the first segment. */
async function begin(
  event: MadeEvent,
  starts: Record<string, { end: number }>,
  listing: EventListing,
  epochMs: number,
): Promise<number> {
  for (const each of event.representations) {
    if (starts[each.representation.id] === undefined) await listing.add(each)
  }
  const ends = Object.entries(starts).map(([id, { end }]) => event.indexAt(id, end))
  const last = Math.max(0, ...ends)
  if (last === 0) return 0
  const at = (index: number): number => epochMs + index * madeSegmentMs
  await listing.add({ type: 'gap', set: 'main', from: at(last), to: at(last + 1), reason: 'the encoder was restarted' })
  return last + 1
}

function report(message: WriterReport): void {
  process.send?.(message)
}

const ending = new AbortController()
process.on('message', () => ending.abort())
write(JSON.parse(process.argv[2]!) as WriterJob, ending.signal).then(
  (certificate) => {
    report({ state: 'done', certificate })
    process.disconnect()
  },
  (error: unknown) => {
    report({ state: 'failed', why: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    process.exitCode = 1
    process.disconnect()
  },
)
