import type { IncomingMessage } from 'node:http'
import {
  appendedManifest,
  appendManifestRequest,
  createDeliveryRequest,
  createdDelivery,
  deliveryCertificate,
  deliveryFileName,
  deliveryManifest,
  digestField,
  parseDigestField,
  storedFile,
} from '@rushes/protocol'
import { z } from 'zod'
import { DeliveryError } from '../deliver/delivery-error.ts'
import type { App } from './front.ts'
import { HttpError, notFound } from './http-error.ts'
import { requestOrigin } from './origin.ts'
import type { Room } from './room.ts'
import { replyWithSegment } from './segment-reply.ts'

const idParams = z.object({ id: z.string() })
const fileParams = z.object({ id: z.string(), name: z.string().regex(deliveryFileName) })
const entriesAtOnce = 5000

/** DELIVERY.md from the receiver's side. */
export function deliveryRoutes(app: App, room: Room): void {
  const { deliveries, receiver } = room

  app.post(
    '/api/v1/deliveries',
    { schema: { tags: ['deliveries'], body: createDeliveryRequest, response: { '2xx': createdDelivery } } },
    async (request, reply) => {
      const ownerId = room.authorizeUser(await room.caller(request), 'recording.create')
      const { created, ...answer } = await deliveries.create(ownerId, request.body)
      const view = await room.describeNow(answer.id, requestOrigin(request.raw, room.publicUrl))
      return reply.code(created ? 201 : 200).send({ ...answer, shareUrl: view?.shareUrl ?? null })
    },
  )

  app.post(
    '/api/v1/deliveries/:id/manifest',
    {
      schema: {
        tags: ['deliveries'],
        params: idParams,
        body: appendManifestRequest,
        response: { 200: appendedManifest },
      },
    },
    async (request) => {
      const delivery = await room.delivery(request, request.params.id, 'recording.ingest')
      return { next: await delivery.append(request.body.from, request.body.entries) }
    },
  )

  app.get(
    '/api/v1/deliveries/:id/manifest',
    {
      schema: {
        tags: ['deliveries'],
        params: idParams,
        querystring: z.object({
          from: z.coerce.number().int().min(0).default(0),
          wait: z.coerce.number().min(0).max(30).default(0),
        }),
        response: { 200: deliveryManifest },
      },
    },
    async (request) => {
      const delivery = await room.delivery(request, request.params.id, 'recording.verify')
      const { from, wait } = request.query
      if (wait > 0) {
        const limit = new AbortController()
        const timer = setTimeout(() => limit.abort(), wait * 1000)
        request.raw.once('close', () => limit.abort())
        await delivery.changed(from, limit.signal)
        clearTimeout(timer)
      }
      return delivery.describe(from, entriesAtOnce)
    },
  )

  app.get(
    '/api/v1/deliveries/:id/certificate',
    { schema: { tags: ['deliveries'], params: idParams, response: { 200: deliveryCertificate } } },
    async (request) => {
      const delivery = await room.delivery(request, request.params.id, 'recording.verify')
      const certificate = delivery.certificate()
      if (certificate === null) throw new DeliveryError('not-delivered', 'files of this delivery are still to come')
      return certificate
    },
  )

  app.get(
    '/api/v1/deliveries/:id/:name/digest',
    { schema: { tags: ['deliveries'], params: fileParams, response: { 200: storedFile } } },
    async (request, reply) => {
      const { id, name } = request.params
      const delivery = await room.delivery(request, id, 'recording.verify')
      const proof = await delivery.prove(name)
      if (proof === undefined) throw notFound()
      reply.header('repr-digest', digestField(proof.digest))
      return { name, ...proof }
    },
  )

  app.route({
    method: ['GET', 'HEAD'],
    url: '/api/v1/deliveries/:id/:name',
    schema: { tags: ['deliveries'], params: fileParams },
    handler: async (request, reply) => {
      const { id, name } = request.params
      const delivery = await room.delivery(request, id, 'recording.play')
      if (request.method === 'HEAD' && delivery.place(name) === undefined) {
        return reply
          .code(404)
          .header('upload-offset', await delivery.received(name))
          .send()
      }
      return replyWithSegment(request, reply, { delivery, name }, 'private')
    },
  })

  // A scope of its own, in which a body is a stream whatever its type.
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    scope.put<{ Params: z.infer<typeof fileParams> }>(
      '/api/v1/deliveries/:id/:name',
      { schema: { tags: ['deliveries'], params: fileParams } },
      async (request, reply) => {
        const { id, name } = request.params
        const delivery = await room.delivery(request, id, 'recording.ingest')
        if (receiver.storageIsFull) throw new HttpError(507, 'storage-full', 'the disk of the server is full')
        const { headers } = request
        const listed = delivery.manifest.files.get(name)
        if (listed === undefined) throw new DeliveryError('not-in-manifest', `no entry lists ${name}`)
        if (
          headers['repr-digest'] !== undefined &&
          parseDigestField(String(headers['repr-digest'])) !== listed.digest
        ) {
          throw new DeliveryError('manifest-conflict', `${name} is listed with another digest`)
        }
        const offset = partStart(headers, listed.size)
        const before = delivery.place(name) !== undefined
        const proof = await delivery.receive(name, offset, request.body as AsyncIterable<Uint8Array>)
        if (proof === null) return reply.code(202).send({ name, received: await delivery.received(name) })
        return reply
          .code(before ? 200 : 201)
          .header('repr-digest', digestField(proof.digest))
          .send({ name, ...proof })
      },
    )
  })
}

/** F4: where the bytes of this request belong. @throws HttpError 400, 411 */
function partStart(headers: IncomingMessage['headers'], size: number): number {
  const length = Number(headers['content-length'] ?? Number.NaN)
  if (!Number.isSafeInteger(length)) throw new HttpError(411, 'length-required', 'Content-Length is needed')
  const range = headers['content-range']
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(
    range ?? `bytes 0-${Math.max(length - 1, 0)}/${length}`,
  )
  const [first, last, total] = match === null ? [0, 0, -1] : match.slice(1).map(Number)
  if (total !== size || (length > 0 && last! - first! + 1 !== length) || last! >= Math.max(size, 1)) {
    throw new HttpError(400, 'bad-range', `the file is listed with ${size} bytes`)
  }
  return first!
}
