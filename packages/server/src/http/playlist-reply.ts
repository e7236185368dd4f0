import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fresh from 'fresh'

const compress = promisify(gzip)

/** A playlist as bytes, with its validator; compressed once for all who ask. */
export type PlaylistText = { text: Buffer; tag: string; gzipped: Promise<Buffer> | null }

export function playlistText(text: string): PlaylistText {
  const bytes = Buffer.from(text)
  const tag = createHash('sha256').update(bytes).digest('base64url').slice(0, 27)
  return { text: bytes, tag, gzipped: null }
}

export async function replyWithPlaylist(
  request: FastifyRequest,
  reply: FastifyReply,
  { type, cacheControl, playlist }: { type: string; cacheControl: string; playlist: PlaylistText },
): Promise<FastifyReply> {
  // A day's playlist is megabytes, of which every player asks anew every few seconds: gzip leaves a tenth.
  const zipped = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(String(request.headers['accept-encoding'] ?? ''))
  const etag = `"${playlist.tag}${zipped ? '-gz' : ''}"`
  reply.type(type).headers({ etag, vary: 'accept-encoding', 'cache-control': cacheControl })
  // A request's own `no-cache` asks for this answer, not for the bytes (RFC 9111 §5.2.1.4).
  if (fresh({ 'if-none-match': request.headers['if-none-match'] }, { etag })) return reply.code(304).send()
  if (!zipped) return reply.send(playlist.text)
  playlist.gzipped ??= compress(playlist.text, { level: 4 })
  return reply.header('content-encoding', 'gzip').send(await playlist.gzipped)
}
