// Whole files that are being uploaded: UPLOAD.md from the receiver's side, without HTTP.
//
//   created ── chunks, each durable before its offset is told ──> all bytes here ── digest, index ──> published
//      │                                                              └── no media, other bytes ──> removed, with the reason
//      └── deleted, or nobody sent for `uploadExpiryMs` ──> removed
import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { UploadView } from '@rushes/protocol'
import type { Kysely } from 'kysely'
import { newSecretToken } from '../access/secret-token.ts'
import type { Body } from '../body/body.ts'
import { BodyError } from '../body/body-error.ts'
import { type BodyFolder, bodyPath } from '../body/folder.ts'
import type { RecordingId, UserId } from '../catalog/identifiers.ts'
import type { Schema } from '../catalog/schema.ts'
import { createShare } from '../catalog/shares.ts'
import {
  createUpload,
  getUpload,
  listExpiredUploads,
  listUploads,
  type StoredUpload,
  touchUpload,
} from '../catalog/uploads.ts'
import type { Archives } from '../publish/archives.ts'
import { openReceiveBudget, type ReceiveLimits } from '../receive/limits.ts'
import type { Receiver, ReceiverLog } from '../receive/receiver.ts'
import { type ChunkProof, noProof, openChecksum } from './chunk-proof.ts'
import { UploadError } from './upload-error.ts'
import { readMetadata } from './upload-metadata.ts'
import { UploadWriter } from './upload-writer.ts'

export type UploadFacts = {
  id: RecordingId
  size: number
  /** Durable bytes. */
  offset: number
  metadata: Record<string, string | null>
  /** When something came last. */
  touchedAt: Date
}

export interface Uploads {
  /** M1–M4. @throws UploadError, BodyError `storage-full` */
  create(id: RecordingId, ownerId: UserId, size: number, metadata: Record<string, string | null>): Promise<void>
  /** What is here of an upload, complete or not; undefined: there is none. @throws UploadError, BodyError */
  find(id: RecordingId): Promise<UploadFacts | undefined>
  /**
   * Appends what one request brings, as much of it as comes, and publishes the file with its last byte; resolves to the
   * durable offset.
   *
   * @throws UploadError, BodyError
   */
  receive(id: RecordingId, offset: number, bytes: AsyncIterable<Uint8Array>, proof: ChunkProof): Promise<number>
  remove(id: RecordingId): Promise<void>
  /** Those of an account that are not complete, and those that were completed a short while ago. */
  list(ownerId: UserId): Promise<UploadView[]>
  close(): Promise<void>
}

export type UploadsOptions = {
  db: Kysely<Schema>
  folder: BodyFolder
  receiver: Receiver
  archives: Archives
  limits: ReceiveLimits
  log: ReceiverLog
}

/** Whoever sent an archive waits so long for what is in it; checking a large one goes on behind. */
const restoreWaitMs = 5000
const sweepMs = 10 * 60_000
/** A sender that ended before it heard that its file is complete finds it for so long. */
const listedMs = 3600_000
/** How often it is written down that an upload is alive. */
const touchMs = 60_000

export function openUploads(options: UploadsOptions): Uploads {
  const { db, folder, receiver, archives, limits, log } = options
  const writers = new Map<RecordingId, { writer: Promise<UploadWriter>; idle: NodeJS.Timeout }>()
  const touched = new Map<RecordingId, number>()
  const budget = openReceiveBudget(limits)

  /** The lease of an upload, taken once and kept while requests come. */
  async function writerOf(id: RecordingId): Promise<UploadWriter> {
    const known = writers.get(id)
    if (known !== undefined) {
      const writer = await known.writer
      if (!writer.isLost) {
        known.idle.refresh()
        return writer
      }
      if (writers.get(id) === known) forget(id)
      return writerOf(id)
    }
    const writer = new UploadWriter(budget)
    const opening = writer.open((holder) => receiver.hold(id, holder)).then(() => writer)
    const idle = setTimeout(() => forget(id), limits.quietMs)
    idle.unref()
    writers.set(id, { writer: opening, idle })
    opening.catch(() => forget(id))
    return opening
  }

  function forget(id: RecordingId): void {
    const known = writers.get(id)
    if (known === undefined) return
    clearTimeout(known.idle)
    writers.delete(id)
    known.writer.then(
      (writer) => writer.release(),
      () => {},
    )
  }

  async function discard(id: RecordingId): Promise<void> {
    forget(id)
    touched.delete(id)
    await receiver.discard(id)
  }

  /** A process that ended between the last byte and the commit left an upload that only has to be published. */
  async function completed({ recording, upload }: StoredUpload, proof: ChunkProof): Promise<number> {
    const { id, state, size } = recording
    if (state === 'published') return size!
    const writer = await writerOf(id)
    const body = await writer.settled()
    if (body.durable.size === upload.size) await complete(id, writer, body, proof)
    return body.durable.size
  }

  async function complete(id: RecordingId, writer: UploadWriter, body: Body, proof: ChunkProof): Promise<void> {
    const digest = `sha256:${body.sha256()}`
    if (proof.digest !== null && proof.digest !== digest) {
      await discard(id)
      throw new UploadError('digest-mismatch', 'the bytes that came are not those of the file: it changed meanwhile')
    }
    await refuseForeign(id, body)
    body.index.finish()
    const plays = body.index.tracks.some((track) => body.index.sampleCount(track.id) > 0)
    if (!plays && !(await archives.holdsItems(id))) {
      const reason = body.index.damage?.message ?? body.index.cutShort ?? 'it lists no pictures and no sound'
      await discard(id)
      throw new UploadError('nothing-playable', `nothing in this file can be played: ${reason}`)
    }
    await archives.expect(id)
    await writer.publish('uploaded')
    forget(id)
    touched.delete(id)
    await Promise.race([archives.restore(id), sleep(restoreWaitMs, undefined, { ref: false })])
  }

  /** @throws UploadError `not-media` */
  async function refuseForeign(id: RecordingId, { index: { damage } }: Body): Promise<void> {
    if (damage?.code !== 'not-media') return
    await discard(id)
    throw new UploadError('not-media', damage.message)
  }

  function keepAlive(id: RecordingId): void {
    const now = performance.now()
    if (now - (touched.get(id) ?? Number.NEGATIVE_INFINITY) < touchMs) return
    touched.set(id, now)
    touchUpload(db, id).catch((error: unknown) => log.warn({ id, error }, 'an upload could not be marked as alive'))
  }

  /** Stores what one request brings; of a chunk with a checksum all or, where that does not agree, nothing. */
  async function append(
    writer: UploadWriter,
    stored: StoredUpload,
    offset: number,
    bytes: AsyncIterable<Uint8Array>,
    proof: ChunkProof,
  ): Promise<void> {
    const { id } = stored.recording
    const turn = await writer.takeTurn()
    const { body } = writer
    await refuseForeign(id, body)
    if (body.durable.size !== offset) {
      throw new UploadError('offset-conflict', `the upload goes on at ${body.durable.size}, not at ${offset}`)
    }
    const checksum = proof.checksum === null ? null : openChecksum(proof.checksum)
    if (checksum !== null) body.hold()
    try {
      for await (const part of bytes) {
        if (receiver.storageIsFull) throw new BodyError('storage-full', 'the disk of the server is full')
        if (body.received.size + part.length > stored.upload.size) {
          throw new UploadError('offset-conflict', 'more bytes than the file has')
        }
        checksum?.update(part)
        await writer.append(part, turn)
        keepAlive(id)
        if (checksum === null) await refuseForeign(id, body)
      }
      await writer.synced()
      if (checksum !== null && !checksum.matches()) {
        await body.retract()
        throw new UploadError('checksum-mismatch', 'the chunk came otherwise than it was sent')
      }
    } finally {
      // What came before a request was cut is kept: the whole file has its digest.
      if (writer.isTurn(turn)) body.prove()
    }
  }

  async function sweep(): Promise<void> {
    for (const id of await listExpiredUploads(db, limits.uploadExpiryMs)) {
      log.info({ id }, 'an upload that nobody went on with is removed')
      await discard(id)
    }
  }
  const sweepNow = (): void =>
    void sweep().catch((error: unknown) => log.warn({ error }, 'expired uploads could not be removed yet'))
  const sweeping = setInterval(sweepNow, Math.min(sweepMs, limits.uploadExpiryMs))
  sweeping.unref()
  sweepNow()

  return {
    async create(id, ownerId, size, metadata) {
      if (size === 0) throw new UploadError('empty-file', 'the file is empty')
      if (size > limits.maxRecordingBytes) {
        throw new UploadError('file-too-large', `files have at most ${limits.maxRecordingBytes} bytes here`)
      }
      const { filename, fingerprint, front } = readMetadata(metadata, size)
      if (receiver.storageIsFull || size > receiver.freeBytes) {
        throw new BodyError('storage-full', 'the disk of the server has no room for this file')
      }
      const open = await listUploads(db, ownerId, { limit: limits.maxOpenUploads, completedMs: 0 })
      if (open.length >= limits.maxOpenUploads) {
        throw new UploadError('too-many-uploads', 'too many uploads of this account are not complete')
      }
      const { hash } = newSecretToken('sender') // nobody has it: no socket sends an upload
      const title = filename.trim() || 'Upload'
      await createUpload(db, {
        id,
        ownerId,
        title,
        tokenHash: hash,
        size,
        front,
        fingerprint,
        metadata,
      })
      await createShare(db, { recordingId: id, createdBy: ownerId })
    },

    async find(id) {
      const stored = await getUpload(db, id)
      if (stored === undefined || stored.recording.state === 'discarded') return undefined
      const offset = await completed(stored, noProof)
      const { size, metadata, touched_at: touchedAt } = stored.upload
      return { id, size, offset, metadata, touchedAt }
    },

    async receive(id, offset, bytes, proof) {
      const stored = await getUpload(db, id)
      if (stored?.recording.state !== 'receiving') throw new UploadError('gone', 'this upload is complete or deleted')
      const writer = await writerOf(id)
      try {
        await append(writer, stored, offset, bytes, proof)
      } catch (error) {
        if (!writer.isLost) await writer.settled()
        throw error
      }
      const { size } = writer.body.durable
      // The first bytes tell what the file is; further on, index and digest follow behind.
      if (offset > 0 && size < stored.upload.size) return size
      const body = await writer.settled()
      await refuseForeign(id, body)
      if (size === stored.upload.size) await complete(id, writer, body, proof)
      return size
    },

    remove: discard,

    async list(ownerId) {
      const open = await listUploads(db, ownerId, { limit: limits.maxOpenUploads, completedMs: listedMs })
      return await Promise.all(
        open.map(async ({ recording, upload }) => ({
          id: recording.id,
          title: recording.title,
          isComplete: recording.state === 'published',
          size: upload.size,
          received:
            recording.size ?? receiver.live(recording.id)?.bytes ?? (await storedBytes(bodyPath(folder, recording.id))),
          fingerprint: upload.fingerprint,
          createdAt: recording.created_at.toISOString(),
          expiresAt: new Date(upload.touched_at.getTime() + limits.uploadExpiryMs).toISOString(),
        })),
      )
    },

    async close() {
      clearInterval(sweeping)
      for (const id of [...writers.keys()]) forget(id)
    },
  }
}

async function storedBytes(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
