import type { Readable } from 'node:stream'
import { DataStore, Upload } from '@tus/server'
import { parseRecordingId, type RecordingId, type UserId } from '../catalog/identifiers.ts'
import type { ChunkProof } from '../upload/chunk-proof.ts'
import { UploadError } from '../upload/upload-error.ts'
import { importMetadata } from './import-metadata.ts'
import type { Imports } from './imports.ts'

export type TusImportRequest = {
  /** Null: it makes none. */
  ownerId: UserId | null
  proof: ChunkProof
  /** Where the metadata don't say. */
  keepsAtOnce: boolean
}

/** Imports as a data store of @tus/server, for one request. */
export class TusImportStore extends DataStore {
  readonly #imports: Imports
  readonly #request: TusImportRequest
  readonly #expiryMs: number

  constructor(imports: Imports, request: TusImportRequest, expiryMs: number) {
    super()
    this.#imports = imports
    this.#request = request
    this.#expiryMs = expiryMs
    this.extensions = ['creation', 'creation-with-upload', 'termination', 'checksum', 'expiration']
  }

  override async create(upload: Upload): Promise<Upload> {
    const { ownerId, keepsAtOnce } = this.#request
    if (ownerId === null) throw new UploadError('gone', 'nobody to receive for')
    const metadata = upload.metadata ?? {}
    const facts = importMetadata(metadata, keepsAtOnce)
    await this.#imports.create({ id: idOf(upload.id), ownerId, size: upload.size ?? 0, metadata, ...facts })
    return upload
  }

  override async write(stream: Readable, id: string, offset: number): Promise<number> {
    return await this.#imports.receive(idOf(id), offset, stream, this.#request.proof)
  }

  override async getUpload(id: string): Promise<Upload> {
    const found = await this.#imports.get(idOf(id))
    if (found === undefined) throw new UploadError('gone', 'there is no such archive')
    const { size, received: offset, metadata, touched_at: touchedAt } = found
    return new Upload({ id, size, offset, metadata, creation_date: touchedAt.toISOString() })
  }

  override async remove(id: string): Promise<void> {
    const found = await this.#imports.get(idOf(id))
    if (found !== undefined) await this.#imports.remove(found)
  }

  override getExpiration(): number {
    return this.#expiryMs
  }
}

function idOf(text: string): RecordingId {
  const id = parseRecordingId(text)
  if (id === undefined) throw new UploadError('gone', 'there is no such archive')
  return id
}
