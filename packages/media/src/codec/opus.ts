import { MediaError } from '../media-error.ts'

/** Opus always counts time in 48 kHz samples, whatever the input was (RFC 6716 §2, RFC 7845 §4). */
export const OPUS_RATE = 48000

/** RFC 6716 §3.1 table 2: samples a frame by the configuration number's place in its group. */
const SILK_SAMPLES = [480, 960, 1920, 2880] as const
const HYBRID_SAMPLES = [480, 960] as const
const CELT_SAMPLES = [120, 240, 480, 960] as const

/** Samples at 48 kHz in a packet, from its table-of-contents byte; 0 when it isn't a packet (empty, or over 120 ms). */
export function opusPacketSamples(packet: Uint8Array): number {
  const toc = packet[0]
  if (toc === undefined) return 0
  const config = toc >> 3
  const frame =
    config < 12 ? SILK_SAMPLES[config & 3]! : config < 16 ? HYBRID_SAMPLES[config & 1]! : CELT_SAMPLES[config & 3]!
  const code = toc & 3
  const frames = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 63
  const samples = frame * frames
  return samples > 5760 ? 0 : samples
}

/**
 * Payload of `dOps` (Encapsulation of Opus in ISO BMFF §4.3.2) from a Matroska CodecPrivate (`OpusHead`, RFC 7845
 * §5.1), whose numbers are little-endian. PreSkip is CodecDelay and not the head's own: a WebM without CodecDelay is
 * played from its first sample on, and so must the MP4 be.
 *
 * @throws MediaError `malformed`
 */
export function dOpsFromOpusHead(codecPrivate: Uint8Array, codecDelaySamples: number): Uint8Array {
  const isHead = codecPrivate.length >= 19 && String.fromCharCode(...codecPrivate.subarray(0, 8)) === 'OpusHead'
  if (!isHead) throw new MediaError('malformed', 'the Opus CodecPrivate is not an OpusHead')
  const head = new DataView(codecPrivate.buffer, codecPrivate.byteOffset, codecPrivate.byteLength)
  const family = head.getUint8(18)
  const channels = head.getUint8(9)
  const mapping = family === 0 ? new Uint8Array(0) : codecPrivate.subarray(19, 21 + channels)
  if (channels === 0 || (family !== 0 && mapping.length < 2 + channels)) {
    throw new MediaError('malformed', 'the OpusHead has no channels, or its mapping table is cut')
  }
  if (!(codecDelaySamples >= 0 && codecDelaySamples <= 65535)) {
    throw new MediaError('malformed', `a codec delay of ${codecDelaySamples} samples is over 16 bits`)
  }
  const payload = new Uint8Array(11 + mapping.length)
  const view = new DataView(payload.buffer)
  view.setUint8(1, channels)
  view.setUint16(2, Math.round(codecDelaySamples))
  view.setUint32(4, head.getUint32(12, true))
  view.setInt16(8, head.getInt16(16, true))
  view.setUint8(10, family)
  payload.set(mapping, 11)
  return payload
}
