import { type Front, notMediaReason } from '@rushes/media'
import { maxFrontBytes } from '@rushes/protocol'
import type { SourceFile } from './source-file.ts'
import { UploadFault } from './upload-fault.ts'

/** Files of more boxes before their `moov` are sent as they lie. */
const mostBoxes = 2000
/** Enough to tell what somebody took for a video. */
const headBytes = 256

/**
 * The range of a file that is to be sent first: its `moov` (ISO 14496-12 §8.2.1), where samples stand in front of it.
 * Null: the file is best sent as it lies. Reads 16 bytes of each top-level box, whatever the file's length.
 *
 * @throws UploadFault `empty-file`, `not-media`, `nothing-playable`: sending it would be of no use
 */
export async function findFront(file: SourceFile): Promise<Front | null> {
  if (file.size === 0) throw new UploadFault('empty-file', 'the file is empty')
  const head = await file.read(0, headBytes)
  const reason = notMediaReason(head)
  if (reason !== null) throw new UploadFault('not-media', reason)
  if (head[0] === 0x1a) return null
  let hasSamples = false
  let at = 0
  for (let count = 0; at + 8 <= file.size; count++) {
    if (count >= mostBoxes) return null
    const header = await file.read(at, 16)
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
    const type = String.fromCharCode(...header.subarray(4, 8))
    const size = boxSize(view, file.size - at)
    // Not boxes any more: the server reads it as far as it is whole.
    if (size === null) return null
    // An archive has its moov in front, or none: it may be one of items alone (packages/umf/SPEC.md, F3, F5).
    if (type === 'moof' || type === 'umfh') return null
    if (type === 'moov') {
      const fits = at + size <= file.size && size <= maxFrontBytes
      return hasSamples && fits ? { offset: at, length: size } : null
    }
    if (type === 'mdat') hasSamples = true
    at += size
  }
  if (at === file.size) {
    throw new UploadFault('nothing-playable', 'its moov box is missing: what made it did not finish the file')
  }
  return null
}

/** §4.2: 1 is a long size, 0 goes on to the end of the file; null is no size of a box. */
function boxSize(view: DataView, left: number): number | null {
  const word = view.getUint32(0)
  if (word === 0) return left
  if (word !== 1) return word >= 8 ? word : null
  if (view.byteLength < 16) return null
  const size = view.getUint32(8) * 2 ** 32 + view.getUint32(12)
  return size >= 16 && Number.isSafeInteger(size) ? size : null
}
