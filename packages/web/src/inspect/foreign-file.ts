// What a file is that is no ISO base media file, by how it begins.

/** First bytes as letters, one of each byte. */
const starts: [string, string][] = [
  ['\x1aE\xdf\xa3', 'a WebM or Matroska video'],
  ['%PDF-', 'a PDF document'],
  ['PK\x03\x04', 'a zip archive, or an office document'],
  ['\x89PNG', 'a PNG picture'],
  ['\xff\xd8\xff', 'a JPEG picture'],
  ['GIF8', 'a GIF picture'],
  ['RIFF', 'a WAV, AVI or WebP file'],
  ['ID3', 'an MP3 file'],
  ['OggS', 'an Ogg file'],
  ['\x1f\x8b', 'a gzip archive'],
]
/** Types with which an ISO base media file or a QuickTime film begins. */
const firstTypes = new Set('ftyp styp moov moof mdat free skip wide pnot uuid sidx emsg prft umfh'.split(' '))

/**
 * Why these are not the first bytes of an MP4; null where they may be.
 *
 * @param first up to 64 bytes
 * @param size of the whole file
 */
export function foreignReason(first: Uint8Array, size: number): string | null {
  if (size === 0) return 'it is empty'
  const head = String.fromCharCode(...first)
  const boxSize = first.length < 8 ? 0 : new DataView(first.buffer, first.byteOffset).getUint32(0)
  if (first.length >= 8 && firstTypes.has(head.slice(4, 8)) && (boxSize >= 8 || boxSize <= 1)) return null
  const known = starts.find(([start]) => head.startsWith(start))
  if (known !== undefined) return `it looks like ${known[1]}`
  return first.every(isTextByte) ? 'it looks like text' : 'it does not begin as an MP4 does'
}

/** Tab to carriage return, and all that is no control character; above 0x7f, of UTF-8. */
function isTextByte(byte: number): boolean {
  return (byte >= 0x09 && byte <= 0x0d) || (byte >= 0x20 && byte !== 0x7f)
}
