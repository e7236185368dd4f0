// All recordings that are being received by this process, and the connections that send them.
import type { EndReason, RecordingView } from '@rushes/protocol'
import type { Kysely } from 'kysely'
import type { WebSocket } from 'ws'
import { hashSecretToken } from '../access/secret-token.ts'
import type { Body } from '../body/body.ts'
import { type BodyFolder, freeBytes } from '../body/folder.ts'
import { CatalogError } from '../catalog/catalog-error.ts'
import { deliveryContentType } from '../catalog/deliveries.ts'
import type { RecordingId } from '../catalog/identifiers.ts'
import { eventExtent, storeEvents } from '../catalog/recording-events.ts'
import { advanceEpoch, deleteRecording, getRecording, listOpenRecordings } from '../catalog/recordings.ts'
import type { Recording, Schema } from '../catalog/schema.ts'
import { frontOf, uploadContentType } from '../catalog/uploads.ts'
import type { Publisher } from '../publish/publisher.ts'
import type { LiveFacts } from '../publish/recording-view.ts'
import { summarize } from '../publish/summary.ts'
import { type IngestSession, openIngestSession } from './ingest-session.ts'
import { openReceiveBudget, type ReceiveLimits } from './limits.ts'
import {
  type BodyFollower,
  type FollowedBody,
  type Holder,
  type OpenRecording,
  openRecording,
} from './open-recording.ts'
import { sweepDeleted } from './sweeper.ts'

export type ReceiverLog = {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

export type ReceiverOptions = {
  db: Kysely<Schema>
  folder: BodyFolder
  publisher: Publisher
  limits: ReceiveLimits
  log: ReceiverLog
}

/** A recording whose bytes come from this process itself. */
export type Held = {
  readonly body: Body
  /** Goes back to `size`, where the chain is `crc`. @throws BodyError */
  rewind(size: number, crc: number): Promise<Body>
  /** Publishes what the body has; false when the lease is another's by now. */
  publish(endReason?: EndReason): Promise<boolean>
  release(): void
}

export interface Receiver {
  readonly connections: number
  /** Whether bytes of a recording have come in the last seconds. */
  readonly isReceiving: boolean
  /** There is less room than senders are let use. */
  readonly storageIsFull: boolean
  /** What senders may still fill. */
  readonly freeBytes: number
  /** Takes the lease of a recording that comes as a delivery or an upload. Undefined: there is none that is being received. @throws BodyError */
  hold(id: RecordingId, holder: Holder): Promise<Held | undefined>
  /** Takes over a socket that was upgraded for recording `id`; `view` describes it to this sender. */
  accept(socket: WebSocket, id: RecordingId, view: () => Promise<RecordingView | undefined>): void
  /** Publishes a recording as far as it came. */
  seal(id: RecordingId): Promise<void>
  /** Deletes a recording, with whoever sends it. False when there is none. */
  discard(id: RecordingId): Promise<boolean>
  /** Lets somebody read a recording's body while it grows; null when it is not being received. @throws BodyError */
  follow(id: RecordingId, follower: BodyFollower): Promise<FollowedBody | null>
  /** What is known of a recording while it is received; null when this process has nothing of it in memory. */
  live(id: RecordingId): LiveFacts | null
  close(): Promise<void>
}

/** Senders pause for a moment, too: a page that goes to the background. */
const recentMs = 10_000

/** Takes up every recording that was open when the last process ended, and listens for their senders. */
export async function openReceiver(options: ReceiverOptions): Promise<Receiver> {
  const { db, folder, publisher, limits, log } = options
  const recordings = new Map<RecordingId, OpenRecording>()
  const sessions = new Set<IngestSession>()
  const budget = openReceiveBudget(limits)
  let free = await freeBytes(folder)
  let closing = false

  function use(row: Recording): OpenRecording {
    const { id, epoch } = row
    const known = recordings.get(id)
    if (known !== undefined) return known
    const opened = openRecording({ id, epoch, front: frontOf(row), folder, limits, onQuiet: whenQuiet(row) })
    recordings.set(id, opened)
    return opened
  }

  function whenQuiet({ content_type: contentType }: Recording): ((recording: OpenRecording) => void) | null {
    // A delivery waits for its encoder as long as its network is away, an upload for whoever has the file.
    if (contentType === deliveryContentType) return null
    return contentType === uploadContentType ? letGo : onQuiet
  }

  /** Closes the file of a recording that goes on some other day. */
  function letGo(recording: OpenRecording): void {
    if (closing || recording.body === null) return
    recordings.delete(recording.id)
    void recording.close('stale-epoch')
  }

  function onQuiet(recording: OpenRecording): void {
    if (closing) return
    endQuiet(recording).catch((error: unknown) => {
      log.error({ id: recording.id, error }, 'a quiet recording could not be published; trying again')
    })
  }

  /** Q1: published as far as it came; C3: one without a byte is removed. */
  async function endQuiet(recording: OpenRecording): Promise<void> {
    let empty = false
    const sealed = await recording.seal(async (body, epoch) => {
      if (body.size === 0) {
        empty = true
        await deleteRecording(db, recording.id)
      } else await publisher.publish(recording.id, epoch, body, 'quiet')
    }, null)
    if (!sealed) return
    recordings.delete(recording.id)
    if (empty) sweep()
    log.info({ id: recording.id, empty }, 'a recording that nobody sent any more has ended')
  }

  async function publish(
    recording: OpenRecording,
    holder?: Holder,
    endReason: EndReason = 'stopped',
  ): Promise<boolean> {
    const sealed = await recording.seal(
      (body, epoch) => publisher.publish(recording.id, epoch, body, endReason),
      holder,
    )
    if (sealed) recordings.delete(recording.id)
    return sealed
  }

  let sweeping = Promise.resolve()
  /** Behind everything else; what fails now is found again at the next start. */
  function sweep(): void {
    sweeping = sweeping
      // Headers that are being written behind would be put into a folder that goes away.
      .then(() => publisher.idle())
      .then(() => (closing ? 0 : sweepDeleted(db, folder)))
      .then(
        () => {},
        (error: unknown) => log.warn({ error }, 'deleted recordings could not be removed yet'),
      )
  }

  for (const row of await listOpenRecordings(db)) use(row)
  sweep()

  const everySecond = setInterval(() => {
    const now = performance.now()
    for (const session of sessions) session.tick(now)
    freeBytes(folder).then(
      (bytes) => {
        free = bytes
      },
      (error: unknown) => log.warn({ error }, 'the free space of the data folder is not known'),
    )
  }, 1000)
  everySecond.unref()

  return {
    get connections() {
      return sessions.size
    },

    get isReceiving() {
      return [...recordings.values()].some(({ held, silentMs }) => held && silentMs < recentMs)
    },

    get storageIsFull() {
      return free < limits.reserveBytes
    },

    get freeBytes() {
      return Math.max(0, free - limits.reserveBytes)
    },

    async hold(id, holder) {
      const row = await getRecording(db, id)
      if (row?.state !== 'receiving' || closing) return undefined
      const recording = use(row)
      const { body } = await recording.take(holder, () => advanceEpoch(db, id))
      return {
        body,
        rewind: (size, crc) => recording.rewind(holder, size, crc),
        publish: (endReason) => publish(recording, holder, endReason),
        release: () => recording.release(holder),
      }
    },

    accept(socket, id, view) {
      const session = openIngestSession({
        socket,
        limits,
        budget,
        log,
        hashToken: hashSecretToken,
        storageIsFull: () => free < limits.reserveBytes,
        async find() {
          const row = await getRecording(db, id)
          if (row === undefined || row.content_type === deliveryContentType || closing) return undefined
          if (row.state !== 'receiving') return { state: 'published', tokenHash: row.token_hash }
          const recording = use(row)
          return { state: 'receiving', tokenHash: row.token_hash, recording, advance: () => advanceEpoch(db, id) }
        },
        eventExtent: () => eventExtent(db, id),
        storeEvents: (epoch, first, events) => storeEvents(db, id, epoch, first, events),
        async publish(recording, holder) {
          await publish(recording, holder)
        },
        async publishedView() {
          const published = await view()
          if (published === undefined) throw new CatalogError('recording-not-found', { id })
          return published
        },
      })
      sessions.add(session)
      const ping = setInterval(() => socket.ping(), limits.pingMs)
      ping.unref()
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) session.binary(data)
        else session.text(data.toString('utf8'))
      })
      socket.on('pong', () => session.pong())
      socket.on('error', (error) => log.info({ id, error: error.message }, 'a sender broke the WebSocket protocol'))
      socket.on('close', () => {
        clearInterval(ping)
        sessions.delete(session)
        session.ended()
      })
    },

    async seal(id) {
      const row = await getRecording(db, id)
      if (row?.state !== 'receiving') return
      await publish(use(row), undefined, row.content_type === uploadContentType ? 'uploaded' : 'stopped')
    },

    async discard(id) {
      const deleted = await deleteRecording(db, id)
      await recordings.get(id)?.close('gone')
      recordings.delete(id)
      publisher.forget(id)
      sweep()
      return deleted
    },

    async follow(id, follower) {
      return (await recordings.get(id)?.follow(follower)) ?? null
    },

    live(id) {
      const recording = recordings.get(id)
      const body = recording?.body
      if (recording === undefined || body === null || body === undefined) return null
      const { held, silentMs } = recording
      return { summary: summarize(body.index), bytes: body.durable.size, isSent: held, silentMs }
    },

    async close() {
      closing = true
      clearInterval(everySecond)
      for (const session of [...sessions]) session.close('going-away')
      await Promise.all([...recordings.values()].map((recording) => recording.close('stale-epoch')))
      await Promise.all([publisher.idle(), sweeping])
    },
  }
}
