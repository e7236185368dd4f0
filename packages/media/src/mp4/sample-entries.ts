/** Sample entries (ISO 14496-12 §12.1.3, §12.2.3 and each codec's binding), one function per fourcc. */
import { esdsPayload, OBJECT_TYPE, readAacConfig } from '../codec/aac.ts'
import type { Track, VideoFormat } from '../track.ts'
import { type Box, box, fullBox, u16, u32 } from './box.ts'
import { colr, pasp } from './boxes.ts'

type Entry = (track: Track, config: Uint8Array) => Box

const ENTRIES: { readonly [codec: string]: Entry } = { avc, hevc, vp9: vp09, av1: av01, opus, aac, flac, mp3 }

/** `stsd` of a track, or null while its configuration is missing or its codec has no place in an MP4. */
export function stsd(track: Track): Box | null {
  const entry = ENTRIES[track.codec]
  if (entry === undefined || (track.config === null && track.codec !== 'mp3')) return null
  return fullBox('stsd', 0, 0, u32(1), entry(track, track.config ?? new Uint8Array(0)))
}

/** Codecs that every player of MP4 files is expected to know. */
export function fitsMp4(track: Track): boolean {
  return ENTRIES[track.codec] !== undefined
}

/** ISO 14496-15 §5.4.2 */
function avc(track: Track, config: Uint8Array): Box {
  return visual(track.parameterSets === 'in-band' ? 'avc3' : 'avc1', track, box('avcC', config))
}

/** ISO 14496-15 §8.4.1 */
function hevc(track: Track, config: Uint8Array): Box {
  return visual(track.parameterSets === 'in-band' ? 'hev1' : 'hvc1', track, box('hvcC', config))
}

/** VP Codec ISO Media File Format Binding §1 */
function vp09(track: Track, config: Uint8Array): Box {
  return visual('vp09', track, box('vpcC', config))
}

/** AV1 ISO Media File Format Binding §2.2 */
function av01(track: Track, config: Uint8Array): Box {
  return visual('av01', track, box('av1C', config))
}

/** Encapsulation of Opus in ISO BMFF §4.3: the rate is 48000 whatever the input was. */
function opus(track: Track, config: Uint8Array): Box {
  return audio('Opus', track.audio?.channels ?? config[1] ?? 2, 48000, box('dOps', config))
}

/** ISO 14496-14 §5.6 */
function aac(track: Track, config: Uint8Array): Box {
  const core = readAacConfig(config)
  const rate = track.audio?.sampleRate ?? core?.sampleRate ?? 0
  return audio('mp4a', track.audio?.channels ?? 2, rate, box('esds', esdsPayload(OBJECT_TYPE.aac, config)))
}

/** Encapsulation of FLAC in ISO BMFF §3.3 */
function flac(track: Track, config: Uint8Array): Box {
  const depth = track.audio?.bitDepth || 16
  return audio('fLaC', track.audio?.channels ?? 2, track.audio?.sampleRate ?? 0, box('dfLa', config), depth)
}

function mp3(track: Track): Box {
  const rate = track.audio?.sampleRate ?? 0
  // MPEG-2 and 2.5 (ISO 13818-3) run below 32 kHz.
  const objectType = rate >= 32000 ? OBJECT_TYPE.mpeg1Audio : OBJECT_TYPE.mpeg2Audio
  return audio('mp4a', track.audio?.channels ?? 2, rate, box('esds', esdsPayload(objectType, null)))
}

function visual(fourcc: string, track: Track, config: Box): Box {
  const video: VideoFormat = track.video ?? {
    width: 0,
    height: 0,
    displayWidth: 0,
    displayHeight: 0,
    rotation: 0,
    colour: null,
  }
  return box(
    fourcc,
    u32(0),
    u16(0, 1), // reserved, data_reference_index
    new Uint8Array(16),
    u16(Math.min(video.width, 65535), Math.min(video.height, 65535)),
    u32(0x480000, 0x480000, 0), // 72 dpi
    u16(1), // frame_count
    new Uint8Array(32), // compressorname
    u16(24, 0xffff), // depth, pre_defined
    config,
    colr(video.colour),
    pasp(video),
  )
}

function audio(fourcc: string, channels: number, rate: number, config: Box, bitDepth = 16): Box {
  return box(
    fourcc,
    u32(0),
    u16(0, 1), // reserved, data_reference_index
    u32(0, 0),
    u16(Math.min(channels, 65535), bitDepth),
    u32(0),
    // 16.16; rates over 65535 Hz don't fit and stay 0, the codec's own configuration says them.
    u32(rate < 65536 ? rate * 65536 : 0),
    config,
  )
}
