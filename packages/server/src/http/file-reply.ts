import type { Readable } from 'node:stream'
import type { Layout } from '@rushes/media'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fresh from 'fresh'
import { type BodyPart, streamLayout } from '../body/layout-stream.ts'
import { layoutVersion } from '../publish/view-file.ts'
import { byteRanges } from './byte-range.ts'

export type LayoutFile = {
  layout: Layout
  /** Of the body that the layout lies over, or of all files that are one body to it. */
  path: string | readonly BodyPart[]
  body: { size: number; crc: number }
  /** Shown by the browser's "save as". */
  name: string
  /** Null: its bytes change after it was published, as `version` tells. */
  publishedAt: Date | null
  /** What the bytes follow from, where body and size do not tell; in an ETag. */
  version?: string
  /** Never shown in place: its type is its sender's claim. */
  isDownload?: boolean
}

/** Answers with a file that is a layout, as {@link replyWithBytes}. */
export function replyWithFile(request: FastifyRequest, reply: FastifyReply, file: LayoutFile): FastifyReply {
  const { layout, path, body, publishedAt, name } = file
  const version = file.version ?? [body.crc, body.size, layout.size].map((number) => number.toString(16)).join('-')
  return replyWithBytes(request, reply, {
    ...{ size: layout.size, contentType: layout.contentType, name, etag: `"${layoutVersion}-${version}"` },
    ...(publishedAt !== null && { lastModified: publishedAt.toUTCString() }),
    ...(file.isDownload === true && { isDownload: true }),
    open: (start, end) => streamLayout(layout, path, start, end),
  })
}

export type RangedFile = {
  size: number
  contentType: string
  name: string
  /** Null: nothing proves that it is the same the next time. */
  etag: string | null
  lastModified?: string
  isDownload?: boolean
  /** Bytes `start` (inclusive) to `end` (exclusive). */
  open(start: number, end: number): Readable
}

/**
 * Whole, or one byte range (RFC 9110 §14), with a strong validator. Several ranges in one request are answered with the
 * whole file, as §14.2 allows.
 */
export function replyWithBytes(request: FastifyRequest, reply: FastifyReply, file: RangedFile): FastifyReply {
  const { size, etag, lastModified } = file
  const download = file.isDownload === true || (request.query as Record<string, unknown>)['download'] !== undefined
  reply.headers({
    'accept-ranges': 'bytes',
    'content-type': file.contentType,
    ...(etag !== null && { etag }),
    ...(lastModified !== undefined && { 'last-modified': lastModified }),
    'cache-control': 'private, no-cache',
    'content-disposition': contentDisposition(download ? 'attachment' : 'inline', file.name),
  })
  const validators = {
    ...(etag !== null && { etag }),
    ...(lastModified !== undefined && { 'last-modified': lastModified }),
  }
  if (fresh(request.headers, validators)) return reply.code(304).send()

  let start = 0
  let end = size
  const range = request.headers.range
  if (range !== undefined && rangeApplies(request.headers['if-range'], etag, lastModified)) {
    const ranges = byteRanges(size, range)
    if (ranges === -1) {
      return reply
        .code(416)
        .header('content-range', `bytes */${size}`)
        .type('application/json')
        .send({ error: { code: 'range-not-satisfiable', message: `the file has ${size} bytes` } })
    }
    if (ranges !== -2 && ranges.type === 'bytes' && ranges.length === 1) {
      start = ranges[0]!.start
      end = ranges[0]!.end + 1
      reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${size}`)
    }
  }
  reply.header('content-length', end - start)
  if (request.method === 'HEAD') return reply.send()
  return reply.send(file.open(start, end))
}

/** RFC 9110 §13.1.5: a weak or other validator makes the range void. */
function rangeApplies(ifRange: unknown, etag: string | null, lastModified: string | undefined): boolean {
  return ifRange === undefined || ifRange === etag || ifRange === lastModified
}

/** RFC 6266 with the UTF-8 form of RFC 8187 for names beyond ASCII. */
export function contentDisposition(type: 'inline' | 'attachment', name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${type}; filename="${plain}"; filename*=UTF-8''${encoded}`
}
