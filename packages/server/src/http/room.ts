import { fileOrder, makeLayout } from '@rushes/media'
import type { ArchiveStanding, RecordingView } from '@rushes/protocol'
import { anonymous, type Caller as ContentCaller, owner } from '@rushes/umf'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RecordingAction } from '../access/policy.ts'
import type { Pointers } from '../archive/pointed-content.ts'
import { type BodyFolder, bodyPath } from '../body/folder.ts'
import { deliveryContentType } from '../catalog/deliveries.ts'
import { parseRecordingId, type RecordingId } from '../catalog/identifiers.ts'
import { getRecording } from '../catalog/recordings.ts'
import type { Recording } from '../catalog/schema.ts'
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
import type { Front } from './front.ts'
import { HttpError, notFound } from './http-error.ts'

export type RoomOptions = {
  front: Front
  folder: BodyFolder
  receiver: Receiver
  publisher: Publisher
  archives: Archives
  conversions: Conversions
  pointers: Pointers
  deliveries: Deliveries
  uploads: Uploads
  fleet: Fleet
  live: LiveRoom
  webhooks: WebhookQueue
  log: { info(details: object, message: string): void }
}

/** What the routes of recordings stand on besides: how a recording is shown and sent. */
export interface Room extends Front, Omit<RoomOptions, 'front'> {
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
  const { front, folder, receiver, publisher, archives } = options
  const { db, authorize } = front

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

  return {
    ...options,
    ...front,
    activeShare,

    async delivery(request, id, action) {
      const parsed = parseRecordingId(id)
      const caller = await front.caller(request, parsed)
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
