import { uploadMetadata } from '@rushes/protocol'
import { UploadError } from '../upload/upload-error.ts'

export type ImportFacts = { name: string; fingerprint: string; keepsAtOnce: boolean }

/** What Upload-Metadata says of an archive: as of any upload, and `keep`, `now` or `ask`. @throws UploadError `bad-metadata` */
export function importMetadata(metadata: Record<string, string | null>, keepsAtOnce: boolean): ImportFacts {
  const known = uploadMetadata.safeParse(metadata)
  if (!known.success) throw new UploadError('bad-metadata', known.error.issues[0]?.message ?? 'bad metadata')
  const { filename, fingerprint = '' } = known.data
  return { name: filename, fingerprint, keepsAtOnce: keepsNow(metadata['keep'] ?? undefined, keepsAtOnce) }
}

/** @throws UploadError `bad-metadata` */
export function keepsNow(keep: string | undefined, otherwise: boolean): boolean {
  if (keep === undefined) return otherwise
  if (keep === 'now' || keep === 'ask') return keep === 'now'
  throw new UploadError('bad-metadata', 'keep is now or ask')
}
