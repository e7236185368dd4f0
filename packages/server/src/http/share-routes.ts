import { recordingView } from '@rushes/protocol'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { App } from './front.ts'
import { HttpError } from './http-error.ts'
import { requestOrigin } from './origin.ts'
import type { Pages } from './pages.ts'
import { resourceRoutes } from './resource-routes.ts'
import type { Room } from './room.ts'
import type { SharedRecordings } from './shared-recordings.ts'
import { timelineRoutes } from './timeline-routes.ts'

const shareParams = z.object({ share: z.string() })

/** What the holder of a link may see, without a header: the link is the key. */
export function shareRoutes(app: App, room: Room, shares: SharedRecordings, pages: Pages): void {
  const shared = (text: string, address: string) => shares.find(text, address, 'recording.read')

  app.get(
    '/api/v1/shares/:share',
    { schema: { tags: ['shares'], params: shareParams, response: { 200: recordingView } } },
    async (request) => {
      const { recording, shareId } = await shared(request.params.share, request.ip)
      return room.describe(recording, requestOrigin(request.raw, room.publicUrl), shareId)
    },
  )

  for (const file of ['file.mp4', 'file.webm'] as const) {
    app.route({
      method: ['GET', 'HEAD'],
      url: `/r/:share/${file}`,
      schema: { tags: ['files'], params: shareParams },
      handler: async (request, reply) => {
        const { recording } = await shared(request.params.share, request.ip)
        return room.sendFile(request, reply, recording, file)
      },
    })
  }

  app.route({
    method: ['GET', 'HEAD'],
    url: '/r/:share/file.umf',
    schema: { tags: ['files'], params: shareParams },
    handler: async (request, reply) => {
      const { recording, caller } = await shared(request.params.share, request.ip)
      return room.sendArchive(request, reply, recording, caller)
    },
  })

  const place = { path: '/r/:share', tag: 'shares' }
  const find = (request: FastifyRequest) => shared(shareParams.parse(request.params).share, request.ip)
  timelineRoutes(app, room, { ...place, find: async (request) => (await find(request)).recording })
  resourceRoutes(app, room, { ...place, find })

  app.get('/r/:share', { schema: { hide: true, params: shareParams } }, async (request, reply) => {
    const found = await shared(request.params.share, request.ip).catch((error: unknown) => {
      if (error instanceof HttpError) return null
      throw error
    })
    if (found === null) return pages.send(reply.code(404), '')
    const { recording, shareId } = found
    const view = await room.describe(recording, requestOrigin(request.raw, room.publicUrl), shareId)
    return pages.send(reply, openGraph(view))
  })

  app.get(
    '/oembed',
    {
      schema: {
        tags: ['shares'],
        querystring: z.object({
          url: z.string().max(2000),
          format: z.string().optional(),
          maxwidth: z.coerce.number().int().min(1).max(10_000).optional(),
          maxheight: z.coerce.number().int().min(1).max(10_000).optional(),
        }),
      },
    },
    async (request) => {
      const { url, format, maxwidth, maxheight } = request.query
      if (format !== undefined && format !== 'json')
        throw new HttpError(501, 'unsupported-format', 'oEmbed here is JSON')
      const origin = requestOrigin(request.raw, room.publicUrl)
      const share = url.startsWith(`${origin}/r/`) ? url.slice(`${origin}/r/`.length).split(/[?#]/)[0]! : ''
      const { recording, shareId } = await shared(share, request.ip)
      const view = await room.describe(recording, origin, shareId)
      const { width, height } = fitted(view, maxwidth ?? 1280, maxheight ?? 720)
      return {
        version: '1.0',
        type: 'video',
        title: view.title,
        provider_name: 'Rushes',
        provider_url: origin,
        width,
        height,
        // A fixed template: nothing in it was written by whoever made the recording.
        html: `<iframe src="${origin}/r/${shareId}" width="${width}" height="${height}" allow="fullscreen; picture-in-picture" style="border:0"></iframe>`,
      }
    },
  )
}

type View = Awaited<ReturnType<Room['describe']>>

function fitted(view: View, maxWidth: number, maxHeight: number): { width: number; height: number } {
  const video = view.tracks.find((track) => track.kind === 'video')
  const ratio = (video?.width ?? 16) / (video?.height ?? 9)
  const width = Math.round(Math.min(maxWidth, maxHeight * ratio))
  return { width, height: Math.round(width / ratio) }
}

/** Open Graph tags (ogp.me) for those who unfold links. */
function openGraph(view: View): string {
  const video = view.tracks.find((track) => track.kind === 'video')
  const tags: [string, string | number | null | undefined][] = [
    ['og:type', 'video.other'],
    ['og:title', view.title],
    ['og:url', view.shareUrl],
    ['og:site_name', 'Rushes'],
    ['og:video', view.mp4Url ?? view.webmUrl],
    ['og:video:type', view.mp4Url !== null ? 'video/mp4' : view.webmUrl !== null ? 'video/webm' : null],
    ['og:video:width', video?.width],
    ['og:video:height', video?.height],
  ]
  const metas = tags
    .filter(([, content]) => content !== null && content !== undefined)
    .map(([property, content]) => `<meta property="${property}" content="${escapeAttribute(String(content))}">`)
  const oembed =
    view.shareUrl === null
      ? ''
      : `<link rel="alternate" type="application/json+oembed" href="/oembed?url=${encodeURIComponent(view.shareUrl)}">`
  return `${metas.join('')}${oembed}<meta name="robots" content="noindex">`
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
