import { MediaError } from '../media-error.ts'
import type { ColourDescription } from '../track.ts'
import { BitReader } from './bits.ts'

/** What a VP9 key frame says of itself (VP9 bitstream specification §6.2, uncompressed_header). */
export type Vp9KeyFrame = {
  profile: number
  bitDepth: 8 | 10 | 12
  subsamplingX: boolean
  subsamplingY: boolean
  colour: ColourDescription
  width: number
  height: number
}

/** H.273 primaries, transfer, matrix by color_space (§7.2.2); 3 is SMPTE 170M, which is what 601 (1) means too. */
const COLOUR_SPACES: readonly (readonly [number, number, number])[] = [
  [2, 2, 2],
  [6, 6, 6],
  [1, 1, 1],
  [6, 6, 6],
  [7, 7, 7],
  [9, 14, 9],
  [2, 2, 2],
  [1, 13, 0],
]

/** Annex A: level × 10, luma samples a second, luma samples a picture, longest side. */
const LEVELS: readonly (readonly [number, number, number, number])[] = [
  [10, 829440, 36864, 512],
  [11, 2764800, 73728, 768],
  [20, 4608000, 122880, 960],
  [21, 9216000, 245760, 1344],
  [30, 20736000, 552960, 2048],
  [31, 36864000, 983040, 2752],
  [40, 83558400, 2228224, 4160],
  [41, 160432128, 2228224, 4160],
  [50, 311951360, 8912896, 8384],
  [51, 588251136, 8912896, 8384],
  [52, 1176502272, 8912896, 8384],
  [60, 1176502272, 35651584, 16832],
  [61, 2353004544, 35651584, 16832],
  [62, 4706009088, 35651584, 16832],
]

/** Null when `frame` isn't a whole key frame's beginning. */
export function readVp9KeyFrame(frame: Uint8Array): Vp9KeyFrame | null {
  try {
    const bits = new BitReader(frame)
    if (bits.bits(2) !== 2) return null
    const low = bits.bits(1)
    const profile = bits.bits(1) * 2 + low
    if (profile === 3 && bits.flag()) return null
    const showsExistingFrame = bits.flag()
    if (showsExistingFrame) return null
    const isInterFrame = bits.flag()
    if (isInterFrame) return null
    bits.skip(2) // show_frame, error_resilient_mode
    if (bits.bits(24) !== 0x498342) return null
    const bitDepth = profile >= 2 ? (bits.flag() ? 12 : 10) : 8
    const colourSpace = bits.bits(3)
    let fullRange = true
    let subsamplingX = profile % 2 === 0
    let subsamplingY = subsamplingX
    if (colourSpace !== 7) fullRange = bits.flag()
    if (profile % 2 === 1) {
      if (colourSpace !== 7) {
        subsamplingX = bits.flag()
        subsamplingY = bits.flag()
      }
      if (bits.flag()) return null
    }
    const [primaries, transfer, matrix] = COLOUR_SPACES[colourSpace]!
    const width = bits.bits(16) + 1
    const height = bits.bits(16) + 1
    const colour = { primaries, transfer, matrix, fullRange }
    return { profile, bitDepth, subsamplingX, subsamplingY, colour, width, height }
  } catch (error) {
    if (error instanceof MediaError) return null
    throw error
  }
}

/** The lowest level that holds pictures of this size at this rate; 6.2 where none does. */
export function vp9Level(width: number, height: number, framesPerSecond: number): number {
  for (const [level, rate, size, side] of LEVELS) {
    if (width * height <= size && width * height * framesPerSecond <= rate && Math.max(width, height) <= side)
      return level
  }
  return 62
}

/**
 * Payload of `vpcC` (version and flags included) from a key frame: VP Codec ISO Media File Format Binding §2.
 * `framesPerSecond` is a guess that only the level depends on, and no decoder refuses a stream for it.
 */
export function vpcCFromKeyFrame(frame: Uint8Array, framesPerSecond = 30): Uint8Array | null {
  const key = readVp9KeyFrame(frame)
  if (key === null) return null
  // 4:2:0 is called colocated (1), the default of the RFC 6381 string, since the bitstream doesn't say.
  const chroma = key.subsamplingX ? (key.subsamplingY ? 1 : 2) : key.subsamplingY ? 4 : 3
  const level = vp9Level(key.width, key.height, framesPerSecond)
  const { primaries, transfer, matrix, fullRange } = key.colour
  const packed = (key.bitDepth << 4) | (chroma << 1) | (fullRange ? 1 : 0)
  return Uint8Array.of(1, 0, 0, 0, key.profile, level, packed, primaries!, transfer!, matrix!, 0, 0)
}
