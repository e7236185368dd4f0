import { open } from 'node:fs/promises'
import { beginsAsArchive } from '@rushes/umf'

/** Of an archive (packages/umf/SPEC.md, F3): the MP4 view keeps the place free, so that its `moov` is that of the archive too. */
export const archiveHeadBytes = 8192

/** `ftyp`, and a `free` box in the place of the rest of the archive's head (ISO/IEC 14496-12 §8.1.2). */
export const reservedHead: Uint8Array = (() => {
  const head = Buffer.alloc(archiveHeadBytes)
  const brands = ['isom', '\0\0\x02\0', 'isom', 'iso6', 'mp41', 'mp42'].join('')
  head.writeUInt32BE(8 + brands.length, 0)
  head.write(`ftyp${brands}`, 4, 'latin1')
  const at = 8 + brands.length
  head.writeUInt32BE(archiveHeadBytes - at, at)
  head.write('free', at + 4, 'latin1')
  return head
})()

/** Whether a body on disk begins as an archive does. */
export async function isArchiveBody(path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const bytes = new Uint8Array(archiveHeadBytes)
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
    return beginsAsArchive(bytes.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}
