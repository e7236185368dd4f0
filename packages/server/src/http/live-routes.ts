import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { parseRecordingId } from '../catalog/identifiers.ts'
import { getRecording } from '../catalog/recordings.ts'
import type { Recording } from '../catalog/schema.ts'
import type { LiveRecording } from '../live/live-recording.ts'
import type { App } from './front.ts'
import { HttpError, notFound } from './http-error.ts'
import { type PlaylistText, playlistText, replyWithPlaylist } from './playlist-reply.ts'
import type { Room } from './room.ts'
import type { CacheScope } from './segment-reply.ts'
import type { SharedRecordings } from './shared-recordings.ts'

/** RFC 8216bis §6.2.5. Players add it as text. */
const askQuery = z.object({
  _HLS_msn: z.coerce.number().int().min(0).max(1e7).optional(),
  _HLS_part: z.coerce.number().int().min(0).max(1e5).optional(),
  _HLS_skip: z.enum(['YES', 'v2']).optional(),
})

/** Viewers ask several times a second each; a link that was withdrawn is dead after so long, ms. */
const rememberedMs = 1000
const mostRemembered = 10_000

/** A recording while it is made: under its link, and under its own address for those who may play it. */
export function liveRoutes(app: App, room: Room, shares: SharedRecordings): void {
  const idParams = z.object({ id: z.string() })
  playRoutes(app, room, {
    ...{ path: '/api/v1/recordings/:id', params: idParams, scope: 'private' },
    async recording(request) {
      const id = parseRecordingId(idParams.parse(request.params).id)
      const caller = await room.caller(request, id)
      const recording = id === undefined ? undefined : await getRecording(room.db, id)
      if (recording === undefined) {
        room.authorize(caller, 'recording.play', null)
        throw notFound()
      }
      const { owner_id: ownerId, state } = recording
      room.authorize(caller, 'recording.play', { kind: 'recording', id: recording.id, ownerId, state })
      return recording
    },
  })

  const shareParams = z.object({ share: z.string() })
  const find = remembering((request) =>
    shares.find(shareParams.parse(request.params).share, request.ip, 'recording.play'),
  )
  // A scope of its own: players on other sites' pages read these, and the link in the path is all the right there is.
  void app.register(async (scope) => {
    scope.addHook('onRequest', async (_request, reply) => {
      reply.header('access-control-allow-origin', '*')
    })
    playRoutes(scope as unknown as App, room, {
      ...{ path: '/r/:share', params: shareParams, scope: 'public' },
      recording: (request) => find(shareParams.parse(request.params).share, request),
    })
  })
}

type LivePlace = {
  path: string
  params: z.ZodObject
  scope: CacheScope
  /** @throws HttpError 401, 403, 404, 429 */
  recording(request: FastifyRequest): Promise<Recording>
}

function playRoutes(app: App, room: Room, { path, params, scope, recording }: LivePlace): void {
  const texts = new WeakMap<object, PlaylistText>()
  const tags = ['live']
  const live = async (request: FastifyRequest): Promise<LiveRecording> => room.live.find(await recording(request))

  app.get(`${path}/live.m3u8`, { schema: { tags, params, querystring: askQuery } }, async (request, reply) => {
    const { _HLS_msn: sequence, _HLS_part: part, _HLS_skip: skip } = request.query
    if (part !== undefined && sequence === undefined)
      throw new HttpError(400, 'bad-request', '_HLS_part needs _HLS_msn')
    const ask = { sequence: sequence ?? null, part: part ?? null, skip: skip !== undefined }
    const made = await (await live(request)).playlist(ask, goneWith(reply))
    const playlist = texts.get(made) ?? playlistText(made.text)
    texts.set(made, playlist)
    // Whoever waits names what it waits for: no cache has that yet.
    const cacheControl = `${scope}, max-age=${sequence === undefined ? 0 : 1}`
    return replyWithPlaylist(request, reply, { type: 'application/vnd.apple.mpegurl', cacheControl, playlist })
  })

  const fileParams = params.extend({ name: z.string().max(40) })
  app.get(`${path}/live/:name`, { schema: { tags, params: fileParams } }, async (request, reply) => {
    const name = String(fileParams.parse(request.params)['name'])
    const file = await (await live(request)).file(name, goneWith(reply))
    return reply
      .type(name.endsWith('.webm') ? 'video/webm' : 'video/mp4')
      .header('cache-control', `${scope}, max-age=3600`)
      .send(file)
  })
}

/** Aborted when whoever asked has gone. */
function goneWith(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return gone.signal
}

type Found = { recording: Recording }

/** Asks once for all who come with the same link within a moment. */
function remembering(
  find: (request: FastifyRequest) => Promise<Found>,
): (share: string, request: FastifyRequest) => Promise<Recording> {
  const remembered = new Map<string, { at: number; found: Promise<Found> }>()
  return async (share, request) => {
    const now = performance.now()
    const known = remembered.get(share)
    if (known !== undefined && now - known.at < rememberedMs) return (await known.found).recording
    const found = find(request)
    remembered.delete(share)
    remembered.set(share, { at: now, found })
    // What does not exist is not remembered: each attempt counts against whoever makes it.
    found.catch(() => remembered.delete(share))
    if (remembered.size > mostRemembered) remembered.delete(remembered.keys().next().value!)
    return (await found).recording
  }
}
