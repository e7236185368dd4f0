import { walkAdtsFrames } from './adts.ts'
import type { ByteWindow } from './byte-window.ts'
import type { FoundNote, Walk, Walked } from './walk.ts'

/** A chance sequence of bits is one frame in 10⁵ places, three that follow each other in 10¹⁵. */
const FEWEST_FRAMES = 3
const MOST_FRAMES = 100_000_000
const MOST_TAGS = 16

const bitrates: Record<string, readonly number[]> = {
  // ISO 11172-3 §2.4.2.3 and 13818-3, kbit/s by bitrate_index.
  '1-2': [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  '1-3': [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  '2-2': [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  '2-3': [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
}
const rates = [44100, 48000, 32000]

type Frame = { bytes: number; samples: number; rate: number; channels: number; layer: number; version: 1 | 2 | 2.5 }

/** Layers II and III; a free bitrate has no length and is not one. */
export function parseFrame(header: number): Frame | null {
  if (header >>> 21 !== 0x7ff) return null
  const versionBits = (header >>> 19) & 3
  const layerBits = (header >>> 17) & 3
  const rateIndex = (header >>> 10) & 3
  const bitrateIndex = (header >>> 12) & 15
  if (versionBits === 1 || (layerBits !== 1 && layerBits !== 2) || rateIndex === 3 || (header & 3) === 2) return null
  if (bitrateIndex === 0 || bitrateIndex === 15) return null
  const version = versionBits === 3 ? 1 : versionBits === 2 ? 2 : 2.5
  const layer = layerBits === 1 ? 3 : 2
  const rate = rates[rateIndex]! / (version === 1 ? 1 : version === 2 ? 2 : 4)
  const bitrate = bitrates[`${version === 1 ? 1 : 2}-${layer}`]![bitrateIndex]! * 1000
  const samples = layer === 3 && version !== 1 ? 576 : 1152
  const bytes = Math.floor(((samples / 8) * bitrate) / rate) + ((header >>> 9) & 1)
  return {
    bytes,
    samples,
    rate,
    channels: (header >>> 6) & 3 ? (((header >>> 6) & 3) === 3 ? 1 : 2) : 2,
    layer,
    version,
  }
}

/** MP3 from its first frame. */
export function* walkMpegAudio(window: ByteWindow, start: number): Walk<Walked | null> {
  return yield* walkFrames(window, start, FEWEST_FRAMES)
}

/** From an ID3v2 tag: MP3, or AAC that somebody tagged. */
export function* walkId3(window: ByteWindow, start: number): Walk<Walked | null> {
  let at = start
  for (let tags = 0; tags < MOST_TAGS; tags++) {
    const size = yield* id3Size(window, at)
    if (size === 0) break
    at += size
  }
  if (at === start) return null
  // Padding that the tag does not count: zeros up to the first frame.
  const here = yield* window.most(at, 4096)
  let padding = 0
  while (padding < here && window.u8(at + padding) === 0) padding++
  const audio = at + padding
  const found = (yield* walkFrames(window, audio, 1)) ?? (yield* walkAdtsFrames(window, audio, 2))
  return found
}

/** ID3v2 §3.1: header, 28 bits of size, perhaps a footer. @returns 0 where there is none */
export function* id3Size(window: ByteWindow, at: number): Walk<number> {
  if (!(yield* window.need(at, 10)) || !window.matches(at, 'ID3')) return 0
  const version = window.u8(at + 3)
  if (version < 2 || version > 4 || window.u8(at + 4) === 0xff || (window.u8(at + 5) & 0x0f) !== 0) return 0
  let size = 0
  for (let index = 6; index < 10; index++) {
    const byte = window.u8(at + index)
    if (byte > 0x7f) return 0
    size = size * 128 + byte
  }
  return 10 + size + (window.u8(at + 5) & 0x10 ? 10 : 0)
}

function* walkFrames(window: ByteWindow, from: number, fewest: number): Walk<Walked | null> {
  let at = from
  let first: Frame | null = null
  let stated: Stated = { frames: 0, trimmed: 0 }
  let lastAt = from
  let frames = 0
  for (; frames < MOST_FRAMES; frames++) {
    if (!window.has(at, 4) && !(yield* window.need(at, 4))) break
    const frame = parseFrame(window.u32(at))
    if (frame === null) break
    if (first === null) {
      first = frame
      stated = yield* statedFrames(window, at, frame)
    } else if (frame.rate !== first.rate || frame.layer !== first.layer || frame.version !== first.version) break
    lastAt = at
    at += frame.bytes
  }
  if (first === null || frames < fewest) return null
  const notes: FoundNote[] = []
  let end = at
  let whole = yield* window.reaches(end)
  if (!whole) {
    end = window.size ?? end
    notes.push({ severity: 'warning', code: 'cut', message: 'its last frame is cut' })
  } else end = yield* behindTags(window, end)
  // The first frame may hold no sound, but say how many follow (Xing's and VBRI headers).
  const sound = stated.frames > 0 ? frames - 1 : frames
  if (stated.frames > 0 && sound < stated.frames) {
    whole = false
    notes.push({ severity: 'warning', code: 'cut', message: `has ${sound} frames of ${stated.frames}` })
  }
  return {
    format: 'mp3',
    end,
    // Nothing tells whether the last frame is all there, unless a tag follows it.
    proven: end > at + 1 ? end : lastAt,
    whole,
    startMs: 0,
    durationMs: (Math.max(0, sound * first.samples - stated.trimmed) * 1000) / first.rate,
    facts: {
      sampleRate: first.rate,
      channels: first.channels,
      layer: first.layer,
      frames: sound,
      counted: stated.frames > 0,
    },
    notes,
  }
}

/** What the first frame says: how many follow, and how many samples its encoder added at both ends. */
type Stated = { frames: number; trimmed: number }

function* statedFrames(window: ByteWindow, at: number, frame: Frame): Walk<Stated> {
  const none = { frames: 0, trimmed: 0 }
  if (!(yield* window.need(at, frame.bytes))) return none
  const side = frame.version === 1 ? (frame.channels === 1 ? 17 : 32) : frame.channels === 1 ? 9 : 17
  const xing = at + 4 + side
  const end = at + frame.bytes
  if (xing + 12 <= end && (window.matches(xing, 'Xing') || window.matches(xing, 'Info'))) {
    const flags = window.u32(xing + 4)
    // Frames, bytes, a table of contents, quality: those that the flags name. Then LAME's name and, 21 bytes on, 12 bits
    // each of what it added in front and behind.
    const tag = xing + 8 + (flags & 1 ? 4 : 0) + (flags & 2 ? 4 : 0) + (flags & 4 ? 100 : 0) + (flags & 8 ? 4 : 0)
    const named = tag + 24 <= end && /^(LAME|Lavf|Lavc)/.test(window.text(tag, 4))
    const added = named ? window.u24(tag + 21) : 0
    return { frames: flags & 1 ? window.u32(xing + 8) : 0, trimmed: (added >> 12) + (added & 0xfff) }
  }
  return at + 54 <= end && window.matches(at + 36, 'VBRI') ? { frames: window.u32(at + 50), trimmed: 0 } : none
}

/** Tags at the end: APEv2, Lyrics3v2, ID3v1 with its extension. */
function* behindTags(window: ByteWindow, from: number): Walk<number> {
  let at = from
  for (let tags = 0; tags < MOST_TAGS; tags++) {
    const before = at
    if (!(yield* window.need(at, 32))) break
    if (window.matches(at, 'APETAGEX')) {
      const size = window.le32(at + 12)
      const end = at + 32 + size
      if (size < 2 ** 28 && (yield* window.reaches(end))) at = end
    } else if (window.matches(at, 'LYRICSBEGIN')) {
      const end = yield* window.find('LYRICS200', at, at + 2 ** 20)
      if (end >= 0) at = end + 9
    } else if (window.matches(at, 'TAG+') && (yield* window.need(at, 227))) at += 227
    else if (window.matches(at, 'TAG') && (yield* window.need(at, 128))) return at + 128
    if (at === before) break
  }
  // Whoever sent it through a text tool has a line feed behind it.
  return (yield* window.need(at, 1)) && window.u8(at) === 0x0a ? at + 1 : at
}
