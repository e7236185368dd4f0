import {
  createdRecording,
  createRecordingRequest,
  publishRequest,
  recordingList,
  recordingView,
  renameRecordingRequest,
  shareRequest,
  shareView,
} from '@rushes/protocol'
import { anonymous, owner } from '@rushes/umf'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { RecordingAction } from '../access/policy.ts'
import { newSecretToken } from '../access/secret-token.ts'
import { newRecordingId, parseRecordingId, parseShareId, type RecordingId } from '../catalog/identifiers.ts'
import { createRecording, getRecording, listRecordings, renameRecording } from '../catalog/recordings.ts'
import type { Recording } from '../catalog/schema.ts'
import { createShare, revokeShare } from '../catalog/shares.ts'
import type { App } from './front.ts'
import { HttpError, notFound } from './http-error.ts'
import { requestOrigin } from './origin.ts'
import { resourceRoutes } from './resource-routes.ts'
import type { Room } from './room.ts'
import { timelineRoutes } from './timeline-routes.ts'

const idParams = z.object({ id: z.string() })
/** Recordings on a page of the list. */
const pageLength = 50

export function recordingRoutes(app: App, room: Room): void {
  const { db, receiver } = room

  /** The recording of a request, if its caller may do `action` with it; all refusals look like a missing one. */
  async function recordingFor(request: FastifyRequest, id: string, action: RecordingAction): Promise<Recording> {
    const parsed = parseRecordingId(id)
    const caller = await room.caller(request, parsed)
    const recording = parsed === undefined ? undefined : await getRecording(db, parsed)
    if (recording === undefined) {
      room.authorize(caller, action, null)
      throw notFound()
    }
    room.authorize(caller, action, {
      kind: 'recording',
      id: recording.id,
      ownerId: recording.owner_id,
      state: recording.state,
    })
    return recording
  }

  app.post(
    '/api/v1/recordings',
    { schema: { tags: ['recordings'], body: createRecordingRequest, response: { 201: createdRecording } } },
    async (request, reply) => {
      const caller = await room.caller(request)
      const ownerId = room.authorizeUser(caller, 'recording.create')
      const { token, hash } = newSecretToken('sender')
      const id = newRecordingId()
      const { title, contentType } = request.body
      await createRecording(db, {
        id,
        ownerId,
        title: title?.trim() || `Recording of ${new Date().toISOString().slice(0, 16).replace('T', ' ')}`,
        contentType: contentType ?? '',
        tokenHash: hash,
      })
      // The link is there from the start: it shows the recording while it runs, and the file when it ends.
      await createShare(db, { recordingId: id, createdBy: ownerId })
      const origin = requestOrigin(request.raw, room.publicUrl)
      const ingestUrl = `${origin.replace(/^http/, 'ws')}/api/v1/recordings/${id}/ingest`
      return reply.code(201).send({ id, ingestUrl, token })
    },
  )

  app.get(
    '/api/v1/recordings',
    {
      schema: {
        tags: ['recordings'],
        querystring: z.object({ after: z.string().optional() }),
        response: { 200: recordingList },
      },
    },
    async (request) => {
      const ownerId = room.authorizeUser(await room.caller(request), 'recording.list')
      const before = request.query.after === undefined ? null : (parseRecordingId(request.query.after) ?? null)
      const page = await listRecordings(db, ownerId, { limit: pageLength, before })
      const origin = requestOrigin(request.raw, room.publicUrl)
      const recordings = await Promise.all(page.recordings.map((recording) => room.describeListed(recording, origin)))
      return { recordings, next: page.next }
    },
  )

  app.get(
    '/api/v1/recordings/:id',
    { schema: { tags: ['recordings'], params: idParams, response: { 200: recordingView } } },
    async (request) => {
      const recording = await recordingFor(request, request.params.id, 'recording.read')
      return room.describe(recording, requestOrigin(request.raw, room.publicUrl))
    },
  )

  app.patch(
    '/api/v1/recordings/:id',
    {
      schema: {
        tags: ['recordings'],
        params: idParams,
        body: renameRecordingRequest,
        response: { 200: recordingView },
      },
    },
    async (request) => {
      const { id } = await recordingFor(request, request.params.id, 'recording.rename')
      await renameRecording(db, id, request.body.title)
      return describeAgain(request, id)
    },
  )

  app.delete(
    '/api/v1/recordings/:id',
    { schema: { tags: ['recordings'], params: idParams } },
    async (request, reply) => {
      const { id } = await recordingFor(request, request.params.id, 'recording.delete')
      await receiver.discard(id)
      return reply.code(204).send()
    },
  )

  app.post(
    '/api/v1/recordings/:id/publish',
    {
      schema: {
        tags: ['recordings'],
        params: idParams,
        body: publishRequest,
        response: { 200: recordingView },
      },
    },
    async (request) => {
      const recording = await recordingFor(request, request.params.id, 'recording.publish')
      if (request.body?.from === 'processed') {
        throw new HttpError(409, 'not-processed', 'there is no processed form of this recording; publish it from raw')
      }
      if (recording.state === 'receiving') await receiver.seal(recording.id)
      if (request.body?.share === true && (await room.activeShare(recording.id)) === null) {
        await createShare(db, { recordingId: recording.id, createdBy: recording.owner_id })
      }
      return describeAgain(request, recording.id)
    },
  )

  app.post(
    '/api/v1/recordings/:id/shares',
    { schema: { tags: ['shares'], params: idParams, body: z.nullish(shareRequest), response: { 201: shareView } } },
    async (request, reply) => {
      const recording = await recordingFor(request, request.params.id, 'recording.share')
      const { level = anonymous.level, attributes = anonymous.attributes } = request.body ?? {}
      const grant = { level, attributes }
      const share = await createShare(db, { recordingId: recording.id, createdBy: recording.owner_id, grant })
      const url = `${requestOrigin(request.raw, room.publicUrl)}/r/${share.id}`
      return reply.code(201).send({ id: share.id, url, createdAt: share.created_at.toISOString() })
    },
  )

  app.delete(
    '/api/v1/recordings/:id/shares/:share',
    { schema: { tags: ['shares'], params: z.object({ id: z.string(), share: z.string() }) } },
    async (request, reply) => {
      const { id } = await recordingFor(request, request.params.id, 'recording.share')
      const share = parseShareId(request.params.share)
      if (share === undefined || !(await revokeShare(db, id, share))) throw notFound()
      return reply.code(204).send()
    },
  )

  for (const file of ['file.mp4', 'file.webm'] as const) {
    app.route({
      method: ['GET', 'HEAD'],
      url: `/api/v1/recordings/:id/${file}`,
      schema: { tags: ['files'], params: idParams },
      handler: async (request, reply) => {
        const recording = await recordingFor(request, request.params.id, 'recording.read')
        return room.sendFile(request, reply, recording, file)
      },
    })
  }

  app.route({
    method: ['GET', 'HEAD'],
    url: '/api/v1/recordings/:id/file.umf',
    schema: { tags: ['files'], params: idParams },
    handler: async (request, reply) => {
      const recording = await recordingFor(request, request.params.id, 'recording.read')
      return room.sendArchive(request, reply, recording, owner)
    },
  })

  const place = { path: '/api/v1/recordings/:id', tag: 'recordings' }
  const find = (request: FastifyRequest) => recordingFor(request, idParams.parse(request.params).id, 'recording.read')
  timelineRoutes(app, room, { ...place, find })
  resourceRoutes(app, room, {
    ...place,
    find: async (request) => ({ recording: await find(request), caller: owner }),
    findToRemove: (request) => recordingFor(request, idParams.parse(request.params).id, 'recording.delete'),
  })

  app.route({
    method: ['GET', 'HEAD'],
    url: '/api/v1/recordings/:id/original',
    schema: { tags: ['files'], params: idParams },
    handler: async (request, reply) => {
      const recording = await recordingFor(request, request.params.id, 'recording.verify')
      return room.sendOriginal(request, reply, recording)
    },
  })

  async function describeAgain(request: FastifyRequest, id: RecordingId) {
    const recording = await getRecording(db, id)
    if (recording === undefined) throw notFound()
    return room.describe(recording, requestOrigin(request.raw, room.publicUrl))
  }
}
