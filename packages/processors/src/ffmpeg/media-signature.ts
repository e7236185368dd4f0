import { ConversionError } from '../conversion-error.ts'

export type MediaFamily = 'sound-or-video' | 'picture'

/** How a container begins, and the one demuxer of FFmpeg that may open it. */
type Signature = { name: string; family: MediaFamily; demuxer: string; is(bytes: Uint8Array): boolean }

const at = (bytes: Uint8Array, offset: number, wanted: string | readonly number[]): boolean =>
  [...wanted].every((each, index) => bytes[offset + index] === (typeof each === 'string' ? each.charCodeAt(0) : each))

/** QuickTime's own files may begin without saying so (QuickTime File Format, File Type Compatibility). */
function isQuickTime(bytes: Uint8Array): boolean {
  return ['ftyp', 'moov', 'mdat', 'wide'].some((type) => at(bytes, 4, type))
}

/**
 * Nothing is opened because of its name or what FFmpeg guesses: a playlist, a script for the concat demuxer or a text screen
 * begins like none of these. MPEG audio and transport streams have no name at their beginning, so that several sync words
 * in their places stand for it.
 */
const signatures: readonly Signature[] = [
  { name: 'mp4', family: 'sound-or-video', demuxer: 'mov', is: isQuickTime },
  {
    name: 'matroska',
    family: 'sound-or-video',
    demuxer: 'matroska',
    is: (bytes) => at(bytes, 0, [0x1a, 0x45, 0xdf, 0xa3]),
  },
  { name: 'ogg', family: 'sound-or-video', demuxer: 'ogg', is: (bytes) => at(bytes, 0, 'OggS') },
  {
    ...{ name: 'wav', family: 'sound-or-video', demuxer: 'wav' },
    is: (bytes) => (at(bytes, 0, 'RIFF') || at(bytes, 0, 'RF64')) && at(bytes, 8, 'WAVE'),
  },
  { name: 'flac', family: 'sound-or-video', demuxer: 'flac', is: (bytes) => at(bytes, 0, 'fLaC') },
  { name: 'mp3', family: 'sound-or-video', demuxer: 'mp3', is: (bytes) => at(bytes, 0, 'ID3') || isMpegAudio(bytes) },
  { name: 'aac', family: 'sound-or-video', demuxer: 'aac', is: isAdts },
  {
    ...{ name: 'mpegts', family: 'sound-or-video', demuxer: 'mpegts' },
    is: (bytes) => [0, 188, 376, 564].every((offset) => bytes[offset] === 0x47),
  },
  {
    ...{ name: 'avi', family: 'sound-or-video', demuxer: 'avi' },
    is: (bytes) => at(bytes, 0, 'RIFF') && at(bytes, 8, 'AVI '),
  },
  { name: 'flv', family: 'sound-or-video', demuxer: 'flv', is: (bytes) => at(bytes, 0, 'FLV') },
  {
    ...{ name: 'asf', family: 'sound-or-video', demuxer: 'asf' },
    is: (bytes) => at(bytes, 0, [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]),
  },
  { name: 'mpegps', family: 'sound-or-video', demuxer: 'mpeg', is: (bytes) => at(bytes, 0, [0, 0, 1, 0xba]) },
  {
    name: 'png',
    family: 'picture',
    demuxer: 'png_pipe',
    is: (bytes) => at(bytes, 0, [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
  },
  { name: 'jpeg', family: 'picture', demuxer: 'jpeg_pipe', is: (bytes) => at(bytes, 0, [0xff, 0xd8, 0xff]) },
  {
    ...{ name: 'webp', family: 'picture', demuxer: 'webp_pipe' },
    is: (bytes) => at(bytes, 0, 'RIFF') && at(bytes, 8, 'WEBP'),
  },
  { name: 'gif', family: 'picture', demuxer: 'gif', is: (bytes) => at(bytes, 0, 'GIF87a') || at(bytes, 0, 'GIF89a') },
  {
    ...{ name: 'bmp', family: 'picture', demuxer: 'bmp_pipe' },
    is: (bytes) => at(bytes, 0, 'BM') && at(bytes, 6, [0, 0, 0, 0]),
  },
]

/** How much of a file {@link mediaSignature} looks at. */
export const SIGNATURE_BYTES = 8192

/** @throws ConversionError `input-refused` */
export function mediaSignature(bytes: Uint8Array, family: MediaFamily): { name: string; demuxer: string } {
  const found = signatures.find(({ is }) => is(bytes))
  if (found === undefined)
    throw new ConversionError('input-refused', 'that is no sound, video or picture of a known kind')
  if (found.family !== family) {
    throw new ConversionError(
      'input-refused',
      `that is ${found.name}, not a ${family === 'picture' ? 'picture' : 'sound or video'}`,
    )
  }
  return { name: found.name, demuxer: found.demuxer }
}

const bitRates = [
  // ISO 11172-3 §2.4.2.3: of layer III, kbit/s, for MPEG-1 and for MPEG-2.
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const

/** Two frames of layer III, one behind the other. */
function isMpegAudio(bytes: Uint8Array): boolean {
  const length = frameLength(bytes, 0)
  return length !== null && frameLength(bytes, length) !== null
}

function frameLength(bytes: Uint8Array, offset: number): number | null {
  const [first = 0, second = 0, third = 0] = bytes.subarray(offset, offset + 3)
  const version = (second >> 3) & 3
  const layer = (second >> 1) & 3
  if (first !== 0xff || second >> 5 !== 7 || version === 1 || layer !== 1) return null
  const isFirst = version === 3
  const rate = [44_100, 48_000, 32_000][(third >> 2) & 3]
  const bitRate = bitRates[isFirst ? 0 : 1][third >> 4]
  if (rate === undefined || bitRate === undefined || bitRate === 0) return null
  const sampleRate = rate / (isFirst ? 1 : version === 2 ? 2 : 4)
  return Math.floor(((isFirst ? 144_000 : 72_000) * bitRate) / sampleRate) + ((third >> 1) & 1)
}

/** ISO 13818-7 §6.2: two frames of AAC, one behind the other. */
function isAdts(bytes: Uint8Array): boolean {
  const isFrame = (offset: number): boolean => bytes[offset] === 0xff && ((bytes[offset + 1] ?? 0) & 0xf6) === 0xf0
  const [third = 0, fourth = 0, fifth = 0] = bytes.subarray(3, 6)
  const length = ((third & 3) << 11) | (fourth << 3) | (fifth >> 5)
  return isFrame(0) && length >= 7 && isFrame(length)
}
