/** Bytes that tell any container that is read here. */
export const SNIFF_BYTES = 8

/** Boxes that a file, a live stream or one cut from it begins with (ISO 14496-12 §4.2, §8.16.2). */
const firstBoxes: ReadonlySet<string> = new Set([
  'ftyp',
  'styp',
  'moov',
  'moof',
  'mdat',
  'sidx',
  'emsg',
  'prft',
  'free',
  'skip',
  'wide',
  'pdin',
  'uuid',
])

/** What a body is by its first {@link SNIFF_BYTES} bytes, or by fewer where there are no more. */
export function sniffContainer(head: Uint8Array): 'ebml' | 'mp4' | 'unknown' {
  // RFC 8794 §11.2.1
  if (head[0] === 0x1a && head[1] === 0x45 && head[2] === 0xdf && head[3] === 0xa3) return 'ebml'
  if (head.length < SNIFF_BYTES) return 'unknown'
  return firstBoxes.has(String.fromCharCode(head[4]!, head[5]!, head[6]!, head[7]!)) ? 'mp4' : 'unknown'
}
