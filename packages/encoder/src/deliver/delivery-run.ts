// Delivers what a spool has, for as long as it takes.
//
//   introducing ── created ──> delivering ── all listed, all proved ──> certifying ── certificate stored ──> done
//        └───────── refused for good (the key, the id) ─────────┘──> failed; the spool keeps everything
//
// The manifest goes ahead of the files; each file goes over one of several connections, each in a thread of its own.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DeliveryCertificate, maxManifestEntriesAtOnce } from '@rushes/protocol'
import type { Spool } from '../spool/spool.ts'
import { spoolError } from '../spool/spool-error.ts'
import { openBackoff } from './backoff.ts'
import { type BandwidthLimit, openTokenBucket, type TokenBucket, unlimited } from './bandwidth-limit.ts'
import { DeliveryRefusal, deliveryClient } from './delivery-client.ts'
import { openLinkPulse } from './link-pulse.ts'
import { ServerContact, type ServerContactView } from './server-contact.ts'
import { openUploadPool, type UploadPool, type UploadProgress } from './upload-pool.ts'

export type DeliveryRunOptions = {
  spool: Spool
  /** API key; it is not stored. */
  key: string | undefined
  workers: { least: number; most: number }
  order: 'oldest' | 'newest'
  limit?: BandwidthLimit
  /** Where several deliveries share one limit. */
  bucket?: TokenBucket
  onProgress?(progress: DeliveryProgress): void
}

export type DeliveryProgress = UploadProgress & {
  state: 'introducing' | 'delivering' | 'certifying' | 'done' | 'failed'
  /** Where the event is watched; null until the receiver has said it. */
  shareUrl: string | null
  /** Entries that the receiver has. */
  entriesSent: number
  lastError: string | null
  server: ServerContactView
}

export interface DeliveryRun {
  /** There is something new in the spool. */
  wake(): void
  readonly progress: DeliveryProgress
  /** Settles when all is delivered and certified: the certificate's path. @throws DeliveryRefusal */
  readonly done: Promise<string>
  stop(): Promise<void>
}

export const certificateName = 'certificate.json'
/** Twice as many after each answer: until it is known what the link bears, little is lost with an answer. */
const firstEntriesAtOnce = 50

export function runDelivery(options: DeliveryRunOptions): DeliveryRun {
  const { spool } = options
  const { id, title, server } = spool.head
  const pulse = openLinkPulse()
  const client = deliveryClient(server, options.key, pulse)
  const stopping = new AbortController()
  let wake = Promise.withResolvers<void>()
  let state: DeliveryProgress['state'] = 'introducing'
  let token = ''
  let shareUrl: string | null = null
  let next = 0
  let atOnce = firstEntriesAtOnce
  let lastError: string | null = null
  let pool: UploadPool | null = null
  const contact = new ServerContact()

  const nothing: UploadProgress = { workers: [], bytesSent: 0, retransmitted: 0, bytesPerSecond: 0 }
  const progress = (): DeliveryProgress => ({
    ...(pool?.progress ?? nothing),
    state,
    shareUrl,
    entriesSent: next,
    lastError: lastError ?? pool?.lastError ?? null,
    server: contact.view,
  })
  const tell = (): void => options.onProgress?.(progress())

  function woken(): void {
    tell()
    wake.resolve()
    wake = Promise.withResolvers()
  }

  /** Tries until it works; what can't ever work is thrown. */
  async function insist<Value>(attempt: () => Promise<Value>): Promise<Value> {
    const backoff = openBackoff()
    for (;;) {
      stopping.signal.throwIfAborted()
      try {
        const value = await attempt()
        lastError = null
        contact.answered()
        return value
      } catch (error) {
        if (!(error instanceof DeliveryRefusal)) throw error
        lastError = error.message
        contact.failed(error.message, error.status)
        tell()
        if (!error.passes) throw error
        await sleep(backoff.next(), undefined, { signal: stopping.signal })
      }
    }
  }

  async function introduce(): Promise<void> {
    const created = await insist(() => client.create(id, title))
    token = created.token
    shareUrl = created.shareUrl
    next = created.next
  }

  /** The entries that the receiver lacks, in order; answers when it has them all. */
  async function sendEntries(): Promise<void> {
    for (;;) {
      if (spool.entries(next, 1).length === 0) return
      await insist(async () => {
        const entries = spool.entries(next, atOnce)
        try {
          next = await client.append(id, token, next, entries.slice(0, entriesThatFit(entries)))
          atOnce = Math.min(maxManifestEntriesAtOnce, atOnce * 2)
        } catch (error) {
          // Too much, perhaps, for what a slow link carries in the time that an answer may take.
          if (error instanceof DeliveryRefusal && error.status === 0) atOnce = Math.max(10, Math.floor(atOnce / 2))
          // A server that was restored from an older copy lacks what it had: it is told again.
          if (error instanceof DeliveryRefusal && error.code === 'manifest-gap' && error.next !== null)
            next = error.next
          else throw error
        }
      })
      pool?.offer(next)
    }
  }

  /** A disk that is full is waited for. */
  async function keep(certificate: DeliveryCertificate): Promise<string> {
    const path = join(spool.folder, certificateName)
    for (;;) {
      try {
        await writeFile(path, `${JSON.stringify(certificate, null, 1)}\n`, { flush: true })
        return path
      } catch (cause) {
        const error = spoolError(cause)
        if (error.code !== 'spool-full') throw error
        lastError = error.message
        tell()
        await sleep(1000, undefined, { signal: stopping.signal })
      }
    }
  }

  async function run(): Promise<string> {
    await introduce()
    const limit = options.limit ?? unlimited
    const bucket = options.bucket ?? openTokenBucket(limit)
    pool = openUploadPool({ ...options, limit, bucket, token, contact, pulse, onChange: woken })
    pool.offer(next)
    state = 'delivering'
    for (;;) {
      const seen = wake.promise
      await sendEntries()
      if (spool.ended && spool.counts().pending === 0) break
      // One promise, renewed with every change: a race with one that outlives it would keep something of each turn for ever.
      await seen
      stopping.signal.throwIfAborted()
    }
    state = 'certifying'
    for (;;) {
      const certificate = await insist(() => client.certificate(id, token))
      if (certificate !== null) {
        const path = await keep(certificate)
        state = 'done'
        return path
      }
      await sleep(500, undefined, { signal: stopping.signal })
    }
  }

  const done = run().catch((error: unknown) => {
    if (!stopping.signal.aborted) state = 'failed'
    throw error
  })
  done.catch(() => {})
  void done
    .finally(() => {
      client.close()
      return pool?.close()
    })
    .catch(() => {})

  return {
    wake: woken,
    get progress() {
      return progress()
    },
    done,
    async stop() {
      stopping.abort()
      woken()
      await done.catch(() => {})
      await pool?.close()
    },
  }
}

/** A request has at most 1 MiB (DELIVERY.md, Limits). */
function entriesThatFit(entries: readonly unknown[]): number {
  let bytes = 100
  const most = 900_000
  for (const [index, entry] of entries.entries()) {
    bytes += JSON.stringify(entry).length + 1
    if (bytes > most) return Math.max(index, 1)
  }
  return entries.length
}
