import { dashManifest, isPlayable, mediaPlaylist, multivariantPlaylist } from '@rushes/media'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Delivery } from '../deliver/delivery.ts'
import { presentationOf } from '../deliver/presentation.ts'
import { HttpError, notFound } from './http-error.ts'
import type { App, Room } from './room.ts'

const params = z.object({ id: z.string() })
const representationParams = z.object({ id: z.string(), representation: z.string() })

/** DELIVERY.md P1: HLS and DASH of what is there. */
export function playlistRoutes(app: App, room: Room): void {
  app.get('/api/v1/deliveries/:id/main.m3u8', { schema: { tags: ['deliveries'], params } }, async (request, reply) => {
    const delivery = await room.delivery(request, request.params.id, 'recording.verify')
    return send(reply, delivery, 'application/vnd.apple.mpegurl', multivariantPlaylist(begun(delivery)))
  })

  app.get(
    '/api/v1/deliveries/:id/manifest.mpd',
    { schema: { tags: ['deliveries'], params } },
    async (request, reply) => {
      const delivery = await room.delivery(request, request.params.id, 'recording.verify')
      return send(reply, delivery, 'application/dash+xml', dashManifest(begun(delivery), Date.now()))
    },
  )

  app.get(
    '/api/v1/deliveries/:id/:representation.m3u8',
    { schema: { tags: ['deliveries'], params: representationParams } },
    async (request, reply) => {
      const delivery = await room.delivery(request, request.params.id, 'recording.verify')
      const presentation = presentationOf(delivery)
      const representation = presentation.representations.find(({ id }) => id === request.params.representation)
      if (representation === undefined) throw notFound()
      const gaps = presentation.gaps.filter(({ set }) => set === representation.set)
      return send(reply, delivery, 'application/vnd.apple.mpegurl', mediaPlaylist(representation, gaps))
    },
  )
}

function begun(delivery: Delivery): ReturnType<typeof presentationOf> {
  const presentation = presentationOf(delivery)
  if (!isPlayable(presentation)) throw new HttpError(404, 'not-begun', 'nothing of this event can be played yet')
  return presentation
}

function send(reply: FastifyReply, delivery: Delivery, contentType: string, text: string): FastifyReply {
  return reply
    .type(contentType)
    .header('cache-control', delivery.state === 'delivered' ? 'private, max-age=60' : 'no-cache')
    .send(text)
}
