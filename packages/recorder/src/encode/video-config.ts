// Encoder configurations to try, best first, for one size and rate.
import type { Size } from '../capture/bubble.ts'
import type { VideoCodec } from './choose-encoder.ts'

/** About 0.07 bits a pixel: text stays sharp, 1080p at 30/s takes some 4.4 Mbit/s. */
export function videoBitrate(size: Size, frameRate: number): number {
  return Math.round(Math.min(12e6, Math.max(400e3, size.width * size.height * frameRate * 0.07)))
}

// ITU-T H.264 table A-1: level → most macroblocks a second, most macroblocks a picture.
const avcLevels: readonly [level: number, perSecond: number, perPicture: number][] = [
  [30, 40_500, 1_620],
  [31, 108_000, 3_600],
  [32, 216_000, 5_120],
  [40, 245_760, 8_192],
  [42, 522_240, 8_704],
  [50, 589_824, 22_080],
  [51, 983_040, 36_864],
  [52, 2_073_600, 36_864],
]

function avcLevel(size: Size, frameRate: number): string {
  const blocks = Math.ceil(size.width / 16) * Math.ceil(size.height / 16)
  const fits = avcLevels.find(([, perSecond, perPicture]) => blocks <= perPicture && blocks * frameRate <= perSecond)
  return (fits?.[0] ?? 62).toString(16).padStart(2, '0')
}

// VP9 levels (webmproject.org/vp9/levels) → most luma samples a second, and a picture.
const vp9Levels: readonly [level: number, perSecond: number, perPicture: number][] = [
  [21, 9_216_000, 245_760],
  [30, 20_736_000, 552_960],
  [31, 36_864_000, 983_040],
  [40, 83_558_400, 2_228_224],
  [41, 160_432_128, 2_228_224],
  [50, 311_951_360, 8_912_896],
  [51, 588_251_136, 8_912_896],
]

function vp9Level(size: Size, frameRate: number): number {
  const pixels = size.width * size.height
  return vp9Levels.find(([, second, picture]) => pixels <= picture && pixels * frameRate <= second)?.[0] ?? 62
}

// AV1 §A.3: seq_level_idx 4 is 3.0, 5 is 3.1, 8 is 4.0, 9 is 4.1, 12 is 5.0, 13 is 5.1.
function av1Level(size: Size, frameRate: number): string {
  const level = vp9Level(size, frameRate)
  const index =
    level <= 21 ? 1 : level <= 30 ? 4 : level <= 31 ? 5 : level <= 40 ? 8 : level <= 41 ? 9 : level <= 50 ? 12 : 13
  return String(index).padStart(2, '0')
}

const codecStrings: Readonly<Record<VideoCodec, (size: Size, frameRate: number) => string[]>> = {
  // High saves about a tenth; constrained baseline is what every H.264 encoder has.
  avc: (size, rate) => ['avc1.6400', 'avc1.4d00', 'avc1.42e0'].map((profile) => profile + avcLevel(size, rate)),
  vp9: (size, rate) => [`vp09.00.${vp9Level(size, rate)}.08`],
  vp8: () => ['vp8'],
  av1: (size, rate) => [`av01.0.${av1Level(size, rate)}M.08`],
}

export function videoConfigs(codec: VideoCodec, size: Size, frameRate: number): VideoEncoderConfig[] {
  return codecStrings[codec](size, frameRate).map((string) => ({
    codec: string,
    width: size.width,
    height: size.height,
    framerate: frameRate,
    bitrate: videoBitrate(size, frameRate),
    bitrateMode: 'variable',
    latencyMode: 'realtime',
    // Annex B: parameter sets travel with every key frame, so that another encoder may go on in the same track (avc3).
    ...(codec === 'avc' && { avc: { format: 'annexb' as const } }),
  }))
}
