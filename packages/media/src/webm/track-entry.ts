import { dfLaFromCodecPrivate } from '../codec/flac.ts'
import { dOpsFromOpusHead } from '../codec/opus.ts'
import { MediaError } from '../media-error.ts'
import type { AudioFormat, ColourDescription, Track, VideoFormat } from '../track.ts'
import { codecOf } from './codec-ids.ts'
import * as id from './element-ids.ts'
import { children, readFloat, readText, readUnsigned } from './element-tree.ts'

/** A TrackEntry (RFC 9559 §5.1.4.1): the track, and what only Matroska has. */
export type TrackEntry = {
  track: Track
  /** The element as found, header included. */
  bytes: Uint8Array
  /** Nanoseconds a frame, 0 where not said. */
  defaultDuration: number
  /** Frames aren't what the codec made: compressed (header stripping too) or encrypted (RFC 9559 §5.1.4.1.31). */
  encoded: 'compressed' | 'encrypted' | null
}

const noBytes = new Uint8Array(0)

/**
 * @param timestampScale nanoseconds a tick of the segment
 * @throws MediaError `malformed`, `too-large`
 */
export function readTrackEntry(
  bytes: Uint8Array,
  payload: Uint8Array,
  bodyOffset: number,
  timestampScale: number,
): TrackEntry {
  const found = new Map<number, Uint8Array>()
  for (const child of children(payload, bodyOffset)) found.set(child.id, child.payload)
  const unsigned = (element: number, absent: number): number => {
    const value = found.get(element)
    return value === undefined ? absent : readUnsigned(value, bodyOffset)
  }
  const text = (element: number): string => readText(found.get(element) ?? noBytes)

  const number = unsigned(id.TRACK_NUMBER, 0)
  if (number === 0) throw new MediaError('malformed', 'TrackNumber is missing or 0', bodyOffset)
  const codecId = text(id.CODEC_ID)
  const encoded = readEncoding(found.get(id.CONTENT_ENCODINGS), bodyOffset)
  const type = unsigned(id.TRACK_TYPE, 0)
  const codec = encoded === null ? codecOf(codecId) : 'other'
  const codecPrivate = found.get(id.CODEC_PRIVATE) ?? null
  const video = type === 1 ? readVideo(found.get(id.VIDEO) ?? noBytes, bodyOffset) : null
  const audio = type === 2 ? readAudio(found.get(id.AUDIO) ?? noBytes, bodyOffset) : null
  const timescale = trackTimescale(codec, audio, timestampScale)
  const codecDelay = unsigned(id.CODEC_DELAY, 0)
  const inBand = codec === 'avc' && isAnnexB(codecPrivate)
  const track: Track = {
    id: number,
    kind: type === 1 ? 'video' : type === 2 ? 'audio' : 'other',
    codec,
    codecId,
    parameterSets: inBand ? 'in-band' : 'config',
    config: null,
    codecPrivate,
    timescale,
    // RFC 9559 has "eng" where Language is absent, but the browsers never write it, whatever is spoken.
    language: text(id.LANGUAGE_BCP47) || text(id.LANGUAGE) || 'und',
    name: text(id.NAME),
    video,
    audio,
    codecDelay: Math.round((codecDelay * timescale) / 1e9),
    edits: null,
  }
  track.config = configOf(track)
  return { track, bytes, defaultDuration: unsigned(id.DEFAULT_DURATION, 0), encoded }
}

/** In Matroska, avcC stands in CodecPrivate; Chromium writes none and sends Annex B (ITU-T H.264 Annex B). */
function isAnnexB(codecPrivate: Uint8Array | null): boolean {
  return codecPrivate === null || codecPrivate.length === 0 || codecPrivate[0] === 0
}

/** Null too where CodecPrivate is nothing to make it from: then the MP4 view says so, and other tracks stay usable. */
function configOf(track: Track): Uint8Array | null {
  try {
    return track.codecPrivate === null || track.codecPrivate.length === 0 ? null : readConfig(track, track.codecPrivate)
  } catch (error) {
    if (error instanceof MediaError) return null
    throw error
  }
}

function readConfig(track: Track, codecPrivate: Uint8Array): Uint8Array | null {
  switch (track.codec) {
    case 'opus':
      // Both in samples of 48 kHz (RFC 7845 §4).
      return dOpsFromOpusHead(codecPrivate, track.codecDelay)
    case 'flac':
      return dfLaFromCodecPrivate(codecPrivate)
    case 'avc':
      return track.parameterSets === 'config' ? codecPrivate : null
    case 'hevc':
    case 'aac':
      return codecPrivate
    case 'av1':
      // 4 bytes are av1C without its sequence header, as Chromium writes it: that one comes from the first frame.
      return codecPrivate.length > 4 ? codecPrivate : null
    default:
      return null
  }
}

/**
 * Sound counts in its own samples, in which packets, CodecDelay and DiscardPadding are whole numbers, and so are the
 * segment's milliseconds for Opus, which is 48 kHz whatever was recorded (RFC 7845 §4). Everything else keeps the ticks of
 * the segment, where those are whole and not too fine for dates (2^53 µs are 285 years).
 */
function trackTimescale(codec: string, audio: AudioFormat | null, timestampScale: number): number {
  if (codec === 'opus') return 48_000
  const rate = audio?.sampleRate ?? 0
  if (Number.isInteger(rate) && rate >= 1000) return rate
  return timestampScale >= 1000 && 1e9 % timestampScale === 0 ? 1e9 / timestampScale : 1_000_000
}

function readEncoding(encodings: Uint8Array | undefined, bodyOffset: number): TrackEntry['encoded'] {
  if (encodings === undefined) return null
  let encoded: TrackEntry['encoded'] = null
  for (const encoding of children(encodings, bodyOffset)) {
    if (encoding.id !== id.CONTENT_ENCODING) continue
    encoded ??= 'compressed'
    for (const child of children(encoding.payload, bodyOffset)) {
      if (child.id === id.CONTENT_ENCODING_TYPE && readUnsigned(child.payload, bodyOffset) === 1) encoded = 'encrypted'
    }
  }
  return encoded
}

function readVideo(payload: Uint8Array, bodyOffset: number): VideoFormat {
  let colour: ColourDescription | null = null
  let rotation: VideoFormat['rotation'] = 0
  const values = new Map<number, number>()
  for (const child of children(payload, bodyOffset)) {
    if (child.id === id.COLOUR) colour = readColour(child.payload, bodyOffset)
    else if (child.id === id.PROJECTION) rotation = readRotation(child.payload, bodyOffset)
    else if (child.payload.length <= 8) values.set(child.id, readUnsigned(child.payload, bodyOffset))
  }
  const value = (element: number, absent: number): number => values.get(element) ?? absent
  const width = value(id.PIXEL_WIDTH, 0)
  const height = value(id.PIXEL_HEIGHT, 0)
  if (width > 65_535 || height > 65_535) throw new MediaError('too-large', `video of ${width}×${height}`, bodyOffset)
  const shownWidth = Math.max(width - value(id.PIXEL_CROP_LEFT, 0) - value(id.PIXEL_CROP_RIGHT, 0), 0)
  const shownHeight = Math.max(height - value(id.PIXEL_CROP_TOP, 0) - value(id.PIXEL_CROP_BOTTOM, 0), 0)
  let displayWidth = value(id.DISPLAY_WIDTH, 0) || shownWidth
  let displayHeight = value(id.DISPLAY_HEIGHT, 0) || shownHeight
  // Any unit but pixels gives no more than an aspect ratio: keep the height.
  if (value(id.DISPLAY_UNIT, 0) !== 0 || displayWidth > 65_535 || displayHeight > 65_535) {
    displayWidth = Math.min(Math.round((shownHeight * displayWidth) / Math.max(displayHeight, 1)), 65_535)
    displayHeight = shownHeight
  }
  return { width, height, displayWidth, displayHeight, rotation, colour }
}

function readColour(payload: Uint8Array, bodyOffset: number): ColourDescription {
  const colour: ColourDescription = { primaries: null, transfer: null, matrix: null, fullRange: null }
  // ITU-T H.273: 2 is "unspecified", as good as absent.
  const point = (bytes: Uint8Array): number | null => {
    const value = readUnsigned(bytes, bodyOffset)
    return value === 2 || value > 255 ? null : value
  }
  for (const child of children(payload, bodyOffset)) {
    if (child.id === id.PRIMARIES) colour.primaries = point(child.payload)
    else if (child.id === id.TRANSFER_CHARACTERISTICS) colour.transfer = point(child.payload)
    else if (child.id === id.MATRIX_COEFFICIENTS) colour.matrix = point(child.payload)
    else if (child.id === id.RANGE) {
      const range = readUnsigned(child.payload, bodyOffset)
      colour.fullRange = range === 1 ? false : range === 2 ? true : null
    }
  }
  return colour
}

/** RFC 9559 §5.1.4.1.28.45: ProjectionPoseRoll turns counter-clockwise, ours clockwise. */
function readRotation(payload: Uint8Array, bodyOffset: number): VideoFormat['rotation'] {
  for (const child of children(payload, bodyOffset)) {
    if (child.id !== id.PROJECTION_POSE_ROLL) continue
    const clockwise = ((Math.round(-readFloat(child.payload, bodyOffset)) % 360) + 360) % 360
    if (clockwise === 90 || clockwise === 180 || clockwise === 270) return clockwise
  }
  return 0
}

function readAudio(payload: Uint8Array, bodyOffset: number): AudioFormat {
  const format: AudioFormat = { sampleRate: 8000, channels: 1, bitDepth: 0 }
  for (const child of children(payload, bodyOffset)) {
    if (child.id === id.SAMPLING_FREQUENCY) format.sampleRate = readFloat(child.payload, bodyOffset)
    else if (child.id === id.CHANNELS) format.channels = readUnsigned(child.payload, bodyOffset)
    else if (child.id === id.BIT_DEPTH) format.bitDepth = readUnsigned(child.payload, bodyOffset)
  }
  if (!(format.sampleRate > 0 && format.sampleRate <= 1e7) || format.channels > 255 || format.bitDepth > 255) {
    throw new MediaError('malformed', 'audio parameters out of bounds', bodyOffset)
  }
  return format
}
