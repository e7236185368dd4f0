import { resolve } from 'node:path'
import type { Source, SourceKind } from './input.ts'

/** What each kind may open, by FFmpeg's names: a file that is really a playlist or a script opens nothing else. */
const doors: Readonly<Record<SourceKind, { protocols: string; formats: string; demuxer?: string }>> = {
  v4l2: { protocols: 'file', formats: 'video4linux2,v4l2', demuxer: 'v4l2' },
  alsa: { protocols: 'file', formats: 'alsa', demuxer: 'alsa' },
  pulse: { protocols: 'file', formats: 'pulse', demuxer: 'pulse' },
  decklink: { protocols: 'file', formats: 'decklink', demuxer: 'decklink' },
  rtsp: { protocols: 'rtsp,rtsps,rtp,srtp,tcp,udp,tls', formats: 'rtsp,rtp,sdp,mpegts', demuxer: 'rtsp' },
  srt: { protocols: 'srt', formats: 'mpegts', demuxer: 'mpegts' },
  rtmp: { protocols: 'rtmp,rtmps,tcp,tls', formats: 'flv', demuxer: 'flv' },
  tcp: { protocols: 'tcp', formats: 'mpegts', demuxer: 'mpegts' },
  udp: { protocols: 'udp', formats: 'mpegts', demuxer: 'mpegts' },
  hls: { protocols: 'http,https,tcp,tls,crypto', formats: 'hls,mpegts,mov,aac,mp3', demuxer: 'hls' },
  file: { protocols: 'file', formats: 'mov,matroska,webm,mpegts,mpeg,flv,avi,mxf,ogg,wav,mp3,aac,flac' },
  test: { protocols: 'file', formats: 'lavfi', demuxer: 'lavfi' },
}

/** Decoders of what cameras, mixers and cutting programs make; the odd ones have been the way in before. */
const decoders =
  'h264,hevc,av1,libdav1d,libaom-av1,vp8,vp9,libvpx,libvpx-vp9,mpeg1video,mpeg2video,mpeg4,mjpeg,prores,dnxhd,dvvideo,' +
  'rawvideo,v210,wrapped_avframe,aac,aac_latm,mp2,mp2float,mp3,mp3float,ac3,eac3,opus,libopus,vorbis,flac,alac,pcm_s16le,' +
  'pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_u8,pcm_mulaw,pcm_alaw,pcm_bluray,pcm_s302m'

/** Demuxer and protocol that each kind can't do without. */
export function needsOf(): Map<SourceKind, string[]> {
  const kinds = Object.keys(doors) as SourceKind[]
  return new Map(
    kinds.map((kind) => {
      const { protocols, demuxer } = doors[kind]
      // RTSP is whitelisted like a protocol, and is a demuxer.
      const protocol = protocols.split(',').find((name) => !name.startsWith('rtsp'))!
      return [kind, [protocol, ...(demuxer === undefined ? [] : [demuxer])]]
    }),
  )
}

const whitelistsOf = (kind: SourceKind): string[] => {
  const { protocols, formats } = doors[kind]
  return ['-protocol_whitelist', protocols, '-format_whitelist', formats, '-codec_whitelist', decoders]
}

/** No answer for this long, µs: the source is lost. */
const silenceMicroseconds = '10000000'

const kindArguments: Readonly<Partial<Record<SourceKind, (source: Source) => string[]>>> = {
  v4l2: pictureArguments,
  rtsp: () => ['-rtsp_transport', 'tcp', '-timeout', silenceMicroseconds],
  rtmp: ({ isListener }) => (isListener ? ['-listen', '1'] : ['-rw_timeout', silenceMicroseconds]),
  tcp: ({ isListener }) => (isListener ? ['-listen', '1'] : ['-timeout', silenceMicroseconds]),
  hls: () => ['-rw_timeout', silenceMicroseconds],
}

export type InputArguments = {
  args: string[]
  /** Stream specifiers for `-map`. */
  video: string
  audio: string
}

/** @param seekSeconds of a file, where it was left; `seconds` at most are read */
export function inputArguments(
  source: Source,
  options: { pace: 'live' | 'fast'; seekSeconds: number; seconds: number | null },
): InputArguments {
  const limit = options.seconds === null ? [] : ['-t', options.seconds.toFixed(3)]
  const isPaced = options.pace === 'live' && (source.kind === 'file' || source.kind === 'test')
  const seek = source.kind === 'file' && options.seekSeconds > 0 ? ['-ss', options.seekSeconds.toFixed(3)] : []
  const args = [...(isPaced ? ['-re'] : []), ...limit, ...seek, ...opened(source)]
  if (source.audio === undefined) return { args, video: '0:v:0', audio: '0:a:0' }
  // Both devices give times of this machine's clock, so the difference of their beginnings is the truth.
  const sound = [...limit, '-isync', '0', ...opened(source.audio)]
  return { args: [...args, ...sound], video: '0:v:0', audio: '1:a:0' }
}

function opened(source: Source): string[] {
  const { demuxer } = doors[source.kind]
  return [
    ...['-thread_queue_size', '512'],
    ...whitelistsOf(source.kind),
    ...(demuxer === undefined ? [] : ['-f', demuxer]),
    ...(kindArguments[source.kind]?.(source) ?? []),
    ...['-i', nameOf(source)],
  ]
}

function nameOf(source: Source): string {
  if (source.kind === 'test') return testGraph(source)
  // With the protocol and an absolute path, no name looks like an address or an option.
  if (source.kind === 'file') return `file:${resolve(source.address)}`
  return source.address
}

/** A picture with its time and number in it, and a tone that beeps each second. */
function testGraph({ width, height, frameRate }: Source): string {
  const picture = `testsrc2=size=${width}x${height}:rate=${frameRate}[out0]`
  return `${picture};sine=frequency=440:beep_factor=4:sample_rate=48000[out1]`
}

function pictureArguments({ width, height, frameRate }: Source): string[] {
  const size = width === undefined ? [] : ['-video_size', `${width}x${height}`]
  return [...size, ...(frameRate === undefined ? [] : ['-framerate', String(frameRate)]), '-ts', 'abs']
}
