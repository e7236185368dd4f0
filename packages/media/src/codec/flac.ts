import { MediaError } from '../media-error.ts'

/** RFC 9639 §8.2. */
export type FlacStream = {
  /** Samples a block; equal where the block size is fixed. */
  minBlock: number
  maxBlock: number
  sampleRate: number
  channels: number
  bitDepth: number
}

/**
 * Payload of `dfLa` (Encapsulation of FLAC in ISO BMFF §3.3.2, version and flags included) from a Matroska
 * CodecPrivate, which is `fLaC` and the metadata blocks.
 *
 * @throws MediaError `malformed`
 */
export function dfLaFromCodecPrivate(codecPrivate: Uint8Array): Uint8Array {
  const isMarked = String.fromCharCode(...codecPrivate.subarray(0, 4)) === 'fLaC'
  const blocks = isMarked ? codecPrivate.subarray(4) : codecPrivate
  const payload = new Uint8Array(4 + blocks.length)
  payload.set(blocks, 4)
  if (flacStreamOfConfig(payload) === null) throw new MediaError('malformed', 'the FLAC CodecPrivate has no STREAMINFO')
  return payload
}

/** STREAMINFO of a `dfLa` payload; null when it isn't the first block, as it has to be. */
export function flacStreamOfConfig(config: Uint8Array): FlacStream | null {
  if (config.length < 4 + 4 + 34 || (config[4]! & 127) !== 0) return null
  const view = new DataView(config.buffer, config.byteOffset + 8, 34)
  const packed = view.getUint32(10)
  return {
    minBlock: view.getUint16(0),
    maxBlock: view.getUint16(2),
    sampleRate: packed >>> 12,
    channels: ((packed >>> 9) & 7) + 1,
    bitDepth: ((packed >>> 4) & 31) + 1,
  }
}
