import {
  encoderInstructions,
  encoderList,
  encoderReport,
  encoderView,
  introduceEncoderRequest,
  orderEncoderRequest,
  renameEncoderRequest,
  scheduleEncoderRequest,
} from '@rushes/protocol'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { parseEncoderId } from '../catalog/identifiers.ts'
import type { Encoder } from '../fleet/encoder.ts'
import type { App } from './front.ts'
import { HttpError, notFound } from './http-error.ts'
import type { Room } from './room.ts'

const idParams = z.object({ id: z.string() })
const tags = ['encoders']
/** The longest report that keeps the bounds is about half of it. */
const reportBytes = 64 * 1024

/** DELIVERY.md, Fleet, from the server's side. */
export function fleetRoutes(app: App, room: Room): void {
  const { fleet } = room

  /** The encoder of a request, if its caller may do `action` with it. */
  async function encoderFor(
    request: FastifyRequest,
    id: string,
    action: 'encoder.report' | 'encoder.read' | 'encoder.control',
  ): Promise<Encoder> {
    const caller = await room.caller(request)
    const parsed = parseEncoderId(id)
    const encoder = parsed === undefined ? undefined : fleet.get(parsed)
    room.authorize(caller, action, encoder === undefined ? null : { kind: 'possession', ownerId: encoder.row.owner_id })
    if (encoder === undefined) throw notFound()
    return encoder
  }

  app.put(
    '/api/v1/encoders/:id',
    { schema: { tags, params: idParams, body: introduceEncoderRequest, response: { '2xx': encoderView } } },
    async (request, reply) => {
      const ownerId = room.authorizeUser(await room.caller(request), 'encoder.introduce')
      const id = parseEncoderId(request.params.id)
      if (id === undefined) throw new HttpError(400, 'bad-request', 'the id of an encoder is a UUIDv7')
      const { encoder, created } = await fleet.introduce(ownerId, id, request.body)
      return reply.code(created ? 201 : 200).send(encoder.view(Date.now()))
    },
  )

  app.post(
    '/api/v1/encoders/:id/state',
    {
      bodyLimit: reportBytes,
      schema: {
        tags,
        params: idParams,
        querystring: z.object({ wait: z.coerce.number().min(0).max(20).default(0) }),
        body: encoderReport,
        response: { 200: encoderInstructions },
      },
    },
    async (request, reply) => {
      const encoder = await encoderFor(request, request.params.id, 'encoder.report')
      const { wait } = request.query
      const limit = new AbortController()
      if (wait === 0) limit.abort()
      const timer = setTimeout(() => limit.abort(), wait * 1000)
      reply.raw.once('close', () => limit.abort())
      try {
        return await fleet.report(encoder, request.body, limit.signal)
      } finally {
        clearTimeout(timer)
      }
    },
  )

  app.get('/api/v1/encoders', { schema: { tags, response: { 200: encoderList } } }, async (request) => {
    const ownerId = room.authorizeUser(await room.caller(request), 'encoder.list')
    return { encoders: fleet.list(ownerId).map((encoder) => encoder.view(Date.now())) }
  })

  app.get(
    '/api/v1/encoders/:id',
    { schema: { tags, params: idParams, response: { 200: encoderView } } },
    async (request) => (await encoderFor(request, request.params.id, 'encoder.read')).view(Date.now()),
  )

  app.patch(
    '/api/v1/encoders/:id',
    { schema: { tags, params: idParams, body: renameEncoderRequest, response: { 200: encoderView } } },
    async (request) => {
      const encoder = await encoderFor(request, request.params.id, 'encoder.control')
      await fleet.rename(encoder, request.body.name)
      return encoder.view(Date.now())
    },
  )

  app.delete('/api/v1/encoders/:id', { schema: { tags, params: idParams } }, async (request, reply) => {
    await fleet.remove(await encoderFor(request, request.params.id, 'encoder.control'))
    return reply.code(204).send()
  })

  app.post(
    '/api/v1/encoders/:id/order',
    { schema: { tags, params: idParams, body: orderEncoderRequest, response: { 200: encoderView } } },
    async (request) => {
      const encoder = await encoderFor(request, request.params.id, 'encoder.control')
      await fleet.order(encoder, request.body)
      return encoder.view(Date.now())
    },
  )

  app.put(
    '/api/v1/encoders/:id/schedule',
    { schema: { tags, params: idParams, body: scheduleEncoderRequest, response: { 200: encoderView } } },
    async (request) => {
      const encoder = await encoderFor(request, request.params.id, 'encoder.control')
      await fleet.schedule(encoder, request.body)
      return encoder.view(Date.now())
    },
  )
}
