import type { Front } from '@rushes/media'
import { ProtocolError, parseUploadOrder, uploadMetadata } from '@rushes/protocol'
import { UploadError } from './upload-error.ts'

export type FileFacts = { filename: string; fingerprint: string; front: Front | null }

/** M2, M3: what Upload-Metadata says of a file of `size` bytes. @throws UploadError `bad-metadata` */
export function readMetadata(metadata: Record<string, string | null>, size: number): FileFacts {
  const known = uploadMetadata.safeParse(metadata)
  if (!known.success) throw new UploadError('bad-metadata', known.error.issues[0]?.message ?? 'bad metadata')
  const { filename, fingerprint = '', order } = known.data
  try {
    return { filename, fingerprint, front: parseUploadOrder(order, size) }
  } catch (error) {
    if (error instanceof ProtocolError) throw new UploadError('bad-metadata', error.message)
    throw error
  }
}
