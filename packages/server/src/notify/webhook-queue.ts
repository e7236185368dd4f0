// Messages to webhooks, kept in the database until they arrived or were tried for three days.
//
//   waiting ── due ──> sending ── 2xx ──> gone
//      ^                  └── anything else ──> waiting, longer each time ── the last attempt ──> gone
import type { Kysely } from 'kysely'
import type { Schema } from '../catalog/schema.ts'
import { type DueMessage, dropMessage, noteDelivered, postponeMessage, takeDueMessages } from '../catalog/webhooks.ts'
import { postWebhook, type TrustedHosts } from './webhook-post.ts'
import { signatureHeaders } from './webhook-signature.ts'

export interface WebhookQueue {
  /** There may be something new. */
  wake(): void
  close(): Promise<void>
}

export type WebhookQueueOptions = {
  db: Kysely<Schema>
  trusted: TrustedHosts
  log: { warn(details: object, message: string): void }
  /** Waits before the second, third, … attempt, ms; after the last of them a message is given up. */
  retryMs?: readonly number[]
}

const minute = 60_000
const hour = 60 * minute
/** As Standard Webhooks proposes: often at first, for three days. */
const defaultRetryMs = [
  5000,
  30_000,
  2 * minute,
  10 * minute,
  hour,
  3 * hour,
  6 * hour,
  12 * hour,
  24 * hour,
  24 * hour,
]
const idleMs = 1000
const atOnce = 8

export function openWebhookQueue(options: WebhookQueueOptions): WebhookQueue {
  const { db, trusted, log } = options
  const retryMs = options.retryMs ?? defaultRetryMs
  let closed = false
  let woken = Promise.withResolvers<void>()

  async function send({ id, webhookId, body, attempts, url, secret }: DueMessage): Promise<void> {
    try {
      await postWebhook(url, signatureHeaders(secret, id, Math.floor(Date.now() / 1000), body), body, trusted)
    } catch (error) {
      const wait = retryMs[attempts]
      const words = (error as Error).message.slice(0, 500)
      if (wait === undefined) await dropMessage(db, { id, webhookId, lastError: `given up: ${words}` })
      // Spread: many that failed together must not come back together.
      else await postponeMessage(db, { id, webhookId, lastError: words, waitMs: wait * (1 + Math.random() / 4) })
      return
    }
    await noteDelivered(db, { id, webhookId })
  }

  async function run(): Promise<void> {
    while (!closed) {
      const seen = woken.promise
      let sent = 0
      try {
        const due = await takeDueMessages(db, atOnce)
        sent = due.length
        await Promise.all(due.map(send))
      } catch (error) {
        log.warn({ error }, 'webhooks have to wait')
      }
      if (sent > 0) continue
      await Promise.race([seen, new Promise((resolve) => setTimeout(resolve, idleMs).unref())])
    }
  }
  const done = run()

  function wake(): void {
    woken.resolve()
    woken = Promise.withResolvers()
  }

  return {
    wake,
    async close() {
      closed = true
      wake()
      await done
    },
  }
}
