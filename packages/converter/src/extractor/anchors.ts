import { walkAdts } from './adts.ts'
import { walkAsf } from './asf.ts'
import type { ByteWindow } from './byte-window.ts'
import { walkFlac } from './flac.ts'
import { walkFlv } from './flv.ts'
import type { Format } from './formats.ts'
import { walkGif } from './gif.ts'
import { walkGzip } from './gzip.ts'
import { walkJpeg } from './jpeg.ts'
import { walkMatroska } from './matroska.ts'
import { walkMp4 } from './mp4.ts'
import { parseFrame, walkId3, walkMpegAudio } from './mpeg-audio.ts'
import { walkProgram } from './mpeg-ps.ts'
import { walkTransport } from './mpeg-ts.ts'
import { walkOgg } from './ogg.ts'
import { walkOle2 } from './ole2.ts'
import { walkPdf } from './pdf.ts'
import { walkPng } from './png.ts'
import { walkRiff } from './riff.ts'
import { walkSwf } from './swf.ts'
import { walkUtf16 } from './utf16.ts'
import type { Walk, Walked } from './walk.ts'
import { walkZip } from './zip.ts'

/** Bytes behind a signature that {@link Anchor.check} may look at. */
export const LOOK_AHEAD = 2048

/** What is looked for, and who walks on from it. */
export type Anchor = {
  /** Each place's possible bytes; the first three, or the first where there is but one, are what the scan looks for. */
  signature: readonly (readonly number[])[]
  /** How far into the resource the signature stands. */
  offset: number
  /** Signature and structure are so telling that a whole one inside of bytes of another format ends that one. */
  strong: boolean
  formats: readonly Format[]
  /** A look at what is in memory, `length` bytes, cheaper than a walk: `bytes[at]` is the signature's first. */
  check?: (bytes: Uint8Array, at: number, length: number) => boolean
  /** @param floor first byte that belongs to no other resource */
  walk: (window: ByteWindow, start: number, floor: number) => Walk<Walked | null>
}

const word = (text: string): number[][] => [...text].map((char) => [char.charCodeAt(0)])
const bytes = (...values: number[]): number[][] => values.map((value) => [value])
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)

const isoFormats: Format[] = ['mp4', 'm4a', 'mov', 'heif']
const zipFormats: Format[] = ['zip', 'pptx', 'docx', 'xlsx', 'odp', 'odt', 'ods', 'odf', 'epub']
const textFormats: Format[] = ['vtt', 'srt', 'sbv', 'ttml', 'svg', 'json', 'xml', 'html', 'm3u8', 'text']

export const anchors: readonly Anchor[] = [
  { signature: word('ftyp'), offset: 4, strong: true, formats: isoFormats, walk: walkMp4 },
  // Files without ftyp: QuickTime's before it had one, and segments of streams.
  ...['moov', 'mdat', 'moof', 'styp'].map((type): Anchor => {
    return { signature: word(type), offset: 4, strong: false, formats: isoFormats, walk: walkBareMp4 }
  }),
  {
    signature: bytes(0x1a, 0x45, 0xdf, 0xa3),
    offset: 0,
    strong: true,
    formats: ['webm', 'weba', 'mkv', 'mka'],
    walk: walkMatroska,
  },
  { signature: word('RIFF'), offset: 0, strong: true, formats: ['wav', 'avi', 'webp'], walk: walkRiff },
  { signature: word('RF64'), offset: 0, strong: true, formats: ['wav'], walk: walkRiff },
  { signature: word('OggS'), offset: 0, strong: true, formats: ['ogg', 'ogv'], walk: walkOgg },
  { signature: word('fLaC'), offset: 0, strong: true, formats: ['flac'], walk: walkFlac },
  { signature: word('FLV\x01'), offset: 0, strong: true, formats: ['flv'], walk: walkFlv },
  { signature: bytes(0x30, 0x26, 0xb2, 0x75, 0x8e), offset: 0, strong: true, formats: ['wmv', 'wma'], walk: walkAsf },
  {
    // 00 00 in front would be met at every place of a run of zeros.
    signature: [[1], [0xba], [...range(0x44, 0x7f), ...range(0x21, 0x2f)]],
    offset: 2,
    strong: false,
    formats: ['mpeg-ps'],
    walk: walkProgram,
  },
  { signature: bytes(0x47), offset: 0, strong: false, formats: ['mpeg-ts'], check: inPackets, walk: walkTransport },
  { signature: word('ID3'), offset: 0, strong: true, formats: ['mp3', 'aac'], walk: walkId3 },
  {
    signature: [[0xff], range(0xe2, 0xfd)],
    offset: 0,
    strong: false,
    formats: ['mp3'],
    check: inFrames,
    walk: walkMpegAudio,
  },
  {
    signature: [[0xff], [0xf0, 0xf1, 0xf8, 0xf9]],
    offset: 0,
    strong: false,
    formats: ['aac'],
    check: inAdtsFrames,
    walk: walkAdts,
  },
  { signature: word('%PDF-'), offset: 0, strong: true, formats: ['pdf'], walk: walkPdf },
  {
    signature: bytes(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1),
    offset: 0,
    strong: true,
    formats: ['ppt', 'doc', 'xls', 'ole2'],
    walk: walkOle2,
  },
  { signature: [[0x50], [0x4b], [3], [4]], offset: 0, strong: true, formats: zipFormats, walk: walkZip },
  { signature: [[0x50], [0x4b], [5], [6], [0], [0]], offset: 0, strong: false, formats: ['zip'], walk: walkZip },
  { signature: [[0x1f], [0x8b], [8], range(0, 31)], offset: 0, strong: false, formats: ['gzip'], walk: walkGzip },
  { signature: bytes(0xff, 0xd8, 0xff), offset: 0, strong: true, formats: ['jpeg'], walk: walkJpeg },
  {
    signature: bytes(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    offset: 0,
    strong: true,
    formats: ['png'],
    walk: walkPng,
  },
  { signature: [...word('GIF8'), [0x37, 0x39], [0x61]], offset: 0, strong: true, formats: ['gif'], walk: walkGif },
  { signature: [[0x46, 0x43], ...word('WS')], offset: 0, strong: false, formats: ['swf'], walk: walkSwf },
  {
    signature: [[0xff], [0xfe], [9, 10, 13, ...range(0x20, 0x7e)], [0]],
    offset: 0,
    strong: false,
    formats: textFormats,
    walk: walkUtf16,
  },
  {
    signature: [[0xfe], [0xff], [0], [9, 10, 13, ...range(0x20, 0x7e)]],
    offset: 0,
    strong: false,
    formats: textFormats,
    walk: walkUtf16,
  },
]

/** Boxes of nothing, as QuickTime writes them before `mdat` to have room for a longer size, belong to the file. */
function* walkBareMp4(window: ByteWindow, met: number, floor: number): Walk<Walked | null> {
  let start = met
  while (start - 8 >= floor && (yield* window.need(start - 8, 8)) && window.u32(start - 8) === 8) {
    if (!/^(wide|free|skip)$/.test(window.text(start - 4, 4))) break
    start -= 8
  }
  const walked = yield* walkMp4(window, start)
  // Without a name in front, only what has a movie or fragments that end well is a file.
  return walked === null || walked.whole === false ? null : { start, ...walked }
}

function inPackets(bytes: Uint8Array, at: number, length: number): boolean {
  const follows = (stride: number): boolean => {
    for (let packet = 1; packet < 5; packet++) {
      const next = at + packet * stride
      if (next + 3 < length && (bytes[next] !== 0x47 || (bytes[next + 3]! & 0x30) === 0)) return false
    }
    return true
  }
  // ISO 13818-1 §2.4.3.5: an adaptation field control of 0 is reserved.
  if ((bytes[at + 3]! & 0x30) === 0) return false
  return (bytes[at + 188] === 0x47 && follows(188)) || (bytes[at + 192] === 0x47 && follows(192))
}

const wordAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0

function inFrames(bytes: Uint8Array, at: number, length: number): boolean {
  if (at + 4 > length) return false
  const second = bytes[at + 2]!
  // Most of chance is refused here: no bitrate, or a reserved rate.
  if (second < 0x10 || second >= 0xf0 || (second & 0x0c) === 0x0c) return false
  const frame = parseFrame(wordAt(bytes, at))
  if (frame === null) return false
  const next = at + frame.bytes
  return next + 4 > length || (bytes[next] === 0xff && ((bytes[next + 1]! ^ bytes[at + 1]!) & 0xfe) === 0)
}

function inAdtsFrames(bytes: Uint8Array, at: number, length: number): boolean {
  if (at + 7 > length || (bytes[at + 2]! & 0x3c) > 0x30) return false
  const size = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5)
  const next = at + size
  // ISO 14496-3 §4.5.3: a channel has 6144 bits a frame at most; 0 channels are said in the frame itself.
  const channels = ((bytes[at + 2]! & 1) << 2) | (bytes[at + 3]! >> 6)
  if (size < 8 || (channels > 0 && size > 768 * (channels + 1) + 64)) return false
  return next + 2 > length || (bytes[next] === 0xff && bytes[next + 1] === bytes[at + 1])
}
