import { sniffContainer } from './container-sniff.ts'

/** Beginnings of files that are often taken for a video, or sent by mistake; `.` is any byte. */
const beginnings: readonly [string, string][] = [
  ['RIFF....AVI', 'an AVI file'],
  ['RIFF....WAVE', 'a WAV file'],
  ['RIFF....WEBP', 'a picture'],
  ['OggS', 'an Ogg file'],
  ['FLV\x01', 'a Flash video'],
  ['ID3', 'an MP3 file'],
  ['fLaC', 'a FLAC file'],
  ['\x00\x00\x01\xba', 'an MPEG program stream'],
  ['\x30\x26\xb2\x75', 'a Windows Media file'],
  ['%PDF', 'a PDF document'],
  ['PK\x03\x04', 'a zip archive or office document'],
  ['\x1f\x8b', 'a gzip archive'],
  ['\x89PNG', 'a picture'],
  ['\xff\xd8\xff', 'a picture'],
  ['GIF8', 'a picture'],
  ['#EXTM3U', 'a playlist'],
  ['<?xml', 'an XML file'],
  ['<!DOCTYPE', 'a web page'],
  ['<html', 'a web page'],
]

/** What a file that is neither Matroska nor MP4 looks like, in words; null where nothing tells. */
function foreignFile(head: Uint8Array): string | null {
  const start = Array.from(head.subarray(0, 64), (byte) => String.fromCharCode(byte)).join('')
  if (start === '') return null
  for (const [beginning, words] of beginnings) {
    if ([...beginning].every((char, at) => char === start[at] || (char === '.' && at < start.length))) return words
  }
  // 188 bytes a packet, each beginning with 0x47 (ISO 13818-1 §2.4.3.2).
  if (head[0] === 0x47 && (head.length <= 188 || head[188] === 0x47)) return 'an MPEG transport stream'
  return /^[\t\r\n\x20-\x7e\x80-\xff]+$/.test(start) && /[a-zA-Z ]{3}/.test(start) ? 'text' : null
}

/** Why a file that begins like this is refused, in words; null where it begins like media that is read here. */
export function notMediaReason(head: Uint8Array): string | null {
  if (sniffContainer(head) !== 'unknown') return null
  const words = foreignFile(head)
  return words === null ? 'neither Matroska nor MP4' : `this looks like ${words}: neither Matroska nor MP4`
}
