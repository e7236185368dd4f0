// What is in a recording, item by item: `resources` lists what its caller may read, `resources/NAME` is one of it. Each caller is
// given an archive in which nothing else is (packages/umf/SPEC.md, L5): what is closed is not there, and answered so.
import { type ResourceList, type ResourceView, resourceList } from '@rushes/protocol'
import { type Archive, type ArchiveResource, type Caller, DEFAULT_LEVEL, type Item, owner, UmfError } from '@rushes/umf'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { ContentError } from '../archive/content-error.ts'
import { streamLayout } from '../body/layout-stream.ts'
import { getRecording } from '../catalog/recordings.ts'
import type { Recording } from '../catalog/schema.ts'
import { resourceLayout } from '../publish/resource-layout.ts'
import { contentKeyOf, isOpenedBy, replyDecrypted } from './content-key.ts'
import { contentDisposition, replyWithFile } from './file-reply.ts'
import type { App } from './front.ts'
import { HttpError, notFound } from './http-error.ts'
import { type PointerReplies, pointerReplies } from './pointer-reply.ts'
import type { Room } from './room.ts'
import { publishedBody } from './room.ts'
import { shownType } from './shown-type.ts'

export type ResourcePlace = {
  /** Under which the two routes lie. */
  path: string
  tag: string
  /** The recording that is asked for, if the caller may read it, and as whom. */
  find(request: FastifyRequest): Promise<{ recording: Recording; caller: Caller }>
  /** The recording, if the caller may take away what was made in it; missing where nobody may. */
  findToRemove?(request: FastifyRequest): Promise<Recording>
}

const pageLimit = 1000
/** Of the sources of one conversion. */
const mostSources = 500
const time = z.coerce.number().min(0).max(1e12)
const name = z.string().max(1000)
const count = z.coerce.number().int().min(0)

const listQuery = z.object({
  name: name.optional(),
  type: z.string().max(32).optional(),
  event: z.string().max(100).optional(),
  fromMs: time.optional(),
  toMs: time.optional(),
  from: count.max(1_000_000).default(0),
  limit: count.min(1).max(pageLimit).default(pageLimit),
})

const contentQuery = z.object({
  pointer: z.enum(['proxy', 'redirect']).default('proxy'),
  as: z.string().max(255).optional(),
  with: z.union([name.transform((one) => [one]), z.array(name).max(mostSources)]).optional(),
  width: z.coerce.number().optional(),
  height: z.coerce.number().optional(),
  bitRate: z.coerce.number().optional(),
  atMs: z.coerce.number().optional(),
  page: z.coerce.number().optional(),
  samplesPerPixel: z.coerce.number().optional(),
  download: z.string().optional(),
})

export function resourceRoutes(app: App, room: Room, { path, tag, find, findToRemove }: ResourcePlace): void {
  const { db, archives, conversions } = room
  const pointers = pointerReplies(room)

  app.get(
    `${path}/resources`,
    { schema: { tags: [tag], querystring: listQuery, response: { 200: resourceList } } },
    async (request, reply): Promise<ResourceList> => {
      const { recording, caller } = await find(request)
      publishedBody(recording)
      const { archive } = await archives.content(recording, caller)
      const { from, limit, ...given } = request.query
      const wish = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
      const found = await archive.resources(wish).catch(refuseEvents)
      const page = found.slice(from, from + limit)
      const next = from + page.length
      reply.header('cache-control', 'private, no-cache')
      return {
        resources: page.map((resource) => viewOf(archive, resource)),
        count: found.length,
        next: next < found.length ? next : null,
      }
    },
  )

  app.route({
    method: ['GET', 'HEAD'],
    url: `${path}/resources/*`,
    schema: { tags: [tag], querystring: contentQuery },
    handler: async (request, reply) => {
      const { recording, caller } = await find(request)
      const asked = { request, reply, caller, base: resourcesUrl(request), query: request.query, pointers }
      const item = (request.params as Record<string, string>)['*'] ?? ''
      publishedBody(recording)
      return await sendResource(recording, item, asked)
    },
  })

  if (findToRemove !== undefined) {
    app.delete(`${path}/resources/*`, { schema: { tags: [tag] } }, async (request, reply) => {
      const recording = await findToRemove(request)
      const name = (request.params as Record<string, string>)['*'] ?? ''
      publishedBody(recording)
      if (await conversions.remove(recording, name)) return reply.code(204).send()
      const { archive } = await archives.content(recording, owner)
      // Not found, where there is no such item.
      archive.resource(name)
      throw new ContentError('not-derived', 'only what was made of other items can be taken away')
    })
  }

  type Asked = {
    request: FastifyRequest
    reply: FastifyReply
    caller: Caller
    /** Path of the list, under which others of its items are. */
    base: string
    query: z.output<typeof contentQuery>
    pointers: PointerReplies
  }

  async function sendResource(recording: Recording, name: string, asked: Asked): Promise<FastifyReply> {
    const { request, reply, caller, query, base } = asked
    const content = await archives.content(recording, caller)
    const resource = content.archive.resource(name)
    if (query.as !== undefined) {
      const { as: to, with: others = [], width, height, bitRate, atMs, page, samplesPerPixel } = query
      const parameters = withoutMissing({ width, height, bitRate, atMs, page, samplesPerPixel })
      const key = contentKeyOf(request)
      const wish = { names: [name, ...others], to, parameters, ...(key !== undefined && { key }) }
      const conversion = { recording, content, caller, wish }
      const waitMs = preferredWait(request)
      if (waitMs !== null) {
        const told = await conversions.makeWithin(conversion, waitMs)
        reply.header('preference-applied', 'respond-async')
        if (told.state === 'running') {
          return reply
            .code(202)
            .headers({ 'retry-after': 1, 'cache-control': 'no-store' })
            .send({ progress: told.progress })
        }
      }
      const made = await conversions.make(conversion, signalOf(reply))
      // Read again: what was made is in it now.
      const grown = await getRecording(db, recording.id)
      if (grown === undefined) throw notFound()
      reply.header('content-location', `${base}/${made.split('/').map(encodeURIComponent).join('/')}`)
      return await sendResource(grown, made, { ...asked, query: { ...query, as: undefined } })
    }
    const { contentType, isDownload } = shownType(resource.contentType)
    // What others have put into an archive is theirs: nothing of it runs as a page of ours.
    reply.header('content-security-policy', "sandbox; default-src 'none'; media-src 'self'")
    const about = { name: fileName(name), contentType, isDownload }
    const isPointer = resource !== content.archive.presentation && (resource as Item).pointer !== undefined
    if (isPointer) {
      return await asked.pointers.send(request, reply, {
        ...{ recording, archive: content.archive, name, about, base, mode: query.pointer, signal: signalOf(reply) },
      })
    }
    const { digest } = resource as Item
    const isItem = resource !== content.archive.presentation && digest !== undefined
    const key = contentKeyOf(request)
    if (isItem && isOpenedBy(resource as Item, key)) {
      const layout = resourceLayout(content, resource)
      reply
        .type(contentType)
        .header('content-disposition', contentDisposition(isDownload ? 'attachment' : 'inline', about.name))
      const stored = () => streamLayout(layout, content.parts, 0, layout.size)
      return await replyDecrypted(request, reply, { item: resource as Item, key, stored })
    }
    return replyWithFile(request, reply, {
      layout: { ...resourceLayout(content, resource), contentType },
      path: content.parts,
      body: publishedBody(recording),
      publishedAt: null,
      ...{ name: about.name, isDownload },
      ...(isItem && { version: digest.slice('sha256:'.length) }),
    })
  }
}

const longestWaitSeconds = 20

/**
 * RFC 7240 §4.1, §4.3: `Prefer: respond-async, wait=5` is answered 202 with how far it is where it takes longer; ms, null: whoever
 * asks waits to the end.
 */
function preferredWait({ headers: { prefer = '' } }: FastifyRequest): number | null {
  const preferences = [prefer].flat().join(',').toLowerCase().split(',')
  const named = new Map(
    preferences.map((each) => {
      const [name = '', value = ''] = each.split('=')
      return [name.trim(), value.trim()] as const
    }),
  )
  if (!named.has('respond-async')) return null
  const seconds = Number(named.get('wait') || 0)
  return 1000 * Math.min(Number.isInteger(seconds) && seconds > 0 ? seconds : 0, longestWaitSeconds)
}

/** Somebody's own items may be called events and be none. */
function refuseEvents(error: unknown): never {
  if (error instanceof UmfError && (error.code === 'malformed' || error.code === 'too-large'))
    throw new HttpError(422, 'events-unreadable', 'the events of this archive can not be read')
  throw error
}

/** Aborted when the client has left before its answer was complete. */
function signalOf(reply: FastifyReply): AbortSignal {
  const leaving = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) leaving.abort()
  })
  return leaving.signal
}

function resourcesUrl(request: FastifyRequest): string {
  const path = request.url.split('?')[0]!
  return path.slice(0, path.indexOf('/resources/') + '/resources'.length)
}

function viewOf(archive: Archive, resource: ArchiveResource): ResourceView {
  const { name, type, contentType, level = DEFAULT_LEVEL, limits, title, language } = resource
  const { startMs, endMs } = archive.span(resource)
  const isPresentation = resource === archive.presentation
  const { length, digest, pointer, from, encryption } = resource as Item
  return {
    ...{ name, type, contentType, length: length ?? null, level },
    digest: isPresentation ? null : (digest ?? null),
    ...withoutMissing({ limits, startMs, endMs, title, language }),
    ...(isPresentation
      ? { isPresentation }
      : withoutMissing({ pointer, encryption, from: from && { items: from.items, by: from.by } })),
  }
}

function withoutMissing<Value extends object>(value: Value): { [Key in keyof Value]: NonNullable<Value[Key]> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never
}

function fileName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}
