import type { Readable } from 'node:stream'
import { DataStore, Upload } from '@tus/server'
import { parseRecordingId, type RecordingId, type UserId } from '../catalog/identifiers.ts'
import type { ChunkProof } from './chunk-proof.ts'
import { UploadError } from './upload-error.ts'
import type { Uploads } from './uploads.ts'

/** What one request says beside what tus's own store interface has room for. */
export type TusRequest = {
  ownerId: UserId | null
  proof: ChunkProof
}

/** Our uploads as a data store of @tus/server, for one request. */
export class TusStore extends DataStore {
  readonly #uploads: Uploads
  readonly #request: TusRequest
  readonly #expiryMs: number

  constructor(uploads: Uploads, request: TusRequest, expiryMs: number) {
    super()
    this.#uploads = uploads
    this.#request = request
    this.#expiryMs = expiryMs
    this.extensions = ['creation', 'creation-with-upload', 'termination', 'checksum', 'expiration']
  }

  override async create(upload: Upload): Promise<Upload> {
    const { ownerId } = this.#request
    if (ownerId === null) throw new UploadError('gone', 'nobody to upload for')
    await this.#uploads.create(idOf(upload.id), ownerId, upload.size ?? 0, upload.metadata ?? {})
    return upload
  }

  override async write(stream: Readable, id: string, offset: number): Promise<number> {
    return await this.#uploads.receive(idOf(id), offset, stream, this.#request.proof)
  }

  override async getUpload(id: string): Promise<Upload> {
    const found = await this.#uploads.find(idOf(id))
    if (found === undefined) throw new UploadError('gone', 'there is no such upload')
    const { size, offset, metadata, touchedAt } = found
    // tus counts the days from the creation; here they begin again with every sign of life.
    return new Upload({ id, size, offset, metadata, creation_date: touchedAt.toISOString() })
  }

  override async remove(id: string): Promise<void> {
    await this.#uploads.remove(idOf(id))
  }

  override getExpiration(): number {
    return this.#expiryMs
  }
}

function idOf(text: string): RecordingId {
  const id = parseRecordingId(text)
  if (id === undefined) throw new UploadError('gone', 'there is no such upload')
  return id
}
