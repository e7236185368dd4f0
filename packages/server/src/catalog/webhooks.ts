import type { AlertLimits } from '@rushes/protocol'
import { type Kysely, sql, type Transaction } from 'kysely'
import { type EncoderId, type UserId, uuidV7, type WebhookId } from './identifiers.ts'
import { storable } from './recordings.ts'
import type { Schema, Webhook } from './schema.ts'

/** That wait for one webhook; more are not queued: whoever is told that much later is told enough. */
const mostWaiting = 1000

export async function readAlertLimits(db: Kysely<Schema>): Promise<Map<UserId, AlertLimits>> {
  const rows = await db.selectFrom('alert_limits').selectAll().execute()
  return new Map(
    rows.map((row) => [
      row.owner_id,
      { behindSeconds: row.behind_seconds, silentSeconds: row.silent_seconds, spoolPercent: row.spool_percent },
    ]),
  )
}

export async function keepAlertLimits(db: Kysely<Schema>, ownerId: UserId, limits: AlertLimits): Promise<void> {
  const row = {
    behind_seconds: limits.behindSeconds,
    silent_seconds: limits.silentSeconds,
    spool_percent: limits.spoolPercent,
  }
  await db
    .insertInto('alert_limits')
    .values({ owner_id: ownerId, ...row })
    .onConflict((conflict) => conflict.column('owner_id').doUpdateSet(row))
    .execute()
}

/** Undefined: the account has `most` already. */
export async function createWebhook(
  db: Kysely<Schema>,
  webhook: { ownerId: UserId; url: string; secret: Uint8Array },
  most: number,
): Promise<Webhook | undefined> {
  return await db.transaction().execute(async (transaction) => {
    // One account's additions come one after the other, so that none of them counts too few.
    await transaction.selectFrom('users').select('id').where('id', '=', webhook.ownerId).forUpdate().execute()
    const known = await transaction
      .selectFrom('webhooks')
      .select('id')
      .where('owner_id', '=', webhook.ownerId)
      .execute()
    if (known.length >= most) return undefined
    return await transaction
      .insertInto('webhooks')
      .values({
        id: uuidV7() as WebhookId,
        owner_id: webhook.ownerId,
        url: storable(webhook.url),
        secret: Buffer.from(webhook.secret),
      })
      .returningAll()
      .executeTakeFirstOrThrow()
  })
}

export async function listWebhooks(db: Kysely<Schema>, ownerId: UserId): Promise<(Webhook & { waiting: number })[]> {
  return await db
    .selectFrom('webhooks')
    .selectAll()
    .select(sql<number>`(select count(*)::int from webhook_messages where webhook_id = webhooks.id)`.as('waiting'))
    .where('owner_id', '=', ownerId)
    .orderBy('id')
    .execute()
}

export async function getWebhook(db: Kysely<Schema>, id: WebhookId): Promise<Webhook | undefined> {
  return await db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function deleteWebhook(db: Kysely<Schema>, id: WebhookId): Promise<void> {
  await db.deleteFrom('webhooks').where('id', '=', id).execute()
}

/** What began and what is over, and the messages about it, in one commit: neither is there without the other. */
export async function keepEpisodes(
  db: Kysely<Schema>,
  kept: { id: EncoderId; ownerId: UserId; episodes: object; bodies: readonly string[] },
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('encoders')
      .set({ episodes: JSON.stringify(kept.episodes) })
      .where('id', '=', kept.id)
      .execute()
    const webhooks = await transaction
      .selectFrom('webhooks')
      .select('id')
      .where('owner_id', '=', kept.ownerId)
      .orderBy('id')
      .execute()
    for (const { id } of webhooks) for (const body of kept.bodies) await queueMessage(transaction, id, body)
  })
}

export async function queueMessage(
  db: Kysely<Schema> | Transaction<Schema>,
  webhookId: WebhookId,
  body: string,
): Promise<void> {
  await sql`
    insert into webhook_messages (id, webhook_id, body)
    select ${uuidV7()}::uuid, ${webhookId}::uuid, ${storable(body)}
    where (select count(*) from webhook_messages where webhook_id = ${webhookId}::uuid) < ${mostWaiting}`.execute(db)
}

/** Whoever takes a message and ends before it was sent leaves it to others after so long; no attempt takes longer. */
const takenMs = 30_000

export type DueMessage = {
  id: string
  webhookId: WebhookId
  body: string
  attempts: number
  url: string
  secret: Buffer
}

/** One of each webhook: one that does not answer holds up no other. Another process takes none of them meanwhile. */
export async function takeDueMessages(db: Kysely<Schema>, limit: number): Promise<DueMessage[]> {
  const due = await db
    .selectFrom('webhook_messages')
    .innerJoin('webhooks', 'webhooks.id', 'webhook_messages.webhook_id')
    .distinctOn('webhook_messages.webhook_id')
    .select([
      'webhook_messages.id as id',
      'webhook_messages.webhook_id as webhookId',
      'webhook_messages.body as body',
      'webhook_messages.attempts as attempts',
      'webhooks.url as url',
      'webhooks.secret as secret',
    ])
    .where('webhook_messages.next_attempt_at', '<=', sql<Date>`now()`)
    .orderBy('webhook_messages.webhook_id')
    .orderBy('webhook_messages.next_attempt_at')
    .orderBy('webhook_messages.id')
    .limit(limit)
    .execute()
  if (due.length === 0) return []
  const taken = await db
    .updateTable('webhook_messages')
    .set({ next_attempt_at: sql<Date>`now() + ${takenMs} * interval '1 millisecond'` })
    .where(
      'id',
      'in',
      due.map(({ id }) => id),
    )
    .where('next_attempt_at', '<=', sql<Date>`now()`)
    .returning('id')
    .execute()
  const ours = new Set(taken.map(({ id }) => id))
  return due.filter(({ id }) => ours.has(id))
}

type Settled = { id: string; webhookId: WebhookId }

export async function noteDelivered(db: Kysely<Schema>, { id, webhookId }: Settled): Promise<void> {
  await db.deleteFrom('webhook_messages').where('id', '=', id).execute()
  await db
    .updateTable('webhooks')
    .set({ delivered_at: sql<Date>`now()`, last_error: null })
    .where('id', '=', webhookId)
    .execute()
}

export async function dropMessage(db: Kysely<Schema>, settled: Settled & { lastError: string }): Promise<void> {
  await db.deleteFrom('webhook_messages').where('id', '=', settled.id).execute()
  await noteFailed(db, settled)
}

export async function postponeMessage(
  db: Kysely<Schema>,
  settled: Settled & { lastError: string; waitMs: number },
): Promise<void> {
  await db
    .updateTable('webhook_messages')
    .set((eb) => ({
      attempts: eb('attempts', '+', 1),
      next_attempt_at: sql<Date>`now() + ${settled.waitMs} * interval '1 millisecond'`,
    }))
    .where('id', '=', settled.id)
    .execute()
  await noteFailed(db, settled)
}

async function noteFailed(db: Kysely<Schema>, failed: Settled & { lastError: string }): Promise<void> {
  await db
    .updateTable('webhooks')
    .set({ last_error: storable(failed.lastError) })
    .where('id', '=', failed.webhookId)
    .execute()
}
