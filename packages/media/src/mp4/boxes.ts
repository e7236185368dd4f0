/** The boxes of a movie header, one function per fourcc (ISO 14496-12; sections named at each). */
import type { ColourDescription, VideoFormat } from '../track.ts'
import { ascii, type Box, box, cString, fullBox, u8, u16, u32, u64 } from './box.ts'

const UINT32 = 2 ** 32

/** §4.3 */
export function ftyp(major: string, compatible: readonly string[]): Box {
  return box('ftyp', ascii(major), u32(0x200), ascii(compatible.join('')))
}

/** §8.1.1, always with a 64-bit size: the header's own length then never depends on the body's. */
export function mdatHeader(bodyBytes: number): Uint8Array {
  const header = new Uint8Array(16)
  header.set(u32(1))
  header.set(ascii('mdat'), 4)
  header.set(u64(bodyBytes + 16), 8)
  return header
}

/** §8.2.2. Times of creation are left 0: the server's catalogue knows them, and equal bodies give equal headers. */
export function mvhd(timescale: number, duration: number, nextTrackId: number): Box {
  const version = duration >= UINT32 ? 1 : 0
  const times = version === 1 ? [u64(0, 0), u32(timescale), u64(duration)] : [u32(0, 0, timescale, duration)]
  return fullBox(
    'mvhd',
    version,
    0,
    ...times,
    u32(0x10000), // rate
    u16(0x100, 0), // volume
    u32(0, 0),
    matrix(0),
    new Uint8Array(24),
    u32(nextTrackId),
  )
}

export type TrackHeader = {
  id: number
  /** Movie ticks. */
  duration: number
  isAudio: boolean
  /** Pixels to show. */
  width: number
  height: number
  rotation: 0 | 90 | 180 | 270
}

/** §8.3.2; flags: enabled, in movie, in preview. */
export function tkhd(header: TrackHeader): Box {
  const { id, duration, isAudio, width, height, rotation } = header
  const version = duration >= UINT32 ? 1 : 0
  const times = version === 1 ? [u64(0, 0), u32(id, 0), u64(duration)] : [u32(0, 0, id, 0, duration)]
  return fullBox(
    'tkhd',
    version,
    7,
    ...times,
    u32(0, 0),
    u16(0, isAudio ? 1 : 0, isAudio ? 0x100 : 0, 0), // layer, alternate group: 1 for sound, volume
    matrix(rotation, width, height),
    u32(fixed16(width), fixed16(height)),
  )
}

/** §6.2.2: a clockwise rotation with the shift that brings the picture back to the origin. */
function matrix(rotation: 0 | 90 | 180 | 270, width = 0, height = 0): Uint8Array {
  const one = 0x10000
  const rows = {
    0: [one, 0, 0, 0, one, 0, 0, 0],
    90: [0, one, 0, -one, 0, 0, fixed16(height), 0],
    180: [-one, 0, 0, 0, -one, 0, fixed16(width), fixed16(height)],
    270: [0, -one, 0, one, 0, 0, 0, fixed16(width)],
  }
  return u32(...rows[rotation], 0x40000000)
}

function fixed16(value: number): number {
  return Math.min(Math.round(value * 65536), UINT32 - 1)
}

/** §8.4.2 */
export function mdhd(timescale: number, duration: number, language: string): Box {
  const version = duration >= UINT32 ? 1 : 0
  const times = version === 1 ? [u64(0, 0), u32(timescale), u64(duration)] : [u32(0, 0, timescale, duration)]
  const letters = /^[a-z]{3}$/.test(language) ? language : 'und'
  const packed = [...letters].reduce((bits, letter) => (bits << 5) | (letter.charCodeAt(0) - 0x60), 0)
  return fullBox('mdhd', version, 0, ...times, u16(packed, 0))
}

/** §8.4.6: only where the language is more than three letters. */
export function elng(language: string): Box | null {
  return /^[a-z]{3}$/.test(language) || !/^[A-Za-z0-9-]{2,64}$/.test(language)
    ? null
    : fullBox('elng', 0, 0, cString(language))
}

/** §8.4.3 */
export function hdlr(handler: 'vide' | 'soun', name: string): Box {
  return fullBox('hdlr', 0, 0, u32(0), ascii(handler), u32(0, 0, 0), cString(name.slice(0, 255)))
}

/** §12.1.2 */
export function vmhd(): Box {
  return fullBox('vmhd', 0, 1, u16(0, 0, 0, 0))
}

/** §12.2.2 */
export function smhd(): Box {
  return fullBox('smhd', 0, 0, u16(0, 0))
}

/** §8.7.1: the media lies in this same file. */
export function dinf(): Box {
  return box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)))
}

export type Edit = {
  /** Movie ticks. */
  duration: number
  /** Media ticks; −1: nothing is shown. */
  mediaTime: number
  rate: number
}

/** §8.6.5, §8.6.6 */
export function edts(edits: readonly Edit[]): Box | null {
  if (edits.length === 0) return null
  const isLong = edits.some((edit) => edit.duration >= UINT32 || edit.mediaTime >= UINT32 / 2)
  const entries = edits.map((edit) => {
    const rate = u32(Math.round(edit.rate * 65536))
    const times = isLong
      ? edit.mediaTime < 0
        ? [u64(edit.duration), u32(-1, -1)]
        : [u64(edit.duration, edit.mediaTime)]
      : [u32(edit.duration, edit.mediaTime)]
    return box('', ...times, rate).pieces.slice(1)
  })
  return box('edts', fullBox('elst', isLong ? 1 : 0, 0, u32(edits.length), ...entries.flat()))
}

/** §12.1.5, nclx; null where nothing is known. */
export function colr(colour: ColourDescription | null): Box | null {
  if (colour === null || (colour.primaries ?? colour.transfer ?? colour.matrix) === null) return null
  const codes = u16(colour.primaries ?? 2, colour.transfer ?? 2, colour.matrix ?? 2)
  return box('colr', ascii('nclx'), codes, u8(colour.fullRange ? 0x80 : 0))
}

/** §12.1.4; null where pixels are square. */
export function pasp(video: VideoFormat): Box | null {
  const wide = Math.round(video.displayWidth * video.height)
  const high = Math.round(video.displayHeight * video.width)
  if (!(wide > 0 && high > 0) || wide === high) return null
  // Where the size to show is in whole pixels, a ratio that rounding alone explains is 1:1.
  const isWhole = Number.isInteger(video.displayWidth) && Number.isInteger(video.displayHeight)
  if (isWhole && Math.abs(wide - high) <= Math.max(video.width, video.height)) return null
  const divisor = greatestCommonDivisor(wide, high)
  return box('pasp', u32(wide / divisor, high / divisor))
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

/** §8.6.1.2, §8.6.1.3, §8.7.3–§8.7.5, §8.6.2: the tables, their rows already serialised. */
export function stts(count: number, rows: readonly Uint8Array[]): Box {
  return fullBox('stts', 0, 0, u32(count), ...rows)
}

export function ctts(version: 0 | 1, count: number, rows: readonly Uint8Array[]): Box {
  return fullBox('ctts', version, 0, u32(count), ...rows)
}

export function stsz(count: number, rows: readonly Uint8Array[]): Box {
  return fullBox('stsz', 0, 0, u32(0, count), ...rows)
}

export function stsc(count: number, rows: readonly Uint8Array[]): Box {
  return fullBox('stsc', 0, 0, u32(count), ...rows)
}

export function stss(count: number, rows: readonly Uint8Array[]): Box {
  return fullBox('stss', 0, 0, u32(count), ...rows)
}

export function stco(count: number, rows: Uint8Array): Box {
  return fullBox('stco', 0, 0, u32(count), rows)
}

export function co64(count: number, rows: Uint8Array): Box {
  return fullBox('co64', 0, 0, u32(count), rows)
}

/** §10.1.1.2: one group of all samples, each of which is right once `samples` before it were decoded. */
export function rollGroup(count: number, samples: number): Box[] {
  const distance = -Math.min(Math.max(samples, 1), 32767)
  return [
    fullBox('sgpd', 1, 0, ascii('roll'), u32(2, 1), u16(distance)),
    fullBox('sbgp', 0, 0, ascii('roll'), u32(1, count, 1)),
  ]
}
