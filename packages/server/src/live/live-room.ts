// The recordings that are watched while they are received. Nothing is kept of one that nobody watches.
import { deliveryContentType } from '../catalog/deliveries.ts'
import type { RecordingId } from '../catalog/identifiers.ts'
import type { Recording } from '../catalog/schema.ts'
import type { Receiver } from '../receive/receiver.ts'
import { openBodyFile } from './body-tail.ts'
import { openBuiltFiles } from './built-files.ts'
import { LiveError } from './live-error.ts'
import { LiveRecording } from './live-recording.ts'
import { openWaitingRoom } from './waiting-room.ts'

/** What is kept at most. */
export type LiveLimits = { builtBytes: number; mostWaiting: number; mostRecordings: number; idleMs: number }

const defaults: LiveLimits = {
  /** Memory for segments and parts. */
  builtBytes: 64 * 1024 * 1024,
  /** Requests that wait, over all recordings. */
  mostWaiting: 5000,
  /** Watched at the same time; each holds the places of its samples, 10 MB an hour. */
  mostRecordings: 64,
  /** Kept after the last request. */
  idleMs: 30_000,
}

export interface LiveRoom {
  /** @throws LiveError `not-live`, `too-many-viewers`; BodyError */
  find(recording: Recording): Promise<LiveRecording>
  close(): void
}

export function openLiveRoom(receiver: Receiver, limits: Partial<LiveLimits> = {}): LiveRoom {
  const { builtBytes, mostWaiting, mostRecordings, idleMs } = { ...defaults, ...limits }
  const built = openBuiltFiles(builtBytes)
  const waiting = openWaitingRoom(mostWaiting)
  type Entry = { opening: Promise<LiveRecording>; close: () => void; live: LiveRecording | null }
  const entries = new Map<RecordingId, Entry>()

  const tidy = setInterval(() => {
    for (const [id, { live }] of entries) if (live !== null && (live.isClosed || live.idleMs > idleMs)) drop(id)
  }, 1000)
  tidy.unref()

  function drop(id: RecordingId): void {
    const entry = entries.get(id)
    entries.delete(id)
    entry?.close()
  }

  async function open({ id, created_at: createdAt }: Recording, entry: Entry): Promise<LiveRecording> {
    let file: ReturnType<typeof openBodyFile> | null = null
    const read = (offset: number, length: number) => {
      if (file === null) throw new LiveError('not-live', 'the body is not open')
      return file.read(offset, length)
    }
    const live = new LiveRecording({ startedAt: createdAt.getTime(), read, built, waiting })
    const followed = await receiver.follow(id, live)
    if (followed === null) throw new LiveError('not-live', 'this recording is not being received')
    const opened = openBodyFile(followed.path)
    file = opened
    entry.close = () => {
      followed.stop()
      live.close()
      opened.close().catch(() => {})
    }
    entry.live = live
    live.durable(followed.size)
    return live
  }

  return {
    async find(recording) {
      const known = entries.get(recording.id)
      if (known !== undefined && known.live?.isClosed !== true) return known.opening
      drop(recording.id)
      if (recording.state !== 'receiving' || recording.content_type === deliveryContentType)
        throw new LiveError('not-live', 'this recording is not being received')
      if (entries.size >= mostRecordings) throw new LiveError('too-many-viewers', 'too many recordings are watched')
      const entry: Entry = { opening: Promise.resolve(null as never), close: () => {}, live: null }
      entries.set(recording.id, entry)
      entry.opening = open(recording, entry)
      entry.opening.catch(() => {
        if (entries.get(recording.id) === entry) drop(recording.id)
      })
      return entry.opening
    },

    close() {
      clearInterval(tidy)
      for (const id of [...entries.keys()]) drop(id)
    },
  }
}
