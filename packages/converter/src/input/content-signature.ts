// What a file is, by its content. Names and endings are never asked: they are anybody's.
import { open } from 'node:fs/promises'
import { decodeText, type FoundFile, readStart } from './found-file.ts'
import { isUmf, UMF_KIND } from './umf-signature.ts'

const STRING = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0))
const has = (bytes: Uint8Array, offset: number, wanted: readonly number[] | string): boolean =>
  (typeof wanted === 'string' ? STRING(wanted) : wanted).every((each, index) => bytes[offset + index] === each)

const OLE = 'application/x-ole-storage'

type Signature = { kind: string; is(bytes: Uint8Array): boolean }

const isZip = (bytes: Uint8Array): boolean => has(bytes, 0, 'PK\u0003\u0004') || has(bytes, 0, 'PK\u0005\u0006')

const signatures: readonly Signature[] = [
  { kind: 'application/pdf', is: (bytes) => indexOf(bytes.subarray(0, 1024), '%PDF-') >= 0 },
  { kind: 'image/png', is: (bytes) => has(bytes, 0, [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]) },
  { kind: 'image/jpeg', is: (bytes) => has(bytes, 0, [0xff, 0xd8, 0xff]) },
  { kind: 'image/gif', is: (bytes) => has(bytes, 0, 'GIF87a') || has(bytes, 0, 'GIF89a') },
  { kind: 'image/webp', is: (bytes) => has(bytes, 0, 'RIFF') && has(bytes, 8, 'WEBP') },
  { kind: 'image/bmp', is: (bytes) => has(bytes, 0, 'BM') && has(bytes, 6, [0, 0, 0, 0]) },
  { kind: 'audio/wav', is: (bytes) => (has(bytes, 0, 'RIFF') || has(bytes, 0, 'RF64')) && has(bytes, 8, 'WAVE') },
  { kind: 'video/x-msvideo', is: (bytes) => has(bytes, 0, 'RIFF') && has(bytes, 8, 'AVI ') },
  { kind: UMF_KIND, is: isUmf },
  { kind: 'image/heif', is: (bytes) => has(bytes, 4, 'ftyp') && /^(hei[cfms]|mif1|avif)/.test(latin(bytes, 8, 12)) },
  { kind: 'audio/mp4', is: (bytes) => has(bytes, 4, 'ftyp') && /^M4[AB] /.test(latin(bytes, 8, 12)) },
  { kind: 'video/quicktime', is: (bytes) => has(bytes, 4, 'ftypqt  ') },
  { kind: 'video/mp4', is: (bytes) => has(bytes, 4, 'ftyp') },
  { kind: 'video/quicktime', is: (bytes) => has(bytes, 4, 'moov') || has(bytes, 4, 'mdat') || has(bytes, 4, 'wide') },
  {
    kind: 'video/webm',
    is: (bytes) => has(bytes, 0, [0x1a, 0x45, 0xdf, 0xa3]) && indexOf(bytes.subarray(0, 64), 'webm') >= 0,
  },
  { kind: 'video/x-matroska', is: (bytes) => has(bytes, 0, [0x1a, 0x45, 0xdf, 0xa3]) },
  { kind: 'video/x-flv', is: (bytes) => has(bytes, 0, 'FLV') && bytes[3] === 1 },
  { kind: 'application/x-shockwave-flash', is: (bytes) => /^[FCZ]WS$/.test(latin(bytes, 0, 3)) && bytes[3]! < 0x40 },
  { kind: 'audio/flac', is: (bytes) => has(bytes, 0, 'fLaC') },
  { kind: 'video/ogg', is: (bytes) => has(bytes, 0, 'OggS') && indexOf(bytes.subarray(0, 512), '\u0080theora') >= 0 },
  { kind: 'audio/ogg', is: (bytes) => has(bytes, 0, 'OggS') },
  {
    kind: 'video/x-ms-asf',
    is: (bytes) => has(bytes, 0, [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]),
  },
  { kind: 'video/mp2t', is: (bytes) => [0, 188, 376].every((offset) => bytes[offset] === 0x47) },
  { kind: 'video/mpeg', is: (bytes) => has(bytes, 0, [0, 0, 1, 0xba]) || has(bytes, 0, [0, 0, 1, 0xb3]) },
  { kind: 'application/gzip', is: (bytes) => has(bytes, 0, [0x1f, 0x8b, 8]) },
  { kind: OLE, is: (bytes) => has(bytes, 0, [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) },
  { kind: 'audio/mpeg', is: (bytes) => has(bytes, 0, 'ID3') || isMpegAudio(bytes) },
  { kind: 'audio/aac', is: (bytes) => bytes[0] === 0xff && (bytes[1]! & 0xf6) === 0xf0 },
]

/** How much of a file is looked at. */
const START_BYTES = 64 * 1024

export async function contentKindOf(file: Pick<FoundFile, 'path' | 'size'>): Promise<string> {
  const kind = contentKind(await readStart(file, START_BYTES))
  return kind === OLE ? await oleKind(file) : kind
}

/** @param start of the file, up to 64 KiB */
export function contentKind(start: Uint8Array): string {
  if (start.length === 0) return 'application/x-empty'
  if (isZip(start)) return zipKind(start)
  const found = signatures.find(({ is }) => is(start))
  return found?.kind ?? textKind(start)
}

/** Documents of offices are zips, which say in their first entries what they are (ECMA-376 part 2; ODF 1.3 part 2 §3.3). */
function zipKind(start: Uint8Array): string {
  const text = latin(start, 0, start.length)
  const mime = /^PK.{28}mimetype(application\/vnd\.oasis\.opendocument\.[a-z-]{1,40})/s.exec(text)?.[1]
  if (mime !== undefined) return mime
  if (!text.includes('[Content_Types].xml') && !text.includes('_rels/.rels')) return 'application/zip'
  const office = 'application/vnd.openxmlformats-officedocument'
  if (text.includes('ppt/')) return `${office}.presentationml.presentation`
  if (text.includes('word/')) return `${office}.wordprocessingml.document`
  if (text.includes('xl/')) return `${office}.spreadsheetml.sheet`
  return 'application/zip'
}

/** [MS-CFB] §2.2, §2.6: what is in such a file is told by names in its directory, the first sector of which the head names. */
async function oleKind({ path }: Pick<FoundFile, 'path'>): Promise<string> {
  const file = await open(path, 'r')
  try {
    const head = Buffer.alloc(512)
    await file.read(head, 0, 512, 0)
    const sectorBytes = head.readUInt16LE(30) === 12 ? 4096 : 512
    const { buffer } = await file.read(Buffer.alloc(4096), 0, 4096, (head.readUInt32LE(48) + 1) * sectorBytes)
    const isNamed = (name: string): boolean => buffer.includes(Buffer.from(`${name}\0`, 'utf16le'))
    if (isNamed('PowerPoint Document')) return 'application/vnd.ms-powerpoint'
    if (isNamed('WordDocument')) return 'application/msword'
    return isNamed('Workbook') ? 'application/vnd.ms-excel' : OLE
  } finally {
    await file.close()
  }
}

function textKind(start: Uint8Array): string {
  const isWide = has(start, 0, [0xff, 0xfe]) || has(start, 0, [0xfe, 0xff])
  // A character may be cut where the start ends.
  const text = decodeText(isWide ? start : start.subarray(0, start.length)).replace(/\ufffd{1,3}$/, '')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what text has none of
  const isBinary = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(text.slice(0, 8192))
  const begun = text.trimStart()
  const words = isBinary ? null : wordsKind(begun)
  if (words !== null) return words
  // Of what is not UTF-8, XML that says what it is in is read, and captions: older programs write them as their language was written then.
  const isOther = text.slice(0, 8192).includes('\ufffd') && !/^<\?xml\s[^>]{0,200}\bencoding\s*=/.test(begun)
  if (isBinary || isOther) return 'application/octet-stream'
  if (begun.startsWith('<')) return xmlKind(begun)
  if (/^[[{]/.test(begun)) return 'application/json'
  return 'text/plain'
}

/** Captions and chats that begin with a time. */
function wordsKind(begun: string): string | null {
  if (/^WEBVTT(?:[ \t\r\n]|$)/.test(begun)) return 'text/vtt'
  if (/^(?:\d+[ \t]*\r?\n)?[ \t]*\d{1,2}:\d\d:\d\d,\d{1,3}[ \t]*-->/.test(begun)) return 'application/x-subrip'
  // Without its header it is none by the standard, and still nothing else.
  if (/^(?:\d+[ \t]*\r?\n)?[ \t]*(?:\d{1,3}:)?\d{1,2}:\d{1,2}\.\d{1,3}[ \t]*-->/.test(begun)) return 'text/vtt'
  if (/^\d{1,2}:\d\d:\d\d\.\d{3},\d{1,2}:\d\d:\d\d\.\d{3}\r?\n/.test(begun)) return 'text/x-subviewer'
  return null
}

function xmlKind(text: string): string {
  const body = text.replace(/^(?:<\?[^>]{0,500}\?>|<!--.{0,5000}?-->|\s)+/s, '')
  if (/^(?:<!doctype\s+html|<html)/i.test(body)) return 'text/html'
  const doctype = /^<!DOCTYPE\s+([\w:.-]{1,100})/.exec(body)?.[1]
  const root = doctype ?? /^<([\w:.-]{1,100})[\s/>]/.exec(body)?.[1]
  if (root === undefined) return 'text/plain'
  const local = root.slice(root.indexOf(':') + 1)
  if (local === 'svg') return 'image/svg+xml'
  if (local === 'tt') return 'application/ttml+xml'
  if (local === 'smil') return 'application/smil+xml'
  return `application/xml;root=${local}`
}

function latin(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.max(0, Math.min(to, bytes.length) - from)).toString(
    'latin1',
  )
}

function indexOf(bytes: Uint8Array, text: string): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(text, 0, 'latin1')
}

/** ISO 11172-3 §2.4.2.3: a whole header of layer II or III that leads to another one. */
function isMpegAudio(bytes: Uint8Array): boolean {
  const [first = 0, second = 0, third = 0] = bytes
  const version = (second >> 3) & 3
  const layer = (second >> 1) & 3
  if (first !== 0xff || second >> 5 !== 7 || version === 1 || (layer !== 1 && layer !== 2)) return false
  const bitRate = third >> 4
  if (bitRate === 0 || bitRate === 15 || ((third >> 2) & 3) === 3) return false
  // The next frame begins within the longest that there is.
  for (let at = 24; at < Math.min(bytes.length, 2900); at++) {
    if (bytes[at] === 0xff && bytes[at + 1] === second && (bytes[at + 2]! & 0x0c) === (third & 0x0c)) return true
  }
  return false
}
