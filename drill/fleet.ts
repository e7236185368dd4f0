// Several recordings sent at once, each a new one when the former is published: the load under every fault.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError, type CreatedRecording, type RecordingView } from '@rushes/protocol'
import type { InputMedia } from './input-media.ts'
import { type Judging, judgeEvents, judgePublished, judgeStored, type SentRecording, type Verdict } from './oracle.ts'
import type { Scene } from './scene.ts'
import type { SenderJob, SenderReport } from './sender-main.ts'
import { openSenderProcess, type SenderProcess } from './sender-process.ts'
import type { ServerProcess } from './server-process.ts'

export type FleetOptions = {
  scene: Scene
  server: ServerProcess
  media: readonly InputMedia[]
  /** Recordings under way at a time. */
  width: number
  bytesPerSecond: number
  job?: Partial<SenderJob>
  /** Where to send instead of the server itself: a proxy's port. */
  viaPort?: number
  /** Starts a sender that stopped for good again, as its user would who knows that nothing is wrong with it. */
  revives?: boolean
}

export interface Fleet {
  readonly sender: SenderProcess
  readonly recordings: SentRecording[]
  readonly published: ReadonlyMap<string, RecordingView>
  /** Begins the first recordings, and goes on beginning new ones. */
  start(): Promise<void>
  begin(): Promise<SentRecording>
  /** Of all recordings, stored so far. */
  judgeStored(how?: Judging): Promise<Verdict>
  /** Of those that were not published when this was asked the last time: between two kills of hundreds. */
  judgeOpen(): Promise<string[]>
  /** Begins no more, and waits until those under way are published. @throws Error after `withinMs` */
  settle(withinMs: number): Promise<void>
  /** Everything that was published, decoded. */
  judgePublished(): Promise<string[]>
}

let fleets = 0

export function openFleet(options: FleetOptions): Fleet {
  const { scene, server, media } = options
  const sender = openSenderProcess(scene)
  const recordings: SentRecording[] = []
  const published = new Map<string, RecordingView>()
  const fleet = ++fleets
  const judged = new Set<string>()
  const jobs = new Map<string, SenderJob>()
  const beginning = new Set<Promise<unknown>>()
  let going = false

  sender.onReport((report: SenderReport) => {
    const job = jobs.get(report.id)
    if (report.state === 'stopped' && options.revives === true && job !== undefined) {
      setTimeout(() => sender.send(job), 200)
    }
    if (report.state !== 'published') return
    published.set(report.id, report.recording)
    if (going) track(begin())
  })

  function track(work: Promise<unknown>): void {
    beginning.add(work)
    work.catch(() => {}).finally(() => beginning.delete(work))
  }

  async function begin(): Promise<SentRecording> {
    const number = recordings.length
    const input = media[number % media.length]!
    const created = await createPatiently(server)
    const folder = join(scene.folder, `sender-${fleet}-${number}`)
    mkdirSync(folder)
    const url = new URL(created.ingestUrl)
    if (options.viaPort !== undefined) url.port = String(options.viaPort)
    const recording = { id: created.id, token: created.token, url: url.href, input, folder }
    recordings.push(recording)
    const { bytesPerSecond } = options
    const job = { ...recording, input: input.path, bytesPerSecond, ends: true, ...options.job }
    jobs.set(job.id, job)
    sender.send(job)
    return recording
  }

  return {
    sender,
    recordings,
    published,
    begin,
    async start() {
      going = true
      for (let count = 0; count < options.width; count++) await begin()
    },
    async judgeOpen() {
      const problems: string[] = []
      for (const recording of recordings) {
        if (judged.has(recording.id)) continue
        if (published.has(recording.id)) judged.add(recording.id)
        problems.push(...(await judgeStored(server.blobsDir, recording)).problems)
      }
      return problems
    },
    async judgeStored(how) {
      const sum: Verdict = { acknowledgedBytes: 0, lostBytes: 0, problems: [] }
      for (const recording of recordings) {
        const verdict = await judgeStored(server.blobsDir, recording, how)
        sum.acknowledgedBytes += verdict.acknowledgedBytes
        sum.lostBytes += verdict.lostBytes
        sum.problems.push(...verdict.problems)
      }
      return sum
    },
    async settle(withinMs) {
      going = false
      const until = performance.now() + withinMs
      while (beginning.size > 0) await Promise.allSettled([...beginning])
      while (published.size < recordings.length) {
        if (performance.now() > until) {
          const missing = recordings.filter(({ id }) => !published.has(id)).map(({ id }) => id)
          const last = missing.map((id) => JSON.stringify(sender.reports.findLast((report) => report.id === id)))
          throw new Error(`not published within ${withinMs} ms: ${missing.join(', ')}, last ${last.join(', ')}`)
        }
        await sleep(50)
      }
    },
    async judgePublished() {
      const problems: string[] = []
      for (const recording of recordings) {
        const view = published.get(recording.id)
        if (view === undefined) continue
        problems.push(...(await judgePublished(view, recording)), ...(await judgeEvents(server, recording)))
      }
      return problems
    },
  }
}

/** A time-out, or a server that is away, is "unknown": asked again. */
export async function createPatiently(server: ServerProcess): Promise<CreatedRecording> {
  for (const until = performance.now() + 60_000; ; ) {
    try {
      return await server.client.createRecording({ title: 'drill' })
    } catch (error) {
      const passing = error instanceof ApiError && (error.status === 0 || error.status >= 500)
      if (!passing || performance.now() > until) throw error
      await sleep(100)
    }
  }
}
