import { MediaError } from '../media-error.ts'
import type { ColourDescription } from '../track.ts'
import { BitReader } from './bits.ts'

const OBU_SEQUENCE_HEADER = 1

/** AV1 bitstream specification §5.5, as far as `av1C` needs it. */
export type Av1SequenceHeader = {
  profile: number
  level: number
  tier: number
  bitDepth: 8 | 10 | 12
  monochrome: boolean
  subsamplingX: number
  subsamplingY: number
  samplePosition: number
  colour: ColourDescription
  width: number
  height: number
}

/**
 * Payload of `av1C` (AV1 ISO Media File Format Binding §2.3.3) from a temporal unit: the four bytes of `existing`, or
 * ones built from the sequence header, with the sequence header OBU behind them. Chromium's own `av1C` is those four
 * bytes alone, which leaves decoders that want configOBUs without any. Null when the unit has no sequence header and
 * `existing` isn't whole.
 */
export function av1CFromTemporalUnit(unit: Uint8Array, existing: Uint8Array | null): Uint8Array | null {
  const usable = existing !== null && existing.length >= 4 ? existing : null
  if (usable !== null && usable.length > 4) return usable
  try {
    const payload = sequenceHeaderPayload(unit)
    if (payload === null) return usable
    const header = readAv1SequenceHeader(payload)
    const size = leb128(payload.length)
    const config = new Uint8Array(4 + 1 + size.length + payload.length)
    config.set(usable ?? configHeader(header))
    config[4] = (OBU_SEQUENCE_HEADER << 3) | 2 // obu_has_size_field
    config.set(size, 5)
    config.set(payload, 5 + size.length)
    return config
  } catch (error) {
    if (error instanceof MediaError) return usable
    throw error
  }
}

function configHeader(header: Av1SequenceHeader): Uint8Array {
  const depth = (header.bitDepth > 8 ? 0x40 : 0) | (header.bitDepth === 12 ? 0x20 : 0)
  const chroma = (header.subsamplingX << 3) | (header.subsamplingY << 2) | header.samplePosition
  return Uint8Array.of(
    0x81,
    (header.profile << 5) | header.level,
    (header.tier << 7) | depth | (header.monochrome ? 0x10 : 0) | chroma,
    0,
  )
}

/** §5.3: walks the OBUs; temporal delimiters and all else are passed over. */
function sequenceHeaderPayload(unit: Uint8Array): Uint8Array | null {
  let at = 0
  while (at < unit.length) {
    const header = unit[at]!
    const type = (header >> 3) & 15
    at += header & 4 ? 2 : 1
    let size = unit.length - at
    if (header & 2) {
      size = 0
      for (let index = 0; ; index++) {
        if (index === 8 || at >= unit.length) return null
        const byte = unit[at++]!
        size += (byte & 127) * 2 ** (7 * index)
        if (byte < 128) break
      }
    }
    if (size < 0 || at + size > unit.length) return null
    if (type === OBU_SEQUENCE_HEADER) return unit.subarray(at, at + size)
    at += size
  }
  return null
}

function leb128(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Uint8Array.from([...bytes, rest])
    bytes.push((rest & 127) | 128)
  }
}

/** @throws MediaError `malformed` when it ends early */
export function readAv1SequenceHeader(payload: Uint8Array): Av1SequenceHeader {
  const bits = new BitReader(payload)
  const profile = bits.bits(3)
  bits.skip(1) // still_picture
  const reduced = bits.flag()
  const { level, tier } = reduced ? { level: bits.bits(5), tier: 0 } : operatingPoints(bits)
  const widthBits = bits.bits(4) + 1
  const heightBits = bits.bits(4) + 1
  const width = bits.bits(widthBits) + 1
  const height = bits.bits(heightBits) + 1
  if (!reduced && bits.flag()) bits.skip(7) // frame id lengths
  bits.skip(3) // 128×128 superblocks, filter_intra, intra_edge_filter
  if (!reduced) skipTools(bits)
  bits.skip(3) // superres, cdef, restoration
  return { profile, level, tier, width, height, ...colourConfig(bits, profile) }
}

function operatingPoints(bits: BitReader): { level: number; tier: number } {
  let delayLength = 0
  if (bits.flag()) {
    bits.skip(64) // num_units_in_display_tick, time_scale
    if (bits.flag()) bits.unsigned() // num_ticks_per_picture_minus_1, uvlc: the same code as ue(v)
    if (bits.flag()) {
      delayLength = bits.bits(5) + 1
      bits.skip(32 + 5 + 5)
    }
  }
  const hasDisplayDelay = bits.flag()
  const count = bits.bits(5) + 1
  let first = { level: 0, tier: 0 }
  for (let index = 0; index < count; index++) {
    bits.skip(12) // operating_point_idc
    const level = bits.bits(5)
    const tier = level > 7 ? bits.bits(1) : 0
    if (delayLength > 0 && bits.flag()) bits.skip(2 * delayLength + 1)
    if (hasDisplayDelay && bits.flag()) bits.skip(4)
    if (index === 0) first = { level, tier }
  }
  return first
}

function skipTools(bits: BitReader): void {
  bits.skip(4) // interintra, masked, warped, dual filter
  const hasOrderHint = bits.flag()
  if (hasOrderHint) bits.skip(2)
  const choosesScreenContent = bits.flag()
  const screenContent = choosesScreenContent || bits.flag()
  if (screenContent && !bits.flag()) bits.skip(1) // seq_force_integer_mv
  if (hasOrderHint) bits.skip(3)
}

function colourConfig(
  bits: BitReader,
  profile: number,
): Omit<Av1SequenceHeader, 'profile' | 'level' | 'tier' | 'width' | 'height'> {
  const high = bits.flag()
  const bitDepth = high ? (profile === 2 && bits.flag() ? 12 : 10) : 8
  const monochrome = profile !== 1 && bits.flag()
  const [primaries, transfer, matrix] = bits.flag() ? [bits.bits(8), bits.bits(8), bits.bits(8)] : [2, 2, 2]
  if (monochrome) {
    const colour = { primaries, transfer, matrix, fullRange: bits.flag() }
    return { bitDepth, monochrome, subsamplingX: 1, subsamplingY: 1, samplePosition: 0, colour }
  }
  if (primaries === 1 && transfer === 13 && matrix === 0) {
    const colour = { primaries, transfer, matrix, fullRange: true }
    return { bitDepth, monochrome, subsamplingX: 0, subsamplingY: 0, samplePosition: 0, colour }
  }
  const fullRange = bits.flag()
  let subsamplingX = profile === 1 ? 0 : 1
  let subsamplingY = profile === 0 ? 1 : 0
  if (profile === 2 && bitDepth === 12) {
    subsamplingX = bits.bits(1)
    subsamplingY = subsamplingX === 1 ? bits.bits(1) : 0
  }
  const samplePosition = subsamplingX === 1 && subsamplingY === 1 ? bits.bits(2) : 0
  const colour = { primaries, transfer, matrix, fullRange }
  return { bitDepth, monochrome, subsamplingX, subsamplingY, samplePosition, colour }
}
