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

const algorithms: Record<ChecksumAlgorithm, { bytes: number; of(parts: readonly Uint8Array[]): Buffer }> = {
  sha1: { bytes: 20, of: (parts) => hashOf('sha1', parts) },
  sha256: { bytes: 32, of: (parts) => hashOf('sha256', parts) },
  crc32: {
    bytes: 4,
    of(parts) {
      const value = Buffer.alloc(4)
      value.writeUInt32BE(parts.reduce((crc, part) => crc32(part, crc), 0))
      return value
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

export function matches(checksum: NonNullable<ChunkProof['checksum']>, parts: readonly Uint8Array[]): boolean {
  return timingSafeEqual(algorithms[checksum.algorithm].of(parts), checksum.value)
}

function hashOf(name: string, parts: readonly Uint8Array[]): Buffer {
  const hash = createHash(name)
  for (const part of parts) hash.update(part)
  return hash.digest()
}
