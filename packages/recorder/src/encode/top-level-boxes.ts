/**
 * Cuts a run of whole top-level boxes (ISO 14496-12 §4.2) into pieces that begin at the start or at a `moof`, so that the
 * spool knows where a player may begin.
 */
export function cutAtFragments(boxes: Uint8Array): { bytes: Uint8Array; sync: boolean }[] {
  const view = new DataView(boxes.buffer, boxes.byteOffset, boxes.byteLength)
  const pieces: { bytes: Uint8Array; sync: boolean }[] = []
  let begin = 0
  let sync = false
  for (let at = 0; at + 8 <= boxes.length; ) {
    const isMoof = view.getUint32(at + 4) === 0x6d6f6f66
    if (isMoof) {
      if (at > begin) pieces.push({ bytes: boxes.subarray(begin, at), sync })
      begin = at
      sync = true
    }
    let size = view.getUint32(at)
    if (size === 1 && at + 16 <= boxes.length) size = Number(view.getBigUint64(at + 8))
    if (size < 8) break
    at += size
  }
  if (begin < boxes.length) pieces.push({ bytes: boxes.subarray(begin), sync })
  return pieces
}
