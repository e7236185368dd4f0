// Archives of other systems, from their first byte until they are recordings:
//
//   receiving ── all bytes durable ──> converting, by a job ──> converted ── mended by hand, as often as one likes
//                                                                   └── kept, at once or when somebody says so ──> keeping
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { MendRequest } from '@rushes/protocol'
import { UmfError } from '@rushes/umf'
import { openFile } from '@rushes/umf/node'
import type { Kysely } from 'kysely'
import { type AppendFile, openAppendFile } from '../body/append-file.ts'
import { BodyError } from '../body/body-error.ts'
import { type BodyFolder, freeBytes } from '../body/folder.ts'
import type { RecordingId, UserId } from '../catalog/identifiers.ts'
import {
  createImport,
  deleteImport,
  getImport,
  listForgottenImports,
  listImports,
  listImportsIn,
  markReceived,
  moveImport,
  withImport,
} from '../catalog/imports.ts'
import type { ImportRow, Schema } from '../catalog/schema.ts'
import type { Jobs } from '../process/jobs.ts'
import { isArchiveBody } from '../publish/archive-head.ts'
import { type ChunkProof, openChecksum } from '../upload/chunk-proof.ts'
import { UploadError } from '../upload/upload-error.ts'
import { ImportError } from './import-error.ts'
import { archivePath, makeImportFolder, putInPlace, removeImportFolder, sentPath } from './import-folder.ts'
import { convertKind } from './import-job.ts'
import { mendArchive } from './mend-archive.ts'

export type NewArchive = {
  id: RecordingId
  ownerId: UserId
  name: string
  size: number
  fingerprint: string
  metadata: Record<string, string | null>
  /** It becomes a recording without being asked for. */
  keepsAtOnce: boolean
}

export interface Imports {
  /** @throws UploadError `empty-file`, `file-too-large`, `too-many-uploads`; BodyError */
  create(archive: NewArchive): Promise<void>
  get(id: RecordingId): Promise<ImportRow | undefined>
  list(ownerId: UserId): Promise<ImportRow[]>
  /**
   * Appends what one request brings, and begins the conversion with the last byte; resolves to the durable offset.
   *
   * @throws UploadError, BodyError
   */
  receive(id: RecordingId, offset: number, bytes: AsyncIterable<Uint8Array>, proof: ChunkProof): Promise<number>
  /** One edit of what was converted; the generation after it. @throws ImportError */
  mend(id: RecordingId, request: MendRequest): Promise<number>
  /** @throws ImportError `not-converted` */
  keep(id: RecordingId): Promise<ImportRow>
  /** With its job and all bytes; a recording that it became stays. */
  remove(row: ImportRow): Promise<void>
  close(): Promise<void>
}

export type ImportsOptions = {
  db: Kysely<Schema>
  folder: BodyFolder
  jobs: Jobs
  limits: { maxRecordingBytes: number; reserveBytes: number; uploadExpiryMs: number }
  /** Something is to become a recording. */
  onKeeping(): void
  log: { info(details: object, message: string): void; warn(details: object, message: string): void }
}

/** Of one account, that are not kept. */
const mostOpen = 100
const mostListed = 200
/** Synced at once: each sync waits for the disk. */
const batchBytes = 4 * 1024 * 1024
/** How often free space is looked at, and how much is safe is written down. */
const noteEveryBytes = 64 * 1024 * 1024
const sweepMs = 60_000
/** What nobody keeps is there as long as its job. */
const forgottenMs = 30 * 24 * 3600_000

export function openImports(options: ImportsOptions): Imports {
  const { db, folder, jobs, limits, log } = options
  /** Of two requests for one archive the later one counts. */
  const turns = new Map<RecordingId, { turn: number; done: Promise<unknown> }>()

  async function refuseFull(more: number): Promise<void> {
    if ((await freeBytes(folder)) >= more + limits.reserveBytes) return
    throw new BodyError('storage-full', 'the disk of the server has no room for this file')
  }

  /** After it, nothing of an earlier request is written any more. */
  async function inTurn<Value>(id: RecordingId, work: (isTurn: () => boolean) => Promise<Value>): Promise<Value> {
    const before = turns.get(id)
    const turn = (before?.turn ?? 0) + 1
    const done = (before?.done ?? Promise.resolve())
      .catch(() => {})
      .then(() => work(() => turns.get(id)?.turn === turn))
    turns.set(id, { turn, done })
    try {
      return await done
    } finally {
      if (turns.get(id)?.turn === turn) turns.delete(id)
    }
  }

  /** Bytes of a restored database that are on no disk would be zeros. */
  async function refuseLost(row: ImportRow): Promise<void> {
    if (row.received === 0) return
    const bytes = await stat(sentPath(folder, row)).then(
      ({ size }) => size,
      () => 0,
    )
    if (bytes >= row.received) return
    await remove(row)
    throw gone()
  }

  async function append(
    row: ImportRow,
    offset: number,
    bytes: AsyncIterable<Uint8Array>,
    proof: ChunkProof,
    isTurn: () => boolean,
  ): Promise<number> {
    const { id, size } = row
    const checksum = proof.checksum === null ? null : openChecksum(proof.checksum)
    const file = await openAppendFile(sentPath(folder, row), row.received)
    const batch = new Batch(file)
    let noted = offset
    try {
      for await (const part of bytes) {
        if (!isTurn()) throw new UploadError('superseded', 'a later request writes this archive')
        if (batch.end + part.length > size) throw new UploadError('offset-conflict', 'more bytes than the file has')
        checksum?.update(part)
        await batch.add(part)
        if (file.size - noted < noteEveryBytes) continue
        await refuseFull(0)
        // Of a chunk with a checksum all is kept or nothing.
        if (checksum === null && !(await markReceived(db, id, file.size))) throw gone()
        noted = file.size
      }
      await batch.flush()
      if (checksum !== null && !checksum.matches()) {
        throw new UploadError('checksum-mismatch', 'the chunk came otherwise than it was sent')
      }
    } catch (error) {
      // What was cut off is kept where nothing says how it ought to be.
      if (checksum === null && isTurn() && !(error instanceof BodyError)) {
        await batch.flush()
        await markReceived(db, id, file.size)
      }
      throw error
    } finally {
      await file.close()
    }
    if (!(await markReceived(db, id, batch.end))) throw gone()
    return batch.end
  }

  async function complete(row: ImportRow, digest: string | null): Promise<void> {
    const { id } = row
    const path = sentPath(folder, row)
    if (digest !== null && digest !== `sha256:${await sha256Of(path)}`) {
      await remove(row)
      throw new UploadError('digest-mismatch', 'the bytes that came are not those of the file: it changed meanwhile')
    }
    if (await isArchiveBody(path)) {
      // There is nothing to convert; it may be mended, and kept.
      await putInPlace(path, archivePath(folder, id))
      await moveImport(db, id, ['receiving'], { state: row.keeps_at_once ? 'keeping' : 'converted' })
      if (row.keeps_at_once) options.onKeeping()
      return
    }
    if (await moveImport(db, id, ['receiving'], { state: 'converting' })) await begin(id)
  }

  async function completeAgain(id: RecordingId): Promise<void> {
    const row = await getImport(db, id)
    if (row?.state === 'receiving' && row.received === row.size) await complete(row, null)
  }

  /** One at a time: each takes a second connection while it has the first. */
  let beginning: Promise<unknown> = Promise.resolve()
  function begin(id: RecordingId): Promise<void> {
    const done = beginning.then(() => beginNow(id))
    beginning = done.catch(() => {})
    return done
  }

  async function beginNow(id: RecordingId): Promise<void> {
    const job = await withImport(db, id, 'converting', async ({ job_id: known, owner_id: ownerId, name }) => {
      return known ?? (await jobs.add({ ownerId, kind: convertKind, title: name, request: { import: id } }))
    })
    if (job !== undefined) await moveImport(db, id, ['converting'], { state: 'converting', jobId: job })
  }

  async function remove({ id, job_id: job }: ImportRow): Promise<void> {
    if (job !== null) await jobs.cancel(job)
    await deleteImport(db, id)
    await removeImportFolder(folder, id)
  }

  async function sweep(): Promise<void> {
    for (const id of await listForgottenImports(db, { receivingMs: limits.uploadExpiryMs, othersMs: forgottenMs })) {
      const row = await getImport(db, id)
      if (row === undefined) continue
      log.info({ id }, 'an archive that nobody went on with is removed')
      await remove(row)
    }
    // A process that ended between the last byte and the job.
    for (const { id, job_id: job } of await listImportsIn(db, 'converting', 1000)) if (job === null) await begin(id)
    for (const row of await listImportsIn(db, 'receiving', 1000)) {
      if (row.received === row.size) await inTurn(row.id, () => completeAgain(row.id))
    }
  }
  let sweeping: Promise<void> = Promise.resolve()
  const sweepNow = (): void => {
    sweeping = sweep().catch((error: unknown) => log.warn({ error }, 'archives could not be looked after yet'))
  }
  const timer = setInterval(sweepNow, sweepMs)
  timer.unref()
  sweepNow()

  return {
    async create({ size, ...archive }) {
      if (size === 0) throw new UploadError('empty-file', 'the file is empty')
      if (size > limits.maxRecordingBytes) {
        throw new UploadError('file-too-large', `files have at most ${limits.maxRecordingBytes} bytes here`)
      }
      await refuseFull(size)
      await makeImportFolder(folder, archive)
      const row = await createImport(db, { ...archive, size }, mostOpen)
      if (row !== undefined) return
      await removeImportFolder(folder, archive.id)
      throw new UploadError('too-many-uploads', `this account has ${mostOpen} archives that are not kept`)
    },
    get: (id) => getImport(db, id),
    list: (ownerId) => listImports(db, ownerId, mostListed),

    async receive(id, offset, bytes, proof) {
      return await inTurn(id, async (isTurn) => {
        const row = await getImport(db, id)
        if (row?.state !== 'receiving') throw gone()
        if (row.received !== offset) {
          throw new UploadError('offset-conflict', `the archive goes on at ${row.received}, not at ${offset}`)
        }
        await refuseLost(row)
        const end = await append(row, offset, bytes, proof, isTurn)
        if (end === row.size) await complete({ ...row, received: end }, proof.digest)
        return end
      })
    },

    async mend(id, request) {
      const generation = await withImport(db, id, 'converted', async () => {
        try {
          await using file = await openFile(archivePath(folder, id), 'r+')
          return await mendArchive(file, request, new Date().toISOString())
        } catch (error) {
          if (!(error instanceof UmfError)) throw error
          if (error.code === 'invalid' || error.code === 'name-taken') {
            throw new ImportError('bad-mend', error.message, { cause: error })
          }
          throw new ImportError('not-mendable', `its archive can't be changed: ${error.message}`, { cause: error })
        }
      })
      if (generation === undefined) throw notConverted()
      return generation
    },

    async keep(id) {
      const isKept = await moveImport(db, id, ['converted'], { state: 'keeping' })
      const row = await getImport(db, id)
      // Said twice, it is kept once.
      if (row === undefined || (!isKept && row.state !== 'keeping' && row.state !== 'kept')) throw notConverted()
      options.onKeeping()
      return row
    },

    remove,

    async close() {
      clearInterval(timer)
      await sweeping
      await beginning
    },
  }
}

const gone = () => new UploadError('gone', 'this archive is complete, deleted or expired')
const notConverted = () => new ImportError('not-converted', 'there is no converted archive that waits to be kept')

/** Bytes on their way to the disk, synced some at a time. */
class Batch {
  readonly #file: AppendFile
  #parts: Uint8Array[] = []
  #bytes = 0

  constructor(file: AppendFile) {
    this.#file = file
  }

  get end(): number {
    return this.#file.size + this.#bytes
  }

  async add(part: Uint8Array): Promise<void> {
    this.#parts.push(part)
    this.#bytes += part.length
    if (this.#bytes >= batchBytes) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#bytes === 0) return
    const parts = this.#parts
    this.#parts = []
    this.#bytes = 0
    await this.#file.append(parts)
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(bytes as Buffer)
  return hash.digest('hex')
}
