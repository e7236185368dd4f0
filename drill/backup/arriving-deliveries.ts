// Deliveries whose files go into the body, and away, while a backup copies both.
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CmafEvent, makeCmafEvent } from '../../packages/server/test/cmaf-event.ts'
import { createDelivery, type DeliverySender } from '../../packages/server/test/delivery-sender.ts'
import type { FaultReport } from '../fault.ts'
import type { RandomSource } from '../random-source.ts'
import { type ServerProcess, serverKey } from '../server-process.ts'

type Arriving = { delivery: DeliverySender; answered: Set<string> }
/** Files of deliveries that the server had proved at an instant. */
export type Proved = { id: string; names: string[] }[]

export interface ArrivingDeliveries {
  proved(): Proved
  /** Every proved file can be fetched from the restored server, the same. */
  judge(restored: ServerProcess, proved: Proved, report: FaultReport): Promise<void>
  stop(): Promise<void>
}

/** At a time; each takes seconds, so that every backup meets some in their middle. */
const lanes = 4

/** Sends event after event, at most so many, the files of each in a slightly wrong order, so that some wait for others. */
export function arrivingDeliveries(server: ServerProcess, random: RandomSource, most: number): ArrivingDeliveries {
  const event = makeCmafEvent(12)
  const stopped = new AbortController()
  const all: Arriving[] = []
  const options = { url: server.url, event, stop: stopped.signal, most }
  const sending = Promise.all(
    Array.from({ length: lanes }, (_, lane) => sendOn({ ...options, random: random.fork(`${lane}`) }, all)),
  )
  sending.catch(() => {})
  return {
    proved: () => all.map(({ delivery, answered }) => ({ id: delivery.id, names: [...answered] })),
    async judge({ url }, proved, report) {
      const headers = { authorization: `Bearer ${serverKey}` }
      for (const { id, names } of proved) {
        for (const name of names) {
          const bytes = event.files.get(name)!
          report.acknowledgedBytes += bytes.length
          const stored = await fetch(`${url}/api/v1/deliveries/${id}/${name}`, { headers })
          if (stored.ok && digest(Buffer.from(await stored.arrayBuffer())) === digest(bytes)) continue
          report.lostBytes += bytes.length
          report.problems.push(`${id}/${name}: ${stored.status}, not the bytes that were proved`)
        }
      }
    },
    async stop() {
      stopped.abort()
      await sending
    },
  }
}

type Sending = { url: string; event: CmafEvent; random: RandomSource; stop: AbortSignal; most: number }

async function sendOn({ url, event, random, stop, most }: Sending, all: Arriving[]): Promise<void> {
  while (!stop.aborted && all.length < most) {
    const delivery = await createDelivery({ url }, undefined, 'drill', serverKey)
    const answered = new Set<string>()
    all.push({ delivery, answered })
    await delivery.list(0, event.entries)
    const files = [...event.files]
    while (files.length > 0 && !stop.aborted) {
      const [name, bytes] = files.splice(random.integer(0, Math.min(3, files.length - 1)), 1)[0]!
      if ((await delivery.put(name, bytes)).ok) answered.add(name)
      await sleep(random.integer(50, 400))
    }
  }
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
