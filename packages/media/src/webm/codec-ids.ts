import type { Codec } from '../track.ts'

/** Matroska CodecID to codec (draft-ietf-cellar-codec). */
const codecs: Readonly<Record<string, Codec>> = {
  V_VP8: 'vp8',
  V_VP9: 'vp9',
  V_AV1: 'av1',
  'V_MPEG4/ISO/AVC': 'avc',
  'V_MPEGH/ISO/HEVC': 'hevc',
  A_OPUS: 'opus',
  A_VORBIS: 'vorbis',
  A_AAC: 'aac',
  A_FLAC: 'flac',
  'A_MPEG/L3': 'mp3',
  'A_PCM/INT/LIT': 'pcm',
}

/** What the WebM container guidelines allow. */
const webmCodecs: ReadonlySet<string> = new Set(['V_VP8', 'V_VP9', 'V_AV1', 'A_OPUS', 'A_VORBIS'])

export function codecOf(codecId: string): Codec {
  if (Object.hasOwn(codecs, codecId)) return codecs[codecId]!
  // Old writers put the profile behind: A_AAC/MPEG4/LC, with or without CodecPrivate.
  return codecId.startsWith('A_AAC/') ? 'aac' : 'other'
}

export function isWebmCodec(codecId: string): boolean {
  return webmCodecs.has(codecId) || codecId.startsWith('D_WEBVTT/')
}
