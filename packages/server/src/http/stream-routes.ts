import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Delivery } from '../deliver/delivery.ts'
import type { App } from './front.ts'
import { notFound } from './http-error.ts'
import { openPlaylists, type Playlists } from './playlists.ts'
import type { Room } from './room.ts'
import { type CacheScope, replyWithSegment } from './segment-reply.ts'
import type { SharedRecordings } from './shared-recordings.ts'

const multivariantQuery = z.object({ set: z.string().max(32).optional() })

/** What players get of deliveries, DELIVERY.md P1: under their own address, and under the link of their recording. */
export function streamRoutes(app: App, room: Room, shares: SharedRecordings): void {
  const playlists = openPlaylists()

  const idParams = z.object({ id: z.string() })
  playlistRoutes(app, playlists, {
    ...{ path: '/api/v1/deliveries/:id', params: idParams, scope: 'private' },
    delivery: (request) => room.delivery(request, idParams.parse(request.params).id, 'recording.play'),
  })

  const shareParams = z.object({ share: z.string() })
  const shared = async (request: FastifyRequest): Promise<Delivery> => {
    const { recording } = await shares.find(shareParams.parse(request.params).share, request.ip, 'recording.play')
    const delivery = await room.deliveries.get(recording.id)
    if (delivery === undefined) throw notFound()
    return delivery
  }
  // A scope of its own: players on other sites' pages read these, and the link in the path is all the right there is.
  void app.register(async (scope) => {
    scope.addHook('onRequest', async (_request, reply) => {
      reply.header('access-control-allow-origin', '*')
      reply.header('access-control-expose-headers', 'content-length, content-range, date, etag, repr-digest')
    })
    playlistRoutes(scope as unknown as App, playlists, {
      ...{ path: '/r/:share/stream', params: shareParams, scope: 'public' },
      delivery: shared,
    })
    const fileParams = z.object({ share: z.string(), name: z.string() })
    scope.route({
      method: ['GET', 'HEAD'],
      url: '/r/:share/stream/:name',
      schema: { tags: ['files'], params: fileParams },
      handler: async (request, reply) => {
        const delivery = await shared(request)
        return replyWithSegment(request, reply, { delivery, name: fileParams.parse(request.params).name }, 'public')
      },
    })
  })
}

type StreamPlace = {
  path: string
  params: z.ZodObject
  scope: CacheScope
  /** @throws HttpError 401, 403, 404 */
  delivery(request: FastifyRequest): Promise<Delivery>
}

function playlistRoutes(app: App, playlists: Playlists, place: StreamPlace): void {
  const { path, params, scope } = place
  const tags = ['deliveries']

  app.get(`${path}/main.m3u8`, { schema: { tags, params, querystring: multivariantQuery } }, async (request, reply) =>
    playlists.multivariant(request, reply, await place.delivery(request), scope, request.query.set),
  )
  app.get(`${path}/manifest.mpd`, { schema: { tags, params } }, async (request, reply) =>
    playlists.dash(request, reply, await place.delivery(request), scope),
  )
  const withRepresentation = params.extend({ representation: z.string() })
  app.get(`${path}/:representation.m3u8`, { schema: { tags, params: withRepresentation } }, async (request, reply) => {
    const { representation } = withRepresentation.parse(request.params)
    return playlists.media(request, reply, await place.delivery(request), scope, String(representation))
  })
}
