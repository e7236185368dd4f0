import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { dashManifest, isPlayable, mediaPlaylist, multivariantPlaylist } from '@rushes/media'
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

type Made = { revision: number; text: Buffer; tag: string; gzipped: Promise<Buffer> | null }

export function openPlaylists(): Playlists {
  const made = new WeakMap<Delivery, Map<string, Made>>()

  function current(delivery: Delivery, key: string, make: () => string): Made {
    const { revision } = delivery
    const known = made.get(delivery) ?? new Map<string, Made>()
    made.set(delivery, known)
    const before = known.get(key)
    if (before?.revision === revision) return before
    const text = Buffer.from(make())
    const tag = createHash('sha256').update(text).digest('base64url').slice(0, 27)
    // Something changed, but nothing of this one.
    const now = before?.tag === tag ? { ...before, revision } : { revision, text, tag, gzipped: null }
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
      const make = () => multivariantPlaylist(begun(delivery, set), set)
      return send(request, reply, delivery, scope, hls, current(delivery, `set ${set ?? ''}`, make))
    },

    media(request, reply, delivery, scope, id) {
      const make = (): string => {
        const { representations, gaps } = presentationOf(delivery)
        const representation = representations.find((each) => each.id === id)
        if (representation === undefined) throw notFound()
        return mediaPlaylist(representation, gaps)
      }
      return send(request, reply, delivery, scope, hls, current(delivery, `media ${id}`, make))
    },

    dash(request, reply, delivery, scope) {
      const make = () => dashManifest(begun(delivery), Date.now(), 'manifest.mpd')
      return send(request, reply, delivery, scope, dash, current(delivery, 'dash', make))
    },
  }
}

/** @throws HttpError 404 `not-begun` */
function begun(delivery: Delivery, set?: string): ReturnType<typeof presentationOf> {
  const presentation = presentationOf(delivery)
  if (!isPlayable(presentation, set)) throw new HttpError(404, 'not-begun', 'nothing of this event can be played yet')
  return presentation
}
