import { SLOTS } from '@rushes/umf'

export const UMF_KIND = 'application/vnd.umf'

/**
 * An archive of ours (SPEC.md of `umf`, F2, F3): its medium is shown by what it says alone. Taken out of it, that is an MP4 with zeros in
 * place of anchors (E4).
 *
 * @param start of the file
 */
export function isUmf(start: Uint8Array): boolean {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.length)
  const isMp4 = bytes.toString('latin1', 4, 8) === 'ftyp' && bytes.toString('latin1', 16, 64).includes('umf1')
  return isMp4 && SLOTS.some((slot) => bytes.toString('latin1', slot, slot + 4) === 'UMFA')
}
