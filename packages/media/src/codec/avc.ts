import { MediaError } from '../media-error.ts'
import type { ColourDescription } from '../track.ts'
import { BitReader } from './bits.ts'

const NAL_SPS = 7
const NAL_PPS = 8
const NAL_SPS_EXTENSION = 13

/** Profiles whose SPS has the chroma fields (ITU-T H.264 §7.3.2.1.1). */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135])

/** Table E-1: sample aspect ratios by aspect_ratio_idc. */
const ASPECT_RATIOS: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
]

export type AvcSequence = {
  profile: number
  compatibility: number
  level: number
  chromaFormat: number
  lumaBitDepth: number
  chromaBitDepth: number
  /** Pixels, after cropping. */
  width: number
  height: number
  sampleAspectRatio: readonly [number, number]
  colour: ColourDescription | null
}

/**
 * Payload of `avcC` (ISO 14496-15 §5.3.3.1) from an access unit in Annex B form that carries its parameter sets; null
 * when it doesn't. NAL units get lengths of 4 bytes, as long as the start codes that they replace.
 */
export function avcCFromAnnexB(accessUnit: Uint8Array): Uint8Array | null {
  const sequences: Uint8Array[] = []
  const pictures: Uint8Array[] = []
  const extensions: Uint8Array[] = []
  for (const nal of annexBUnits(accessUnit)) {
    const type = nal[0]! & 31
    if (nal.length > 65535) continue
    if (type === NAL_SPS && nal.length >= 4) addOnce(sequences, nal, 31)
    else if (type === NAL_PPS) addOnce(pictures, nal, 255)
    else if (type === NAL_SPS_EXTENSION) addOnce(extensions, nal, 255)
  }
  const first = sequences[0]
  if (first === undefined || pictures.length === 0) return null
  let sequence: AvcSequence
  try {
    sequence = readAvcSequence(first)
  } catch (error) {
    if (error instanceof MediaError) return null
    throw error
  }
  const bytes = [1, sequence.profile, sequence.compatibility, sequence.level, 0xff, 0xe0 | sequences.length]
  const addSets = (sets: Uint8Array[]) => {
    for (const set of sets) bytes.push(set.length >> 8, set.length & 255, ...set)
  }
  addSets(sequences)
  bytes.push(pictures.length)
  addSets(pictures)
  if (sequence.profile === 100 || sequence.profile === 110 || sequence.profile === 122 || sequence.profile === 144) {
    bytes.push(0xfc | sequence.chromaFormat, 0xf8 | (sequence.lumaBitDepth - 8), 0xf8 | (sequence.chromaBitDepth - 8))
    bytes.push(extensions.length)
    addSets(extensions)
  }
  return Uint8Array.from(bytes)
}

/** The NAL units between start codes of three or four bytes (H.264 Annex B), trailing zeros taken off. */
export function annexBUnits(accessUnit: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = []
  let start = -1
  for (let at = 0; at + 2 < accessUnit.length; at++) {
    if (accessUnit[at] !== 0 || accessUnit[at + 1] !== 0 || accessUnit[at + 2] !== 1) continue
    if (start >= 0) pushUnit(units, accessUnit, start, at)
    start = at + 3
    at += 2
  }
  if (start >= 0) pushUnit(units, accessUnit, start, accessUnit.length)
  return units
}

function pushUnit(units: Uint8Array[], bytes: Uint8Array, start: number, end: number): void {
  let last = end
  while (last > start && bytes[last - 1] === 0) last--
  if (last > start) units.push(bytes.subarray(start, last))
}

function addOnce(sets: Uint8Array[], nal: Uint8Array, limit: number): void {
  const isKnown = sets.some((set) => set.length === nal.length && set.every((byte, index) => byte === nal[index]))
  if (!isKnown && sets.length < limit) sets.push(nal)
}

/** The first SPS of an `avcC`, null where it has none. */
export function avcSequenceOfConfig(config: Uint8Array): AvcSequence | null {
  if (config.length < 8 || (config[5]! & 31) === 0) return null
  const length = (config[6]! << 8) | config[7]!
  try {
    return readAvcSequence(config.subarray(8, 8 + length))
  } catch (error) {
    if (error instanceof MediaError) return null
    throw error
  }
}

/**
 * A sequence parameter set NAL unit (H.264 §7.3.2.1), emulation prevention still in it.
 *
 * @throws MediaError `malformed`
 */
export function readAvcSequence(nal: Uint8Array): AvcSequence {
  const bytes = withoutEmulationPrevention(nal)
  const bits = new BitReader(bytes, 1)
  const profile = bits.bits(8)
  const compatibility = bits.bits(8)
  const level = bits.bits(8)
  bits.unsigned() // seq_parameter_set_id
  let chromaFormat = 1
  let isSeparatePlanes = false
  let lumaBitDepth = 8
  let chromaBitDepth = 8
  if (HIGH_PROFILES.has(profile)) {
    chromaFormat = within(bits.unsigned(), 3, 'chroma_format_idc')
    if (chromaFormat === 3) isSeparatePlanes = bits.flag()
    lumaBitDepth = 8 + within(bits.unsigned(), 6, 'bit_depth_luma_minus8')
    chromaBitDepth = 8 + within(bits.unsigned(), 6, 'bit_depth_chroma_minus8')
    bits.skip(1)
    if (bits.flag()) skipScalingLists(bits, chromaFormat === 3 ? 12 : 8)
  }
  bits.unsigned() // log2_max_frame_num_minus4
  const orderType = bits.unsigned()
  if (orderType === 0) bits.unsigned()
  else if (orderType === 1) {
    bits.skip(1)
    bits.signed()
    bits.signed()
    const cycle = within(bits.unsigned(), 255, 'num_ref_frames_in_pic_order_cnt_cycle')
    for (let index = 0; index < cycle; index++) bits.signed()
  }
  bits.unsigned() // max_num_ref_frames
  bits.skip(1)
  const macroblocksWide = within(bits.unsigned(), 16383, 'pic_width_in_mbs_minus1') + 1
  const mapUnitsHigh = within(bits.unsigned(), 16383, 'pic_height_in_map_units_minus1') + 1
  const isFrameOnly = bits.flag()
  if (!isFrameOnly) bits.skip(1)
  bits.skip(1)
  const crop = bits.flag() ? [bits.unsigned(), bits.unsigned(), bits.unsigned(), bits.unsigned()] : [0, 0, 0, 0]
  const cropUnitX = chromaFormat === 1 || chromaFormat === 2 ? (isSeparatePlanes ? 1 : 2) : 1
  const cropUnitY = (chromaFormat === 1 ? 2 : 1) * (isFrameOnly ? 1 : 2)
  const width = macroblocksWide * 16 - (crop[0]! + crop[1]!) * cropUnitX
  const height = mapUnitsHigh * 16 * (isFrameOnly ? 1 : 2) - (crop[2]! + crop[3]!) * cropUnitY
  if (width <= 0 || height <= 0) throw new MediaError('malformed', 'an SPS crops its whole picture away')
  const usability = bits.flag() ? readUsability(bits) : { sampleAspectRatio: [1, 1] as const, colour: null }
  return { profile, compatibility, level, chromaFormat, lumaBitDepth, chromaBitDepth, width, height, ...usability }
}

/** Annex E.1.1, as far as colour_description. */
function readUsability(bits: BitReader): Pick<AvcSequence, 'sampleAspectRatio' | 'colour'> {
  let sampleAspectRatio: readonly [number, number] = [1, 1]
  if (bits.flag()) {
    const idc = bits.bits(8)
    const ratio: readonly [number, number] =
      idc === 255 ? [bits.bits(16), bits.bits(16)] : (ASPECT_RATIOS[idc] ?? [1, 1])
    if (ratio[0] > 0 && ratio[1] > 0) sampleAspectRatio = ratio
  }
  if (bits.flag()) bits.skip(1) // overscan
  if (!bits.flag()) return { sampleAspectRatio, colour: null }
  bits.skip(3) // video_format
  const fullRange = bits.flag()
  const [primaries, transfer, matrix] = bits.flag() ? [bits.bits(8), bits.bits(8), bits.bits(8)] : [null, null, null]
  return { sampleAspectRatio, colour: { primaries, transfer, matrix, fullRange } }
}

function skipScalingLists(bits: BitReader, count: number): void {
  for (let list = 0; list < count; list++) {
    if (!bits.flag()) continue
    let last = 8
    let next = 8
    for (let index = 0; index < (list < 6 ? 16 : 64); index++) {
      if (next !== 0) next = (last + bits.signed() + 256) & 255
      if (next !== 0) last = next
    }
  }
}

function within(value: number, limit: number, name: string): number {
  if (value > limit) throw new MediaError('malformed', `${name} is ${value}, at most ${limit} is allowed`)
  return value
}

/** H.264 §7.4.1: the 3 of every 0 0 3 is not data. */
function withoutEmulationPrevention(nal: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(nal.length)
  let length = 0
  let zeros = 0
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0
      continue
    }
    zeros = byte === 0 ? zeros + 1 : 0
    bytes[length++] = byte
  }
  return bytes.subarray(0, length)
}
