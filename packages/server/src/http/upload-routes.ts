import { uploadList } from '@rushes/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { RecordingAction } from '../access/policy.ts'
import { parseRecordingId, type RecordingId, type UserId } from '../catalog/identifiers.ts'
import { getRecording } from '../catalog/recordings.ts'
import { uploadContentType } from '../catalog/uploads.ts'
import type { ChunkProof } from '../upload/chunk-proof.ts'
import { TusStore } from '../upload/tus-store.ts'
import type { App } from './front.ts'
import { notFound } from './http-error.ts'
import type { Room } from './room.ts'
import { newTusLocker, replyByTus } from './tus-reply.ts'

export type UploadRouteOptions = { expiryMs: number; maxBytes: number; allowedOrigins: readonly string[] }

const path = '/api/v1/uploads'

/** UPLOAD.md from the receiver's side: tus 1.0.0 by @tus/server, with our policy in front and our store behind. */
export function uploadRoutes(app: App, room: Room, options: UploadRouteOptions): void {
  const { uploads, db } = room
  const locker = newTusLocker()

  function byTus(
    request: FastifyRequest,
    reply: FastifyReply,
    id: RecordingId | null,
    ownerId: UserId | null,
  ): Promise<FastifyReply> {
    const { expiryMs, maxBytes, allowedOrigins } = options
    const datastore = (proof: ChunkProof) => new TusStore(uploads, { ownerId, proof }, expiryMs)
    const { publicUrl } = room
    return replyByTus(request, reply, { path, publicUrl, maxBytes, allowedOrigins, datastore, id, locker })
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
