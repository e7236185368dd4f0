// Delivers what events before the current one left in a spool root: one after the other, oldest first, beside the recording.
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type DeliveryRun,
  type DeliveryRunOptions,
  type EncoderStatus,
  openSpool,
  readSpool,
  runDelivery,
  type Spool,
  SpoolError,
} from '@rushes/encoder'
import { eventFolders, isCertified, removeDone } from './spool-root.ts'

export type BacklogOptions = Omit<DeliveryRunOptions, 'spool' | 'onProgress'> & {
  root: string
  /** Of events that are done; null: as long as there is room. */
  keepMs: number | null
  /** What events that are done may hold together. */
  mostBytes: number
  onChange(): void
  note(text: string): void
}

export interface Backlog {
  readonly waiting: EncoderStatus['older']
  /** An event has ended. */
  wake(): void
  stop(): Promise<void>
}

/** Between two looks for events that are old enough to go. */
const lookMs = 10 * 60_000

export function openBacklog(options: BacklogOptions): Backlog {
  const { root, note } = options
  const stopping = new AbortController()
  /** Refused for good: not tried again by this process. */
  const refused = new Set<string>()
  let current: { spool: Spool; run: DeliveryRun } | null = null
  let later: EncoderStatus['older'] = { events: 0, files: 0, bytes: 0 }
  let woken = new AbortController()

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      woken = new AbortController()
      const { signal } = woken
      await round()
      await sleep(lookMs, undefined, { signal: AbortSignal.any([signal, stopping.signal]) }).catch(() => {})
    }
  }

  async function round(): Promise<void> {
    // The newest is recorded now.
    const waiting = (await eventFolders(root)).slice(0, -1).filter((each) => !isCertified(each) && !refused.has(each))
    for (const [index, folder] of waiting.entries()) {
      if (stopping.signal.aborted) return
      later = await totalOf(waiting.slice(index + 1))
      await deliver(folder).catch((error: unknown) => give(folder, error))
      options.onChange()
    }
    const { keepMs, mostBytes } = options
    await removeDone(root, { keepMs, mostBytes, now: Date.now() }, note).catch((error: unknown) => give(root, error))
  }

  async function deliver(folder: string): Promise<void> {
    const spool = await openSpool(folder)
    try {
      // Nobody records into it any more, or it could not be opened.
      if (!spool.ended) spool.list({ type: 'end', wallClock: new Date().toISOString() })
      current = { spool, run: runDelivery({ ...options, spool, onProgress: options.onChange }) }
      await current.run.done
      note(`delivered ${folder}`)
    } finally {
      current = null
      spool.close()
    }
  }

  function give(folder: string, error: unknown): void {
    if (stopping.signal.aborted) return
    // Its own process delivers it still.
    if (error instanceof SpoolError && error.code === 'spool-in-use') return
    refused.add(folder)
    note(`${folder}: ${error instanceof Error ? error.message : error}`)
  }

  const done = run()

  return {
    get waiting() {
      if (current === null) return later
      const { pending, pendingBytes } = current.spool.counts()
      return { events: later.events + 1, files: later.files + pending, bytes: later.bytes + pendingBytes }
    },
    wake: () => woken.abort(),
    async stop() {
      stopping.abort()
      await current?.run.stop()
      await done
    },
  }
}

async function totalOf(folders: readonly string[]): Promise<EncoderStatus['older']> {
  const total = { events: folders.length, files: 0, bytes: 0 }
  for (const folder of folders) {
    const spool = await readSpool(folder)
    const { pending, pendingBytes } = spool.counts()
    spool.close()
    total.files += pending
    total.bytes += pendingBytes
  }
  return total
}
