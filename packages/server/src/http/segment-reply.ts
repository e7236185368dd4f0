import { digestField } from '@rushes/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fresh from 'fresh'
import type { Delivery } from '../deliver/delivery.ts'
import { byteRanges } from './byte-range.ts'
import { notFound } from './http-error.ts'

/** Who may keep a copy (RFC 9111 §5.2.2): caches that serve many, or the asker's own alone. */
export type CacheScope = 'public' | 'private'

/**
 * Answers with a delivery's file: whole, or one byte range (RFC 9110 §14). It never changes, and its digest is its strong
 * validator.
 *
 * @throws HttpError 404
 */
export async function replyWithSegment(
  request: FastifyRequest,
  reply: FastifyReply,
  { delivery, name }: { delivery: Delivery; name: string },
  scope: CacheScope,
): Promise<FastifyReply> {
  const place = delivery.place(name)
  if (place === undefined) throw notFound()
  const etag = `"${place.digest.slice('sha256:'.length)}"`
  reply.headers({
    'accept-ranges': 'bytes',
    'content-type': 'video/mp4',
    'repr-digest': digestField(place.digest),
    etag,
    // RFC 8246.
    'cache-control': `${scope}, max-age=31536000, immutable`,
  })
  if (fresh({ 'if-none-match': request.headers['if-none-match'] }, { etag })) return reply.code(304).send()
  let [start, end] = [0, place.size]
  const { range, 'if-range': ifRange } = request.headers
  const ranges = range === undefined || (ifRange !== undefined && ifRange !== etag) ? -2 : byteRanges(place.size, range)
  if (ranges === -1) {
    return reply
      .code(416)
      .headers({ 'content-range': `bytes */${place.size}`, 'cache-control': 'no-store' })
      .type('application/json')
      .send({ error: { code: 'range-not-satisfiable', message: `the file has ${place.size} bytes` } })
  }
  if (ranges !== -2 && ranges.type === 'bytes' && ranges.length === 1) {
    start = ranges[0]!.start
    end = ranges[0]!.end + 1
    reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${place.size}`)
  }
  reply.header('content-length', end - start)
  if (request.method === 'HEAD' || start === end) return reply.send()
  const opened = await delivery.open(name)
  if (opened === undefined) throw notFound()
  const { handle, offset } = opened
  return reply.send(handle.createReadStream({ start: offset + start, end: offset + end - 1 }))
}
