/** Codecs that a track can be recognised as; `other` keeps the body's own identifier in `codecId`. */
export type Codec =
  | 'vp8'
  | 'vp9'
  | 'av1'
  | 'avc'
  | 'hevc'
  | 'opus'
  | 'vorbis'
  | 'aac'
  | 'flac'
  | 'mp3'
  | 'pcm'
  | 'other'

/** Colour description as ITU-T H.273 code points; `null` where the body does not say. */
export type ColourDescription = {
  primaries: number | null
  transfer: number | null
  matrix: number | null
  fullRange: boolean | null
}

export type VideoFormat = {
  /** Coded size in pixels. */
  width: number
  height: number
  /** Size to show, in square pixels. */
  displayWidth: number
  displayHeight: number
  /** Clockwise rotation that players have to apply, in degrees. */
  rotation: 0 | 90 | 180 | 270
  colour: ColourDescription | null
}

export type AudioFormat = {
  /** Hz. */
  sampleRate: number
  channels: number
  /** Bits a sample, 0 where the codec has none. */
  bitDepth: number
}

/**
 * One elementary stream of a body.
 *
 * `config` is the decoder configuration in the form in which MP4 sample entries carry it (the payload of `avcC`, `hvcC`,
 * `av1C`, `vpcC`, `dOps`, `dfLa`, or the AudioSpecificConfig of `esds`), and stays null until it is known: for some
 * bodies it is built from the first key frame, so a track may be announced before.
 */
export type Track = {
  /** Track number (Matroska) or track_ID (ISO BMFF), unique in the body. */
  id: number
  kind: 'video' | 'audio' | 'other'
  codec: Codec
  /** Matroska CodecID or sample entry fourcc, as found. */
  codecId: string
  /** How parameter sets travel: in `config` alone (avc1, hvc1) or in the samples too (avc3, hev1). */
  parameterSets: 'config' | 'in-band'
  config: Uint8Array | null
  /** Matroska CodecPrivate, as found; null in ISO BMFF. */
  codecPrivate: Uint8Array | null
  /** Ticks a second of every time that is given for this track's samples. */
  timescale: number
  /** ISO 639-2/T or BCP 47, `und` where unknown. */
  language: string
  name: string
  video: VideoFormat | null
  audio: AudioFormat | null
  /** Samples at the start that are decoded and not presented, in ticks (Matroska CodecDelay; 0 where the body has none). */
  codecDelay: number
  /** Edit list of the body (ISO 14496-12 §8.6.6); durations in movie ticks; null where there is none. */
  edits: EditList | null
}

export type EditList = {
  /** Ticks a second of `duration`. */
  movieTimescale: number
  entries: { duration: number; mediaTime: number; rate: number }[]
}
