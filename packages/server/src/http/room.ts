import type { IncomingMessage, ServerResponse } from 'node:http'
import { fileOrder, makeLayout } from '@rushes/media'
import type { ArchiveStanding, RecordingView } from '@rushes/protocol'
import { anonymous, type Caller as ContentCaller, owner } from '@rushes/umf'
import type { FastifyInstance, FastifyReply, FastifyRequest, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Kysely } from 'kysely'
import { callerOf } from '../access/caller.ts'
import { type Action, type Caller, decide, type RecordingAction, type ResourceOf } from '../access/policy.ts'
import { type BodyFolder, bodyPath } from '../body/folder.ts'
import { deliveryContentType } from '../catalog/deliveries.ts'
import { parseRecordingId, type RecordingId, type UserId } from '../catalog/identifiers.ts'
import { getRecording } from '../catalog/recordings.ts'
import type { Recording, Schema } from '../catalog/schema.ts'
import { openShare } from '../catalog/shares.ts'
import { frontOf } from '../catalog/uploads.ts'
import type { Conversions } from '../convert/conversions.ts'
import type { Deliveries } from '../deliver/deliveries.ts'
import type { Delivery } from '../deliver/delivery.ts'
import { deliveryView } from '../deliver/presentation.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { LiveRoom } from '../live/live-room.ts'
import type { WebhookQueue } from '../notify/webhook-queue.ts'
import type { Archives } from '../publish/archives.ts'
import type { Publisher } from '../publish/publisher.ts'
import { recordingView } from '../publish/recording-view.ts'
import type { Receiver } from '../receive/receiver.ts'
import type { Uploads } from '../upload/uploads.ts'
import { replyWithFile } from './file-reply.ts'
import { HttpError, notFound } from './http-error.ts'
import { sessionToken } from './session-cookie.ts'

export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, AppLog, ZodTypeProvider>
type AppLog = FastifyInstance['log']

export type RoomOptions = {
  db: Kysely<Schema>
  folder: BodyFolder
  receiver: Receiver
  publisher: Publisher
  archives: Archives
  conversions: Conversions
  /** Hosts that pointers may lead to although they are not public. */
  pointerHosts: ReadonlySet<string>
  deliveries: Deliveries
  uploads: Uploads
  fleet: Fleet
  live: LiveRoom
  webhooks: WebhookQueue
  log: { info(details: object, message: string): void }
  publicUrl: string | null
}

/** What every route stands on: who asks, whether they may, and how a recording is shown and sent. */
export interface Room extends RoomOptions {
  caller(request: FastifyRequest, recordingId?: RecordingId): Promise<Caller>
  /** @throws HttpError 401, 403, or 404, which also stands for "not yours" */
  authorize<A extends Action>(caller: Caller, action: A, resource: ResourceOf<A> | null): void
  /** As authorize on the server itself, for those who have an account; answers whose. */
  authorizeUser(
    caller: Caller,
    action: Action &
      (
        | 'recording.create'
        | 'recording.list'
        | 'key.create'
        | 'key.list'
        | `encoder.${'introduce' | 'list' | 'alerts'}`
      ),
  ): UserId
  /** The delivery of a request, if its caller may do `action` with it. @throws HttpError 401, 403, 404 */
  delivery(request: FastifyRequest, id: string, action: RecordingAction): Promise<Delivery>
  activeShare(id: RecordingId): Promise<string | null>
  /** As describe, of the recording as it is now; undefined when there is none. */
  describeNow(id: RecordingId, origin: string): Promise<RecordingView | undefined>
  /** `shareId`: the link through which it is seen; left out, the recording's first one. */
  describe(recording: Recording, origin: string, shareId?: string): Promise<RecordingView>
  /** As describe, without what costs reading a whole manifest. */
  describeListed(recording: Recording, origin: string): Promise<RecordingView>
  sendFile(
    request: FastifyRequest,
    reply: FastifyReply,
    recording: Recording,
    name: 'file.mp4' | 'file.webm',
  ): Promise<FastifyReply>
  /** The recording with all that belongs to it, as far as its reader may know it. */
  sendArchive(
    request: FastifyRequest,
    reply: FastifyReply,
    recording: Recording,
    caller: ContentCaller,
  ): Promise<FastifyReply>
  /** The bytes as they were sent, in the order of their file: what `sha256` is of. */
  sendOriginal(request: FastifyRequest, reply: FastifyReply, recording: Recording): FastifyReply
}

export function openRoom(options: RoomOptions): Room {
  const { db, folder, receiver, publisher, archives } = options

  function authorize<A extends Action>(caller: Caller, action: A, resource: ResourceOf<A> | null): void {
    const decision = decide(caller, action, resource)
    if (decision === 'allow') return
    if (decision === 'unauthenticated') throw new HttpError(401, 'unauthenticated', 'sign in, or send an API key')
    if (decision === 'forbidden') throw new HttpError(403, 'forbidden', 'this key or account may not do that')
    throw notFound()
  }

  async function activeShare(id: RecordingId): Promise<string | null> {
    return (await openShare(db, id))?.id ?? null
  }

  function show(
    recording: Recording,
    share: string | null,
    origin: string,
    delivery: Delivery | undefined,
    archive?: ArchiveStanding,
  ): RecordingView {
    const live = recording.state === 'receiving' ? receiver.live(recording.id) : null
    const streamUrl = share === null ? null : `${origin}/r/${share}/stream`
    const arriving = delivery === undefined ? null : deliveryView(delivery, streamUrl)
    return recordingView(recording, share, origin, live, arriving, archive)
  }

  async function deliveryOf({ id, content_type: contentType }: Recording): Promise<Delivery | undefined> {
    return contentType === deliveryContentType ? options.deliveries.get(id) : undefined
  }

  const callerFor: Room['caller'] = (request, recordingId) =>
    callerOf(db, { authorization: request.headers.authorization, sessionToken: sessionToken(request), recordingId })

  return {
    ...options,
    authorize,
    activeShare,
    caller: callerFor,

    authorizeUser(caller, action) {
      authorize(caller, action, { kind: 'server' })
      if (caller.kind !== 'user') throw new HttpError(403, 'forbidden', 'this needs an account')
      return caller.userId
    },

    async delivery(request, id, action) {
      const parsed = parseRecordingId(id)
      const caller = await callerFor(request, parsed)
      const recording = parsed === undefined ? undefined : await getRecording(db, parsed)
      if (recording === undefined) {
        authorize(caller, action, null)
        throw notFound()
      }
      const { owner_id: ownerId, state } = recording
      authorize(caller, action, { kind: 'recording', id: recording.id, ownerId, state })
      const delivery = await options.deliveries.get(recording.id)
      if (delivery === undefined) throw notFound()
      return delivery
    },

    async describe(recording, origin, shareId) {
      const archive = await archives.standing(recording, shareId === undefined ? owner : anonymous)
      const share = shareId ?? (await activeShare(recording.id))
      return show(recording, share, origin, await deliveryOf(recording), archive)
    },

    async describeListed(recording, origin) {
      const delivery = recording.state === 'receiving' ? await deliveryOf(recording) : undefined
      return show(recording, await activeShare(recording.id), origin, delivery)
    },

    async describeNow(id, origin) {
      // Asked for at the end of a recording, where somebody waits: both at once.
      const [recording, share] = await Promise.all([getRecording(db, id), activeShare(id)])
      return recording === undefined ? undefined : show(recording, share, origin, undefined)
    },

    sendOriginal(request, reply, recording) {
      const { size, crc } = publishedBody(recording)
      const ranges = fileOrder(frontOf(recording), size)
      const layout = makeLayout(
        'application/octet-stream',
        ranges.map((range) => ({ kind: 'body', ...range })),
      )
      return replyWithFile(request, reply, {
        layout,
        path: bodyPath(folder, recording.id),
        body: { size, crc },
        name: recording.title,
        publishedAt: recording.published_at ?? recording.created_at,
        isDownload: true,
      })
    },

    async sendArchive(request, reply, recording, caller) {
      const body = publishedBody(recording)
      const { layout, parts, root } = await archives.file(recording, caller)
      return replyWithFile(request, reply, {
        layout,
        path: parts,
        body,
        name: `${recording.title}.umf`,
        publishedAt: null,
        version: root,
      })
    },

    async sendFile(request, reply, recording, name) {
      const { size, crc } = publishedBody(recording)
      const views = await publisher.views(recording)
      const view = name === 'file.mp4' ? views.mp4 : views.webm
      if (view.state !== 'ready') throw new HttpError(404, view.state, view.reason)
      return replyWithFile(request, reply, {
        layout: view.layout,
        path: bodyPath(folder, recording.id),
        body: { size, crc },
        name: `${recording.title}${name.slice('file'.length)}`,
        publishedAt: recording.published_at ?? recording.created_at,
      })
    },
  }
}

/** @throws HttpError `still-receiving` */
export function publishedBody({ state, size, crc32: crc }: Recording): { size: number; crc: number } {
  if (state !== 'published' || size === null || crc === null) {
    throw new HttpError(409, 'still-receiving', 'this recording is still being recorded')
  }
  return { size, crc }
}
