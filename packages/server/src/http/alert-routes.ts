import { randomBytes } from 'node:crypto'
import {
  type AlertMessage,
  alertLimits,
  alertSettings,
  createdWebhook,
  createWebhookRequest,
  maxWebhooks,
  type WebhookView,
} from '@rushes/protocol'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { parseWebhookId, type UserId } from '../catalog/identifiers.ts'
import type { Webhook } from '../catalog/schema.ts'
import { createWebhook, deleteWebhook, getWebhook, listWebhooks, queueMessage } from '../catalog/webhooks.ts'
import { FleetError } from '../fleet/fleet-error.ts'
import { secretText } from '../notify/webhook-signature.ts'
import type { App } from './front.ts'
import { notFound } from './http-error.ts'
import type { Room } from './room.ts'

const idParams = z.object({ id: z.string() })
const tags = ['encoders']

/** DELIVERY.md FL6 and FL7: whom to tell of what. */
export function alertRoutes(app: App, room: Room): void {
  const { db, fleet, webhooks } = room

  async function webhookFor(request: FastifyRequest, id: string): Promise<Webhook> {
    const caller = await room.caller(request)
    const parsed = parseWebhookId(id)
    const webhook = parsed === undefined ? undefined : await getWebhook(db, parsed)
    room.authorize(
      caller,
      'webhook.change',
      webhook === undefined ? null : { kind: 'possession', ownerId: webhook.owner_id },
    )
    if (webhook === undefined) throw notFound()
    return webhook
  }

  async function settingsOf(ownerId: UserId) {
    return { limits: fleet.alertLimits(ownerId), webhooks: (await listWebhooks(db, ownerId)).map(webhookView) }
  }

  app.get('/api/v1/encoder-alerts', { schema: { tags, response: { 200: alertSettings } } }, async (request) =>
    settingsOf(room.authorizeUser(await room.caller(request), 'encoder.alerts')),
  )

  app.put(
    '/api/v1/encoder-alerts',
    { schema: { tags, body: alertLimits, response: { 200: alertSettings } } },
    async (request) => {
      const ownerId = room.authorizeUser(await room.caller(request), 'encoder.alerts')
      await fleet.setAlertLimits(ownerId, request.body)
      return settingsOf(ownerId)
    },
  )

  app.post(
    '/api/v1/encoder-alerts/webhooks',
    { schema: { tags, body: createWebhookRequest, response: { 201: createdWebhook } } },
    async (request, reply) => {
      const ownerId = room.authorizeUser(await room.caller(request), 'encoder.alerts')
      const secret = randomBytes(32)
      const made = await createWebhook(db, { ownerId, url: request.body.url, secret }, maxWebhooks)
      if (made === undefined) throw new FleetError('too-many-webhooks', 'this account has too many webhooks')
      return reply.code(201).send({ ...webhookView({ ...made, waiting: 0 }), secret: secretText(secret) })
    },
  )

  app.delete('/api/v1/encoder-alerts/webhooks/:id', { schema: { tags, params: idParams } }, async (request, reply) => {
    await deleteWebhook(db, (await webhookFor(request, request.params.id)).id)
    return reply.code(204).send()
  })

  app.post(
    '/api/v1/encoder-alerts/webhooks/:id/test',
    { config: { rateLimit: { max: 30, timeWindow: 60_000 } }, schema: { tags, params: idParams } },
    async (request, reply) => {
      const { id } = await webhookFor(request, request.params.id)
      const now = new Date().toISOString()
      const message: AlertMessage = {
        ...{ type: 'encoder.test', timestamp: now },
        data: { encoder: null, kind: null, since: now, detail: 'this is a test', event: null },
      }
      await queueMessage(db, id, JSON.stringify(message))
      webhooks.wake()
      return reply.code(204).send()
    },
  )
}

function webhookView(webhook: Webhook & { waiting: number }): WebhookView {
  return {
    ...{ id: webhook.id, url: webhook.url, createdAt: webhook.created_at.toISOString() },
    deliveredAt: webhook.delivered_at?.toISOString() ?? null,
    ...{ lastError: webhook.last_error, waiting: webhook.waiting },
  }
}
