import { createHash, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { parseDigestField } from '@rushes/protocol'
import { UploadError } from './upload-error.ts'

/** What the sender says of the bytes of one request. */
export type ChunkProof = {
  /** Upload-Checksum of the chunk; null: none. */
  checksum: { algorithm: ChecksumAlgorithm; value: Buffer } | null
  /** `sha256:HEX` of the whole file, with its last chunk; null: not said. */
  digest: string | null
}

export const noProof: ChunkProof = { checksum: null, digest: null }

export type ChecksumAlgorithm = 'sha1' | 'sha256' | 'crc32'

/** A checksum that takes bytes as they come. */
export interface RunningChecksum {
  update(bytes: Uint8Array): void
  /** Whether the bytes were those that the sender meant. */
  matches(): boolean
}

const algorithms: Record<
  ChecksumAlgorithm,
  { bytes: number; open(): { update(bytes: Uint8Array): void; value(): Buffer } }
> = {
  sha1: { bytes: 20, open: () => running('sha1') },
  sha256: { bytes: 32, open: () => running('sha256') },
  crc32: {
    bytes: 4,
    open() {
      let crc = 0
      return {
        update(bytes) {
          crc = crc32(bytes, crc)
        },
        value() {
          const value = Buffer.alloc(4)
          value.writeUInt32BE(crc)
          return value
        },
      }
    },
  },
}

/** For Tus-Checksum-Algorithm. */
export const checksumAlgorithms: string = Object.keys(algorithms).join(',')

/** @throws UploadError `unsupported-checksum` */
export function parseProof(headers: { checksum: string | undefined; digest: string | undefined }): ChunkProof {
  const digest = headers.digest === undefined ? null : parseDigestField(headers.digest)
  if (headers.digest !== undefined && digest === null) {
    throw new UploadError('unsupported-checksum', 'Repr-Digest has no SHA-256')
  }
  if (headers.checksum === undefined) return { checksum: null, digest: digest ?? null }
  const [algorithm, text = ''] = headers.checksum.split(' ')
  const known = Object.hasOwn(algorithms, algorithm!) ? (algorithm as ChecksumAlgorithm) : null
  const value = Buffer.from(text, 'base64')
  if (known === null || value.length !== algorithms[known].bytes) {
    throw new UploadError('unsupported-checksum', `checksums here are ${checksumAlgorithms}`)
  }
  return { checksum: { algorithm: known, value }, digest: digest ?? null }
}

export function openChecksum({ algorithm, value }: NonNullable<ChunkProof['checksum']>): RunningChecksum {
  const checksum = algorithms[algorithm].open()
  return { update: (bytes) => checksum.update(bytes), matches: () => timingSafeEqual(checksum.value(), value) }
}

function running(name: string): { update(bytes: Uint8Array): void; value(): Buffer } {
  const hash = createHash(name)
  return { update: (bytes) => void hash.update(bytes), value: () => hash.digest() }
}
