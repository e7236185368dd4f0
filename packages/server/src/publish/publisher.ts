import type { BodyIndex, View } from '@rushes/media'
import type { EndReason } from '@rushes/protocol'
import type { Kysely } from 'kysely'
import { type BodyFolder, bodyPath, recordingFolder } from '../body/folder.ts'
import { recoverPrefix } from '../body/recovery.ts'
import type { RecordingId } from '../catalog/identifiers.ts'
import { type Publication, publishRecording } from '../catalog/publication.ts'
import type { Recording, Schema } from '../catalog/schema.ts'
import { frontOf } from '../catalog/uploads.ts'
import { isArchiveBody, reservedHead } from './archive-head.ts'
import { summarize } from './summary.ts'
import { openViewCache, type Views } from './view-cache.ts'
import { readViewFile, shownAs, writeViewFile } from './view-file.ts'

/** A body that ended: all of it is on disk. */
export type SealedBody = {
  size: number
  crc: number
  sha256: string
  /** Of its first `size` bytes, which end where a sample does. */
  whole: { size: number; sha256: Buffer } | null
  index: BodyIndex
}

export interface Publisher {
  /**
   * Commits a sealed body as a published recording. No media is written: the headers are derived from the index when
   * somebody asks for a file, so this costs one statement, whatever the length.
   *
   * @throws CatalogError `stale-epoch` and its like
   */
  publish(id: RecordingId, epoch: number, body: SealedBody, endReason: EndReason): Promise<void>
  /** The files of a published recording. */
  views(recording: Recording): Promise<Views>
  forget(id: RecordingId): void
  /** Calls `listener` with each recording that was published, a moment after its first viewers. */
  listen(listener: (id: RecordingId) => void): void
  /** Settles when nothing is being written behind. */
  idle(): Promise<void>
}

export type PublisherOptions = {
  db: Kysely<Schema>
  folder: BodyFolder
  log: { warn(details: object, message: string): void }
}

/** What {@link BodyIndex.mp4View} shows of a body that is an MP4, where its digest was made while it came. */
function mediaDigest({ index, size, whole }: SealedBody, fromSamples: boolean): Publication['media'] {
  if (index.container !== 'mp4' || fromSamples || whole === null || whole.size === size) return null
  if (whole.size !== index.wholeBytes) return null
  return { shownAs: shownAs({ offset: 0, length: whole.size }), sha256: whole.sha256 }
}

const storeAfterMs = 2000

export function openPublisher({ db, folder, log }: PublisherOptions): Publisher {
  const cache = openViewCache()
  const building = new Map<string, Promise<Views>>()
  const behind = new Set<Promise<void>>()
  const later = new Map<string, NodeJS.Timeout>()
  const listeners: ((id: RecordingId) => void)[] = []

  /** The first viewers are served before the disk is. */
  function storeLater(id: RecordingId, body: { size: number; crc: number }, views: Views): void {
    const timer = setTimeout(() => {
      later.delete(id)
      storeBehind(id, body, views)
      for (const listener of listeners) listener(id)
    }, storeAfterMs)
    timer.unref()
    later.set(id, timer)
  }

  /** Keeps the headers on disk as well; nobody waits for it, since they follow from the body. */
  function storeBehind(id: string, body: { size: number; crc: number }, views: Views): void {
    const source = { size: body.size, crc: body.crc }
    const task = writeViewFile(recordingFolder(folder, id), source, views)
      .catch((error: unknown) => log.warn({ id, error }, 'could not keep the headers of a recording'))
      .finally(() => behind.delete(task))
    behind.add(task)
  }

  /** An archive that was uploaded: its head, and what it had for `moov`, are not shown with its picture. */
  async function tellsMore(id: string, { container }: BodyIndex, endReason: string | null): Promise<boolean> {
    return endReason === 'uploaded' && container === 'mp4' && (await isArchiveBody(bodyPath(folder, id)))
  }

  async function rebuild(recording: Recording): Promise<Views> {
    const { id, size, crc32: crc } = recording
    if (size === null || crc === null) throw new Error(`recording ${id} is not published`)
    const stored = await readViewFile(recordingFolder(folder, id), { size, crc })
    if (stored !== null) return stored
    const { index } = await recoverPrefix(bodyPath(folder, id), size, crc, frontOf(recording))
    index.finish()
    const fromSamples = await tellsMore(id, index, recording.end_reason)
    const views = { mp4: index.mp4View(reservedHead, fromSamples), webm: index.webmView() }
    storeBehind(id, { size, crc }, views)
    return views
  }

  return {
    async publish(id, epoch, body, endReason) {
      body.index.finish()
      const fromSamples = await tellsMore(id, body.index, endReason)
      const summary = summarize(body.index, endReason === 'uploaded')
      const committed = publishRecording(db, id, {
        epoch,
        size: body.size,
        crc32: body.crc,
        sha256: Buffer.from(body.sha256, 'hex'),
        endReason,
        durationMs: summary.durationMs,
        summary,
        media: mediaDigest(body, fromSamples),
      })
      // While Postgres syncs its log, this thread would idle: the header that most viewers ask for is built meanwhile.
      const mp4 = body.index.mp4View(reservedHead, fromSamples)
      let webm: View | null = null
      const views: Views = {
        mp4,
        get webm() {
          webm ??= body.index.webmView()
          return webm
        },
      }
      await committed
      cache.put(id, views)
      storeLater(id, body, views)
    },

    async views(recording) {
      const cached = cache.get(recording.id)
      if (cached !== undefined) return cached
      const running = building.get(recording.id)
      if (running !== undefined) return running
      const task = rebuild(recording)
        .then((views) => {
          cache.put(recording.id, views)
          return views
        })
        .finally(() => building.delete(recording.id))
      building.set(recording.id, task)
      return task
    },

    forget(id) {
      cache.drop(id)
      clearTimeout(later.get(id))
      later.delete(id)
    },

    listen(listener) {
      listeners.push(listener)
    },

    async idle() {
      await Promise.allSettled([...behind])
    },
  }
}
