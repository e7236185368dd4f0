import { uploadList } from '@rushes/protocol'
import { ERRORS, MemoryLocker, Server as TusServer } from '@tus/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { RecordingAction } from '../access/policy.ts'
import { newRecordingId, parseRecordingId, type RecordingId, type UserId } from '../catalog/identifiers.ts'
import { getRecording } from '../catalog/recordings.ts'
import { uploadContentType } from '../catalog/uploads.ts'
import { checksumAlgorithms, noProof, parseProof } from '../upload/chunk-proof.ts'
import { TusStore } from '../upload/tus-store.ts'
import { UploadError } from '../upload/upload-error.ts'
import type { App } from './front.ts'
import { notFound, type Refusal, toRefusal } from './http-error.ts'
import { requestOrigin } from './origin.ts'
import type { Room } from './room.ts'

export type UploadRouteOptions = { expiryMs: number; maxBytes: number; allowedOrigins: readonly string[] }

const path = '/api/v1/uploads'
/** Of two requests for one upload the later one counts: the earlier has this long to store what it has. */
const lockDrainMs = 100

/** UPLOAD.md from the receiver's side: tus 1.0.0 by @tus/server, with our policy in front and our store behind. */
export function uploadRoutes(app: App, room: Room, options: UploadRouteOptions): void {
  const { uploads, db } = room
  const locker = new MemoryLocker()

  /** Hands the request to tus, with what the policy and the headers say. */
  async function byTus(
    request: FastifyRequest,
    reply: FastifyReply,
    id: RecordingId | null,
    ownerId: UserId | null,
  ): Promise<FastifyReply> {
    const proof = request.method === 'PATCH' || request.method === 'POST' ? parseProof(proofHeaders(request)) : noProof
    const tus = new TusServer({
      path,
      datastore: new TusStore(uploads, { ownerId, proof }, options.expiryMs),
      locker,
      lockDrainTimeout: lockDrainMs,
      maxSize: options.maxBytes,
      disableTerminationForFinishedUploads: true,
      allowedOrigins: (origin) => options.allowedOrigins.includes(origin),
      exposedHeaders: ['Tus-Checksum-Algorithm', 'Upload-Expires'],
      allowedHeaders: ['Upload-Checksum', 'Repr-Digest'],
      namingFunction: () => newRecordingId(),
      getFileIdFromRequest: () => id ?? undefined,
      generateUrl: (_request, made) => `${requestOrigin(request.raw, room.publicUrl)}${path}/${made.id}`,
      onResponseError(_request, error) {
        const { status, code, message } = refusalOf(error)
        if (status >= 500) request.log.error({ error }, 'an upload failed')
        return { status_code: status, body: JSON.stringify({ error: { code, message } }) }
      },
    })
    reply.hijack()
    reply.raw.setHeader('tus-checksum-algorithm', checksumAlgorithms)
    await tus.handle(request.raw, reply.raw)
    return reply
  }

  /** The upload of a request, if its caller may do `action` with it; all refusals look like a missing one. */
  async function uploadFor(request: FastifyRequest, text: string, action: RecordingAction): Promise<RecordingId> {
    const id = parseRecordingId(text)
    const caller = await room.caller(request, id)
    const recording = id === undefined ? undefined : await getRecording(db, id)
    if (recording === undefined) {
      room.authorize(caller, action, null)
      throw notFound()
    }
    const { owner_id: ownerId, state } = recording
    room.authorize(caller, action, { kind: 'recording', id: recording.id, ownerId, state })
    if (recording.content_type !== uploadContentType) throw notFound()
    return recording.id
  }

  app.get(path, { schema: { tags: ['uploads'], response: { 200: uploadList } } }, async (request) => {
    const ownerId = room.authorizeUser(await room.caller(request), 'recording.list')
    return { uploads: await uploads.list(ownerId) }
  })

  // A scope of its own, in which a body is a stream whatever its type.
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    scope.addHook('onRequest', async (_request, reply) => {
      reply.header('tus-resumable', '1.0.0')
    })

    scope.route({
      method: 'OPTIONS',
      url: path,
      schema: { tags: ['uploads'] },
      handler: async (request, reply) => byTus(request, reply, null, null),
    })
    scope.route({
      method: 'POST',
      url: path,
      schema: { tags: ['uploads'] },
      handler: async (request, reply) => {
        const ownerId = room.authorizeUser(await room.caller(request), 'recording.create')
        return byTus(request, reply, null, ownerId)
      },
    })

    const actions = { HEAD: 'recording.ingest', PATCH: 'recording.ingest', DELETE: 'recording.delete' } as const
    for (const [method, action] of Object.entries(actions) as [keyof typeof actions, RecordingAction][]) {
      scope.route({
        method,
        url: `${path}/:id`,
        schema: { tags: ['uploads'], params: z.object({ id: z.string() }) },
        handler: async (request, reply) => {
          const { id } = request.params as { id: string }
          return byTus(request, reply, await uploadFor(request, id, action), null)
        },
      })
    }
  })
}

function proofHeaders({ headers }: FastifyRequest): Parameters<typeof parseProof>[0] {
  const text = (name: string): string | undefined => {
    const value = headers[name]
    return typeof value === 'string' ? value : undefined
  }
  return { checksum: text('upload-checksum'), digest: text('repr-digest') }
}

/** What @tus/server itself refuses comes as a status with words. */
const codesOfTus: Record<number, string> = {
  400: 'bad-request',
  403: 'bad-request',
  404: 'not-found',
  409: 'offset-conflict',
  410: 'gone',
  412: 'bad-request',
  413: 'file-too-large',
}

function refusalOf(error: Error | { status_code: number; body: string }): Refusal {
  if (error instanceof Error) return toRefusal(error)
  if (error === ERRORS.ABORTED) return toRefusal(new UploadError('superseded', 'a later request writes this upload'))
  const { status_code: status, body } = error
  return { status, code: codesOfTus[status] ?? 'bad-request', message: body.trim() }
}
