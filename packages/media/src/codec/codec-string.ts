import type { Track } from '../track.ts'
import { readAacConfig } from './aac.ts'
import { vp9Level } from './vp9.ts'

type Named = (track: Track, config: Uint8Array) => string | null

/** RFC 6381 §3.3 and the registrations of each codec. */
const NAMES: { readonly [codec: string]: Named } = {
  vp8: () => 'vp8',
  vorbis: () => 'vorbis',
  opus: () => 'opus',
  flac: () => 'flac',
  mp3: () => 'mp3',
  avc(track, config) {
    if (config.length < 4) return null
    return `${track.parameterSets === 'in-band' ? 'avc3' : 'avc1'}.${hex(config[1]!)}${hex(config[2]!)}${hex(config[3]!)}`
  },
  hevc,
  vp9(track, config) {
    if (config.length < 8) return null
    // Chromium's MediaRecorder leaves the level 0, and its own isTypeSupported knows no such level.
    const level = config[5] || vp9Level(track.video?.width ?? 0, track.video?.height ?? 0, 30)
    return `vp09.${twoDigits(config[4]!)}.${twoDigits(level)}.${twoDigits(config[6]! >> 4)}`
  },
  av1(_track, config) {
    if (config.length < 4) return null
    const tier = config[2]! & 0x80 ? 'H' : 'M'
    const depth = config[2]! & 0x40 ? (config[2]! & 0x20 ? 12 : 10) : 8
    return `av01.${config[1]! >> 5}.${twoDigits(config[1]! & 31)}${tier}.${twoDigits(depth)}`
  },
  aac(_track, config) {
    const aac = readAacConfig(config)
    return aac === null ? null : `mp4a.40.${aac.objectType}`
  },
}

/** The `codecs` parameter that names this track for `canPlayType`, HLS and DASH; null while its config isn't known. */
export function codecString(track: Track): string | null {
  const name = NAMES[track.codec]
  return name === undefined ? null : name(track, track.config ?? new Uint8Array(0))
}

/** ISO 14496-15 Annex E.3: profile space and idc, compatibility flags in reverse, tier and level, constraint bytes. */
function hevc(track: Track, config: Uint8Array): string | null {
  if (config.length < 13) return null
  const space = ['', 'A', 'B', 'C'][config[1]! >> 6]!
  const tier = config[1]! & 0x20 ? 'H' : 'L'
  let compatibility = 0
  for (let bit = 0; bit < 32; bit++) {
    if ((config[2 + (bit >> 3)]! >> (7 - (bit & 7))) & 1) compatibility += 2 ** bit
  }
  const constraints = [...config.subarray(6, 12)]
  while (constraints.length > 0 && constraints.at(-1) === 0) constraints.pop()
  const entry = track.parameterSets === 'in-band' ? 'hev1' : 'hvc1'
  const parts = [entry, `${space}${config[1]! & 31}`, compatibility.toString(16).toUpperCase(), `${tier}${config[12]!}`]
  return [...parts, ...constraints.map((byte) => byte.toString(16).toUpperCase())].join('.')
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0').toUpperCase()
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
