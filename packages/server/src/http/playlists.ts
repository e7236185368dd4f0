import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { dashManifest, isPlayable, type MediaPresentation, mediaPlaylist, multivariantPlaylist } from '@rushes/media'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fresh from 'fresh'
import type { Delivery } from '../deliver/delivery.ts'
import { presentationOf } from '../deliver/presentation.ts'
import { HttpError, notFound } from './http-error.ts'
import type { CacheScope } from './segment-reply.ts'

const compress = promisify(gzip)
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
type Made = { version: string; text: Buffer; tag: string; gzipped: Promise<Buffer> | null }
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
    const text = Buffer.from(make())
    const tag = createHash('sha256').update(text).digest('base64url').slice(0, 27)
    // Something changed, but nothing that it says.
    const now = before?.tag === tag ? { ...before, version } : { version, text, tag, gzipped: null }
    known.set(key, now)
    return now
  }

  async function send(
    request: FastifyRequest,
    reply: FastifyReply,
    delivery: Delivery,
    scope: CacheScope,
    type: string,
    playlist: Made,
  ): Promise<FastifyReply> {
    // A day's playlist is megabytes, of which every player asks anew every few seconds: gzip leaves a tenth.
    const zipped = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(String(request.headers['accept-encoding'] ?? ''))
    const etag = `"${playlist.tag}${zipped ? '-gz' : ''}"`
    reply.type(type).headers({
      etag,
      vary: 'accept-encoding',
      // Alive: long enough that a cache in front asks once a second however many watch, far below a segment's length.
      'cache-control': `${scope}, max-age=${delivery.state === 'delivered' ? 60 : 1}`,
    })
    // A request's own `no-cache` asks for this answer, not for the bytes (RFC 9111 §5.2.1.4).
    if (fresh({ 'if-none-match': request.headers['if-none-match'] }, { etag })) return reply.code(304).send()
    if (!zipped) return reply.send(playlist.text)
    playlist.gzipped ??= compress(playlist.text, { level: 4 })
    return reply.header('content-encoding', 'gzip').send(await playlist.gzipped)
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
