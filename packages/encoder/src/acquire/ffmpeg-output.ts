import type { AudioCodec, Rendition, VideoCodec } from './rendition.ts'

/** A representation to be made. */
export type OutputPlan =
  | { kind: 'video'; codec: VideoCodec; rendition: Rendition; preset: string | null; sourceRate: number }
  | { kind: 'audio'; codec: Exclude<AudioCodec, 'none'>; bitrate: number; isCapture: boolean }

/** Ticks a second of every picture: whole for all frame rates that broadcasting knows but 24000/1001's. */
const videoTimescale = '90000'

/**
 * Where ffmpeg's time 0 is put, ms: sound begins before the picture by what its encoder delays it, and a negative time
 * would make the muxer move that one output alone.
 */
export const originMs = 1000

/** Which of ffmpeg's encoders make what; the first that is there is used. */
const encoders: Readonly<Record<string, readonly string[]>> = {
  h264: ['libx264'],
  hevc: ['libx265'],
  av1: ['libsvtav1', 'libaom-av1'],
  aac: ['aac'],
  opus: ['libopus'],
}

export const codecsEncoded: readonly string[] = Object.keys(encoders)

export function encodersOf(codec: string): readonly string[] {
  return encoders[codec] ?? []
}

/** Bits a second that the representation may reach. */
export function peakBitrate(bitrate: number): number {
  return Math.ceil(bitrate * 1.25)
}

type VideoPlan = Extract<OutputPlan, { kind: 'video' }>

/** What each encoder needs for closed groups of pictures that begin where they are told, and nowhere else. */
const encoderArguments: Readonly<Record<string, (plan: VideoPlan, segmentSeconds: number) => string[]>> = {
  // Measured, 720p30 on one core: docs/decisions/0005-encoder-ffmpeg.md.
  libx264: ({ preset }) => [
    ...['-preset', preset ?? 'veryfast', '-profile:v', 'high', '-sc_threshold', '0', '-forced-idr', '1'],
    ...['-flags', '+cgop', '-g', '6000'],
  ],
  libx265: ({ preset }) => [
    ...['-preset', preset ?? 'ultrafast', '-forced-idr', '1', '-tag:v', 'hvc1'],
    ...['-x265-params', 'keyint=6000:min-keyint=1:scenecut=0:open-gop=0:log-level=error'],
  ],
  // It takes no key frames by time, so the rate is made constant and the distance counted in frames.
  libsvtav1: (plan, seconds) => ['-preset', plan.preset ?? '10', ...countedGroups(plan, seconds)],
  'libaom-av1': (plan, seconds) => [
    ...['-cpu-used', plan.preset ?? '9', '-usage', 'realtime', '-row-mt', '1'],
    ...countedGroups(plan, seconds),
  ],
}

function countedGroups({ rendition, sourceRate }: VideoPlan, seconds: number): string[] {
  const rate = rendition.frameRate ?? sourceRate
  const frames = String(Math.max(1, Math.round(rate * seconds)))
  return ['-r', String(rate), '-g', frames, '-keyint_min', frames]
}

/** The options of one output: fragmented MP4 of one track, each frame flushed as it is made, to a pipe. */
export function outputArguments(
  plan: OutputPlan,
  map: string,
  options: { encoder: string | null; segmentMs: number; descriptor: number; isAdts?: boolean },
): string[] {
  return [
    ...['-map', map, '-map_metadata', '-1', '-map_chapters', '-1'],
    ...(plan.kind === 'video'
      ? videoArguments(plan, options)
      : audioArguments(plan, options.encoder, options.isAdts ?? false)),
    // `frag_discont` keeps the times as they are, so that picture and sound of two outputs still fit each other.
    ...['-f', 'mp4', '-movflags', '+cmaf+delay_moov+frag_every_frame+frag_discont+skip_trailer'],
    ...['-use_editlist', '0', '-avoid_negative_ts', 'disabled', '-output_ts_offset', String(originMs / 1000)],
    ...['-fflags', '+bitexact', '-flush_packets', '1', '-max_muxing_queue_size', '4096'],
    `pipe:${options.descriptor}`,
  ]
}

function videoArguments(plan: VideoPlan, options: { encoder: string | null; segmentMs: number }): string[] {
  const timescale = ['-video_track_timescale', videoTimescale]
  if (options.encoder === null) return ['-c:v', 'copy', ...timescale]
  const seconds = options.segmentMs / 1000
  const { bitrate, frameRate } = plan.rendition
  return [
    ...['-c:v', options.encoder, '-vf', filters(plan.rendition), '-pix_fmt', 'yuv420p'],
    ...(frameRate === undefined ? ownRate(options.encoder) : ['-r', String(frameRate)]),
    ...['-b:v', String(bitrate), ...(plan.codec === 'av1' ? [] : limited(bitrate))],
    ...['-force_key_frames', `expr:gte(t,n_forced*${seconds})`],
    ...(encoderArguments[options.encoder]?.(plan, seconds) ?? []),
    ...timescale,
  ]
}

/** Pictures as they come, at their own times: left to itself ffmpeg moves, repeats and drops them to make the rate even. */
function ownRate(encoder: string): string[] {
  return countsFrames(encoder) ? [] : ['-fps_mode', 'vfr', '-enc_time_base', `1:${videoTimescale}`]
}

function countsFrames(encoder: string): boolean {
  return encoder === 'libsvtav1' || encoder === 'libaom-av1'
}

function limited(bitrate: number): string[] {
  return ['-maxrate', String(Math.ceil(bitrate * 1.1)), '-bufsize', String(bitrate)]
}

/** The size is the rendition's whatever the source's is, so that a source may come back with another. */
function filters({ width, height }: Rendition): string {
  if (width === undefined || height === undefined) return 'scale=trunc(iw/2)*2:trunc(ih/2)*2,setsar=1'
  const fitted = `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2`
  return `${fitted},pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2,setsar=1`
}

function audioArguments(
  plan: Extract<OutputPlan, { kind: 'audio' }>,
  encoder: string | null,
  isAdts: boolean,
): string[] {
  if (encoder === null) return ['-c:a', 'copy', ...(isAdts ? ['-bsf:a', 'aac_adtstoasc'] : [])]
  // A sound card's clock isn't the camera's: the sound is stretched to its times, by at most 1000 samples a second.
  const stretched = plan.isCapture ? ['-af', 'aresample=async=1000'] : []
  return ['-c:a', encoder, '-b:a', String(plan.bitrate), '-ar', '48000', '-ac', '2', ...stretched]
}
