import { MediaError } from '../media-error.ts'
import { BitReader } from './bits.ts'

/** ISO 14496-3 table 1.18. */
const RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350] as const

/** ISO 14496-3 table 1.19; 0 where a program_config_element says. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8] as const

const ES_DESCRIPTOR = 3
const DECODER_CONFIG_DESCRIPTOR = 4
const DECODER_SPECIFIC_INFO = 5
const SL_CONFIG_DESCRIPTOR = 6

/** objectTypeIndication (ISO 14496-1 §7.2.6.6.2). */
export const OBJECT_TYPE = { aac: 0x40, mpeg2AacLow: 0x67, mpeg2Audio: 0x69, mpeg1Audio: 0x6b } as const

export type AacConfig = {
  /** As in `mp4a.40.N`: 2 LC, 5 SBR, 29 PS. */
  objectType: number
  /** Rate of the core, which is what a frame's samples are counted in. */
  sampleRate: number
  channels: number
  frameSamples: 1024 | 960
}

/** AudioSpecificConfig (ISO 14496-3 §1.6.2.1); null when cut or of no known rate. */
export function readAacConfig(config: Uint8Array): AacConfig | null {
  try {
    const bits = new BitReader(config)
    const objectType = audioObjectType(bits)
    const sampleRate = samplingFrequency(bits)
    const channels = CHANNELS[bits.bits(4)] ?? 0
    let core = objectType
    if (objectType === 5 || objectType === 29) {
      samplingFrequency(bits)
      core = audioObjectType(bits)
    }
    // GASpecificConfig begins with frameLengthFlag; other object types don't have it.
    const isGeneral = [1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23].includes(core)
    const frameSamples = isGeneral && bits.left > 0 && bits.flag() ? 960 : 1024
    return sampleRate === 0 ? null : { objectType, sampleRate, channels, frameSamples }
  } catch (error) {
    if (error instanceof MediaError) return null
    throw error
  }
}

function audioObjectType(bits: BitReader): number {
  const type = bits.bits(5)
  return type === 31 ? 32 + bits.bits(6) : type
}

function samplingFrequency(bits: BitReader): number {
  const index = bits.bits(4)
  return index === 15 ? bits.bits(24) : (RATES[index] ?? 0)
}

/** Payload of `esds` (ISO 14496-14 §5.6, version and flags included). `config` is null where the codec has none (MP3). */
export function esdsPayload(objectType: number, config: Uint8Array | null): Uint8Array {
  const specific = config === null ? new Uint8Array(0) : descriptor(DECODER_SPECIFIC_INFO, config)
  const decoder = new Uint8Array(13 + specific.length)
  decoder[0] = objectType
  decoder[1] = (5 << 2) | 1 // audio stream, reserved bit
  decoder.set(specific, 13) // bufferSizeDB, maxBitrate, avgBitrate stay 0: unknown
  const decoderConfig = descriptor(DECODER_CONFIG_DESCRIPTOR, decoder)
  const timing = descriptor(SL_CONFIG_DESCRIPTOR, Uint8Array.of(2))
  const stream = new Uint8Array(3 + decoderConfig.length + timing.length)
  stream.set(decoderConfig, 3)
  stream.set(timing, 3 + decoderConfig.length)
  const whole = descriptor(ES_DESCRIPTOR, stream)
  const payload = new Uint8Array(4 + whole.length)
  payload.set(whole, 4)
  return payload
}

/** A descriptor with its size in four bytes, as every other writer does (ISO 14496-1 §8.3.3). */
function descriptor(tag: number, payload: Uint8Array): Uint8Array {
  const size = payload.length
  const bytes = new Uint8Array(5 + size)
  bytes.set([tag, 0x80 | (size >>> 21), 0x80 | ((size >>> 14) & 127), 0x80 | ((size >>> 7) & 127), size & 127])
  bytes.set(payload, 5)
  return bytes
}

/** What an `esds` payload holds. @throws MediaError `malformed` */
export function readEsds(payload: Uint8Array): { objectType: number; config: Uint8Array | null } {
  const stream = findDescriptor(payload.subarray(4), ES_DESCRIPTOR)
  if (stream === null || stream.length < 3) throw new MediaError('malformed', 'esds without an ES_Descriptor')
  const flags = stream[2]!
  const urlLength = flags & 0x40 ? 1 + (stream[3 + (flags & 0x80 ? 2 : 0)] ?? 0) : 0
  const start = 3 + (flags & 0x80 ? 2 : 0) + urlLength + (flags & 0x20 ? 2 : 0)
  const decoder = findDescriptor(stream.subarray(start), DECODER_CONFIG_DESCRIPTOR)
  if (decoder === null || decoder.length < 13)
    throw new MediaError('malformed', 'esds without a DecoderConfigDescriptor')
  return { objectType: decoder[0]!, config: findDescriptor(decoder.subarray(13), DECODER_SPECIFIC_INFO) }
}

function findDescriptor(bytes: Uint8Array, wanted: number): Uint8Array | null {
  let at = 0
  while (at < bytes.length) {
    const tag = bytes[at++]!
    let size = 0
    for (let index = 0; ; index++) {
      if (index === 4 || at >= bytes.length) return null
      const byte = bytes[at++]!
      size = (size << 7) | (byte & 127)
      if (byte < 128) break
    }
    // A size over the end is cut there: writers exist that count it wrongly, and the payload's start is what matters.
    if (tag === wanted) return bytes.subarray(at, at + size)
    at += size
  }
  return null
}
