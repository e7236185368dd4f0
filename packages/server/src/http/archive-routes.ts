import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import {
  foundView,
  type ImportState,
  type ImportView,
  importList,
  importView,
  mendAnswer,
  mendRequest,
} from '@rushes/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { BodyFolder } from '../body/folder.ts'
import { newRecordingId, parseRecordingId, type RecordingId, type UserId } from '../catalog/identifiers.ts'
import type { ImportRow, JobRow } from '../catalog/schema.ts'
import { openShare } from '../catalog/shares.ts'
import { archivePath } from '../import/import-folder.ts'
import { importMetadata, keepsNow } from '../import/import-metadata.ts'
import type { Imports } from '../import/imports.ts'
import { TusImportStore } from '../import/tus-import-store.ts'
import { type ChunkProof, noProof } from '../upload/chunk-proof.ts'
import { replyWithBytes } from './file-reply.ts'
import type { App, Front } from './front.ts'
import { HttpError, notFound } from './http-error.ts'
import { requestOrigin } from './origin.ts'
import { newTusLocker, replyByTus } from './tus-reply.ts'

export type ArchiveRouteOptions = {
  imports: Imports
  folder: BodyFolder
  /** This process has recordings: what is converted becomes one unless somebody wants to see it first. */
  keepsAtOnce: boolean
  expiryMs: number
  maxBytes: number
  allowedOrigins: readonly string[]
}

const path = '/api/v1/archives'
const idParams = z.object({ id: z.string() })
const tags = ['archives']
/** Of files, tracks and decks that are told while they are found. */
const mostFound = 2000
/** What ends a job without an archive. */
const ends: Readonly<Partial<Record<JobRow['state'], string>>> = {
  cancelled: 'its conversion was cancelled',
  critical: 'nothing could be made of it',
  failed: 'it could not be converted',
}

/** Archives of other systems: received as a body or by tus 1.0.0, converted by a job, mended, and kept as recordings. */
export function archiveRoutes(app: App, front: Front, options: ArchiveRouteOptions): void {
  const { imports, folder } = options
  const locker = newTusLocker()

  /** The archive of a request, if its caller may do `action` with it; all refusals look like a missing one. */
  async function importFor(
    request: FastifyRequest,
    text: string,
    action: 'import.read' | 'import.change',
  ): Promise<ImportRow> {
    const id = parseRecordingId(text)
    const caller = await front.caller(request)
    const row = id === undefined ? undefined : await imports.get(id)
    front.authorize(caller, action, row === undefined ? null : { kind: 'possession', ownerId: row.owner_id })
    if (row === undefined) throw notFound()
    return row
  }

  async function view(row: ImportRow, request: FastifyRequest): Promise<ImportView> {
    const { id, name, size, received, fingerprint, job_id: jobId } = row
    const job = jobId === null ? undefined : await front.jobs.get(jobId)
    const { state, problem } = standingOf(row, job, options.keepsAtOnce)
    const origin = requestOrigin(request.raw, front.publicUrl)
    const share = state === 'kept' ? await openShare(front.db, id) : undefined
    const isMade = state === 'converted' || state === 'keeping'
    return {
      ...{ id, name, state, size, received, fingerprint, jobId: job === undefined ? null : jobId, problem },
      createdAt: row.created_at.toISOString(),
      umfUrl: isMade ? `${origin}${path}/${id}/file.umf` : null,
      shareUrl: share === undefined ? null : `${origin}/r/${share.id}`,
    }
  }

  function byTus(
    request: FastifyRequest,
    reply: FastifyReply,
    id: RecordingId | null,
    ownerId: UserId | null,
  ): Promise<FastifyReply> {
    const { keepsAtOnce, expiryMs, maxBytes, allowedOrigins } = options
    const datastore = (proof: ChunkProof) => new TusImportStore(imports, { ownerId, proof, keepsAtOnce }, expiryMs)
    const { publicUrl } = front
    return replyByTus(request, reply, { path, publicUrl, maxBytes, allowedOrigins, datastore, id, locker })
  }

  /** As one body, whose length is said in front; what takes long comes by tus, which goes on after a cut. */
  async function fromBody(request: FastifyRequest, reply: FastifyReply, ownerId: UserId): Promise<FastifyReply> {
    const { name = 'archive', keep } = request.query as { name?: string; keep?: string }
    const size = Number(request.headers['content-length'] ?? Number.NaN)
    if (!Number.isSafeInteger(size)) throw new HttpError(411, 'length-required', 'say how long it is: Content-Length')
    const id = newRecordingId()
    const metadata = { filename: name }
    const facts = { ...importMetadata(metadata, true), keepsAtOnce: keepsNow(keep, options.keepsAtOnce) }
    await imports.create({ id, ownerId, size, metadata, ...facts })
    try {
      await imports.receive(id, 0, request.body as AsyncIterable<Uint8Array>, noProof)
    } catch (error) {
      // Its sender does not know how it is called, and can't go on with it.
      const row = await imports.get(id)
      if (row !== undefined) await imports.remove(row)
      throw error
    }
    const row = await imports.get(id)
    if (row === undefined) throw notFound()
    return reply
      .code(201)
      .header('location', `${path}/${id}`)
      .send(await view(row, request))
  }

  app.get(path, { schema: { tags, response: { 200: importList } } }, async (request) => {
    const ownerId = front.authorizeUser(await front.caller(request), 'import.list')
    const rows = await imports.list(ownerId)
    return { archives: await Promise.all(rows.map((row) => view(row, request))) }
  })

  app.get(
    `${path}/:id`,
    // tus asks by HEAD how much is here.
    { exposeHeadRoute: false, schema: { tags, params: idParams, response: { 200: importView } } },
    async (request) => view(await importFor(request, request.params.id, 'import.read'), request),
  )

  app.get(
    `${path}/:id/found`,
    { schema: { tags, params: idParams, response: { 200: foundView } } },
    async (request) => {
      const { job_id: jobId } = await importFor(request, request.params.id, 'import.read')
      const job = jobId === null ? undefined : await front.jobs.get(jobId)
      if (job === undefined) return { files: [], filesCount: 0, tracks: [], decks: [] }
      // Loaded when somebody watches.
      const { foundSoFar } = await import('@rushes/converter')
      return foundSoFar(await front.jobs.resources(job), mostFound)
    },
  )

  app.get(`${path}/:id/file.umf`, { schema: { tags, params: idParams } }, async (request, reply) => {
    const row = await importFor(request, request.params.id, 'import.read')
    const isMade = row.state === 'converted' || row.state === 'keeping'
    const file = archivePath(folder, row.id)
    const standing = isMade ? await stat(file).catch(() => null) : null
    if (standing === null) throw notFound()
    const { size, mtimeMs } = standing
    return replyWithBytes(request, reply, {
      ...{ size, contentType: 'video/mp4', name: `${row.name.replace(/\.[^.]{1,5}$/, '')}.umf` },
      // Each mend writes to it.
      etag: `"${Math.round(mtimeMs * 1000).toString(36)}-${size.toString(36)}"`,
      open: (start, end) => createReadStream(file, { start, end: Math.max(start, end - 1) }),
    })
  })

  app.post(
    `${path}/:id/mends`,
    { schema: { tags, params: idParams, body: mendRequest, response: { 200: mendAnswer } } },
    async (request) => {
      const { id } = await importFor(request, request.params.id, 'import.change')
      return { generation: await imports.mend(id, request.body) }
    },
  )

  app.post(
    `${path}/:id/keep`,
    { schema: { tags, params: idParams, response: { 202: importView } } },
    async (request, reply) => {
      const { id } = await importFor(request, request.params.id, 'import.change')
      return reply.code(202).send(await view(await imports.keep(id), request))
    },
  )

  app.delete(`${path}/:id`, { schema: { tags, params: idParams } }, async (request, reply) => {
    await imports.remove(await importFor(request, request.params.id, 'import.change'))
    // tus 1.0.0, Termination.
    return reply.code(204).header('tus-resumable', '1.0.0').send()
  })

  // A scope of its own, in which a body is a stream whatever its type.
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    scope.addHook('onRequest', async (_request, reply) => {
      reply.header('tus-resumable', '1.0.0')
    })

    scope.route({
      ...{ method: 'OPTIONS', url: path, schema: { tags } },
      handler: async (request, reply) => byTus(request, reply, null, null),
    })
    scope.route({
      ...{ method: 'POST', url: path },
      schema: { tags, querystring: z.object({ name: z.string().optional(), keep: z.string().optional() }) },
      handler: async (request, reply) => {
        const ownerId = front.authorizeUser(await front.caller(request), 'import.create')
        if (request.headers['tus-resumable'] === undefined) return fromBody(request, reply, ownerId)
        return byTus(request, reply, null, ownerId)
      },
    })
    for (const method of ['HEAD', 'PATCH'] as const) {
      scope.route({
        ...{ method, url: `${path}/:id`, schema: { tags, params: idParams } },
        handler: async (request, reply) => {
          const { id } = await importFor(request, (request.params as { id: string }).id, 'import.change')
          return byTus(request, reply, id, null)
        },
      })
    }
  })
}

const untakenMs = 5000
const noRecordings =
  'this server converts alone, and no server with recordings takes it: start one with the same database and files ' +
  '(rushes serve --roles record), and it is kept there by itself; or download the UMF and upload it to another server'

/** While its job has not ended well, the job tells how it stands. */
function standingOf(
  row: ImportRow,
  job: JobRow | undefined,
  hasRecordings: boolean,
): { state: ImportState; problem: string | null } {
  // Whoever makes recordings of archives touches those that wait, every second.
  const isWaiting = !hasRecordings && row.state === 'keeping' && Date.now() - row.touched_at.getTime() > untakenMs
  if (isWaiting) return { state: row.state, problem: noRecordings }
  if (row.state !== 'converting' || row.job_id === null) return { state: row.state, problem: row.problem }
  if (job === undefined) return { state: 'failed', problem: 'its conversion was given up long ago' }
  const words = ends[job.state]
  if (words === undefined) return { state: 'converting', problem: null }
  return { state: 'failed', problem: job.problem === null ? words : `${words}: ${job.problem}` }
}
