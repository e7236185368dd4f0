import type { Layout } from '@rushes/media'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fresh from 'fresh'
import parseRange from 'range-parser'
import { streamLayout } from '../body/layout-stream.ts'
import { layoutVersion } from '../publish/view-file.ts'

export type LayoutFile = {
  layout: Layout
  /** Of the body that the layout lies over. */
  path: string
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

/**
 * Answers with a file that is a layout: whole, or one byte range (RFC 9110 §14), with a strong validator. Several ranges
 * in one request are answered with the whole file, as §14.2 allows.
 */
export function replyWithFile(request: FastifyRequest, reply: FastifyReply, file: LayoutFile): FastifyReply {
  const { layout } = file
  const version =
    file.version ?? [file.body.crc, file.body.size, layout.size].map((number) => number.toString(16)).join('-')
  const etag = `"${layoutVersion}-${version}"`
  const lastModified = file.publishedAt?.toUTCString()
  const download = file.isDownload === true || (request.query as Record<string, unknown>)['download'] !== undefined
  reply.headers({
    'accept-ranges': 'bytes',
    'content-type': layout.contentType,
    etag,
    ...(lastModified !== undefined && { 'last-modified': lastModified }),
    'cache-control': 'private, no-cache',
    'content-disposition': contentDisposition(download ? 'attachment' : 'inline', file.name),
  })
  if (fresh(request.headers, { etag, ...(lastModified !== undefined && { 'last-modified': lastModified }) }))
    return reply.code(304).send()

  let start = 0
  let end = layout.size
  const range = request.headers.range
  if (range !== undefined && rangeApplies(request.headers['if-range'], etag, lastModified)) {
    const ranges = parseRange(layout.size, range)
    if (ranges === -1) {
      return reply
        .code(416)
        .header('content-range', `bytes */${layout.size}`)
        .type('application/json')
        .send({ error: { code: 'range-not-satisfiable', message: `the file has ${layout.size} bytes` } })
    }
    if (ranges !== -2 && ranges.type === 'bytes' && ranges.length === 1) {
      start = ranges[0]!.start
      end = ranges[0]!.end + 1
      reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${layout.size}`)
    }
  }
  reply.header('content-length', end - start)
  if (request.method === 'HEAD') return reply.send()
  return reply.send(streamLayout(layout, file.path, start, end))
}

/** RFC 9110 §13.1.5: a weak or other validator makes the range void. */
function rangeApplies(ifRange: unknown, etag: string, lastModified: string | undefined): boolean {
  return ifRange === undefined || ifRange === etag || ifRange === lastModified
}

/** RFC 6266 with the UTF-8 form of RFC 8187 for names beyond ASCII. */
function contentDisposition(type: 'inline' | 'attachment', name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${type}; filename="${plain}"; filename*=UTF-8''${encoded}`
}
