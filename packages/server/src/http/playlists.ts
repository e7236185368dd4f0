import { dashManifest, isPlayable, type MediaPresentation, mediaPlaylist, multivariantPlaylist } from '@rushes/media'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Delivery } from '../deliver/delivery.ts'
import { presentationOf } from '../deliver/presentation.ts'
import { HttpError, notFound } from './http-error.ts'
import { type PlaylistText, playlistText, replyWithPlaylist } from './playlist-reply.ts'
import type { CacheScope } from './segment-reply.ts'

const hls = 'application/vnd.apple.mpegurl'
const dash = 'application/dash+xml'

/** Playlists as answers. One is made once for each change, however many players ask for it. */
export interface Playlists {
  /** @throws HttpError 404 */
  multivariant(
    request: FastifyRequest,
    reply: FastifyReply,
    delivery: Delivery,
    scope: CacheScope,
    set: string | undefined,
  ): Promise<FastifyReply>
  /** @throws HttpError 404 */
  media(
    request: FastifyRequest,
    reply: FastifyReply,
    delivery: Delivery,
    scope: CacheScope,
    representation: string,
  ): Promise<FastifyReply>
  /** @throws HttpError 404 */
  dash(request: FastifyRequest, reply: FastifyReply, delivery: Delivery, scope: CacheScope): Promise<FastifyReply>
}

/** `version`: of what it is made from. */
type Made = { version: string; playlist: PlaylistText }
type Presented = { revision: number; presentation: MediaPresentation }

export function openPlaylists(): Playlists {
  const presented = new WeakMap<Delivery, Presented>()
  const made = new WeakMap<Delivery, Map<string, Made>>()

  function presentation(delivery: Delivery): MediaPresentation {
    const { revision } = delivery
    const before = presented.get(delivery)
    if (before?.revision === revision) return before.presentation
    const now = presentationOf(delivery)
    presented.set(delivery, { revision, presentation: now })
    return now
  }

  function current(delivery: Delivery, key: string, version: string, make: () => string): Made {
    const known = made.get(delivery) ?? new Map<string, Made>()
    made.set(delivery, known)
    const before = known.get(key)
    if (before?.version === version) return before
    const playlist = playlistText(make())
    // Something changed, but nothing that it says.
    const now = { version, playlist: before?.playlist.tag === playlist.tag ? before.playlist : playlist }
    known.set(key, now)
    return now
  }

  function send(
    request: FastifyRequest,
    reply: FastifyReply,
    delivery: Delivery,
    scope: CacheScope,
    type: string,
    playlist: Made,
  ): Promise<FastifyReply> {
    // Alive: long enough that a cache in front asks once a second however many watch, far below a segment's length.
    const cacheControl = `${scope}, max-age=${delivery.state === 'delivered' ? 60 : 1}`
    return replyWithPlaylist(request, reply, { type, cacheControl, playlist: playlist.playlist })
  }

  return {
    multivariant(request, reply, delivery, scope, set) {
      const make = () => multivariantPlaylist(begun(presentation(delivery), set), set)
      return send(
        request,
        reply,
        delivery,
        scope,
        hls,
        current(delivery, `set ${set ?? ''}`, String(delivery.revision), make),
      )
    },

    media(request, reply, delivery, scope, id) {
      const { representations, gaps } = presentation(delivery)
      const representation = representations.find((each) => each.id === id)
      if (representation === undefined) throw notFound()
      // A day's is megabytes and takes a tenth of a second: files of other representations are no reason to make it anew.
      const version = `${representation.segments.length} ${representation.ended} ${gaps.length}`
      const make = () => mediaPlaylist(representation, gaps)
      return send(request, reply, delivery, scope, hls, current(delivery, `media ${id}`, version, make))
    },

    dash(request, reply, delivery, scope) {
      const make = () => dashManifest(begun(presentation(delivery)), Date.now(), 'manifest.mpd')
      return send(request, reply, delivery, scope, dash, current(delivery, 'dash', String(delivery.revision), make))
    },
  }
}

/** @throws HttpError 404 `not-begun` */
function begun(presentation: MediaPresentation, set?: string): MediaPresentation {
  if (!isPlayable(presentation, set)) throw new HttpError(404, 'not-begun', 'nothing of this event can be played yet')
  return presentation
}
