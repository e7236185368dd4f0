// What was converted becomes a recording just as an archive that is uploaded, with the same checks.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Kysely } from 'kysely'
import type { BodyFolder } from '../body/folder.ts'
import type { RecordingId } from '../catalog/identifiers.ts'
import { listImportsIn, moveImport, touchKeeping } from '../catalog/imports.ts'
import { getRecording } from '../catalog/recordings.ts'
import type { ImportRow, Schema } from '../catalog/schema.ts'
import { noProof } from '../upload/chunk-proof.ts'
import { UploadError } from '../upload/upload-error.ts'
import type { Uploads } from '../upload/uploads.ts'
import { archivePath, removeImportFolder } from './import-folder.ts'

export interface ImportKeeper {
  /** There may be something to keep. */
  wake(): void
  close(): Promise<void>
}

export type ImportKeeperOptions = {
  db: Kysely<Schema>
  folder: BodyFolder
  uploads: Uploads
  log: { info(details: object, message: string): void; warn(details: object, message: string): void }
}

/** Other processes convert as well. */
const idleMs = 1000
const mostAtOnce = 20
/** Codes after which it will never be a recording. */
const final: ReadonlySet<string> = new Set(['not-media', 'nothing-playable', 'file-too-large', 'empty-file', 'gone'])

/** In a process that has recordings; it ends with what it does at the moment. */
export function openImportKeeper({ db, folder, uploads, log }: ImportKeeperOptions): ImportKeeper {
  let closed = false
  let woken = Promise.withResolvers<void>()

  async function run(): Promise<void> {
    while (!closed) {
      const seen = woken.promise
      try {
        for (const row of await listImportsIn(db, 'keeping', mostAtOnce)) if (!closed) await keep(row)
      } catch (error) {
        log.warn({ error }, 'converted archives have to wait')
      }
      await Promise.race([seen, new Promise((resolve) => setTimeout(resolve, idleMs).unref())])
    }
  }

  async function keep(row: ImportRow): Promise<void> {
    const { id } = row
    try {
      await bringIn(row)
      await moveImport(db, id, ['keeping'], { state: 'kept' })
      await removeImportFolder(folder, id)
      log.info({ id }, 'a converted archive is a recording')
    } catch (error) {
      const isFinal = error instanceof UploadError && final.has(error.code)
      if (!isFinal) {
        // A disk that is full, a database that is away: later.
        log.warn({ id, error }, 'a converted archive can not be kept yet')
        return
      }
      await moveImport(db, id, ['keeping'], { state: 'failed', problem: `it can't be a recording: ${error.message}` })
    }
  }

  /** Goes on where a process that ended has left it. */
  async function bringIn({ id, owner_id: ownerId, name }: ImportRow): Promise<void> {
    const path = archivePath(folder, id)
    let offset = await standing(id)
    if (offset === 'published') return
    const { size } = await stat(path).catch(() => {
      throw new UploadError('gone', 'its bytes are not here any more')
    })
    if (offset === null) {
      await uploads.create(id, ownerId, size, { filename: titleOf(name) })
      offset = 0
    }
    // One that is complete is published by being asked for.
    if (offset < size) await uploads.receive(id, offset, createReadStream(path, { start: offset }), noProof)
  }

  async function standing(id: RecordingId): Promise<number | 'published' | null> {
    const recording = await getRecording(db, id)
    if (recording?.state === 'published') return 'published'
    if (recording?.state === 'discarded') throw new UploadError('gone', 'its recording was deleted')
    return (await uploads.find(id))?.offset ?? null
  }

  // Also while it copies a long one: those who wait see that there is somebody.
  const timer = setInterval(() => {
    touchKeeping(db).catch((error: unknown) => log.warn({ error }, 'nobody is told that archives are being kept'))
  }, idleMs)
  timer.unref()
  const done = run()
  return {
    wake() {
      woken.resolve()
      woken = Promise.withResolvers()
    },
    async close() {
      closed = true
      clearInterval(timer)
      woken.resolve()
      await done
    },
  }
}

/** The archive's own title goes before it. */
function titleOf(name: string): string {
  return name.replace(/\.(?:zip|umf|gz|tgz|tar|bin)$/i, '').trim() || name
}
