export type VideoCodec = 'avc' | 'vp9' | 'vp8' | 'av1'
export type AudioCodec = 'aac' | 'opus'

/** What this browser can do, as {@link probeEncoders} found it. */
export type EncoderCapabilities = {
  /** MediaStreamTrackProcessor: frames of a track without a canvas, also in hidden tabs. */
  trackProcessor: boolean
  webCodecsVideo: readonly VideoCodec[]
  /** `aac` is in the list where the browser has it; `wasm` says that the one in WebAssembly could run. */
  webCodecsAudio: readonly AudioCodec[]
  wasm: boolean
  /** MIME types, of those that were asked for, that MediaRecorder says it can write. */
  mediaRecorder: readonly string[]
}

export type EncoderChoice =
  | { kind: 'webcodecs'; container: 'mp4'; video: VideoCodec | null; audio: AudioCodec | null; contentType: string }
  | { kind: 'mediarecorder'; mimeType: string; timesliceMs: number; keyIntervalMs: number; contentType: string }

export type Wanted = {
  video: boolean
  audio: boolean
  prefer?: 'webcodecs' | 'mediarecorder'
  videoCodec?: VideoCodec
  audioCodec?: AudioCodec
}

const recorderTypes = {
  // VP9 before VP8: its MP4 view plays outside of Chromium too. MP4 only as avc3: avc1 breaks when the size changes.
  av: [
    'video/webm;codecs=vp9,opus',
    'video/webm;codecs=vp8,opus',
    'video/mp4;codecs=avc3.64003E,mp4a.40.2',
    'video/mp4;codecs=avc3.64003E,opus',
    'video/mp4;codecs=avc3.42E01E,mp4a.40.2',
    'video/mp4;codecs=avc3.42E01E,opus',
    // What older Safaris have. It would break at a change of size; pictures are composed to one size (composed-track.ts).
    'video/mp4;codecs=avc1.42E01E,mp4a.40.2',
  ],
  video: [
    'video/webm;codecs=vp9',
    'video/webm;codecs=vp8',
    'video/mp4;codecs=avc3.64003E',
    'video/mp4;codecs=avc3.42E01E',
    'video/mp4;codecs=avc1.42E01E',
  ],
  audio: ['audio/webm;codecs=opus', 'audio/mp4;codecs=opus', 'audio/mp4;codecs=mp4a.40.2'],
} as const

/** Every MIME type that {@link chooseEncoder} may want. */
export const askedTypes: readonly string[] = Object.values(recorderTypes).flat()

/** Best first: fMP4 of H.264 + AAC, then what else WebCodecs has, then MediaRecorder; null where nothing fits. */
export function chooseEncoder(capabilities: EncoderCapabilities, wanted: Wanted): EncoderChoice | null {
  const choose = { webcodecs: chooseWebCodecs, mediarecorder: chooseMediaRecorder }
  if (wanted.prefer !== undefined) return choose[wanted.prefer](capabilities, wanted)
  return chooseWebCodecs(capabilities, wanted) ?? chooseMediaRecorder(capabilities, wanted)
}

function chooseWebCodecs(can: EncoderCapabilities, wanted: Wanted): EncoderChoice | null {
  if (!can.trackProcessor) return null
  const audioCodecs = new Set<AudioCodec>(can.webCodecsAudio)
  if (can.wasm) audioCodecs.add('aac')
  const videoOrder: VideoCodec[] = wanted.videoCodec ? [wanted.videoCodec] : ['avc', 'vp9', 'av1', 'vp8']
  const audioOrder: AudioCodec[] = wanted.audioCodec ? [wanted.audioCodec] : ['aac', 'opus']
  const video = wanted.video ? videoOrder.find((codec) => can.webCodecsVideo.includes(codec)) : null
  const audio = wanted.audio ? audioOrder.find((codec) => audioCodecs.has(codec)) : null
  if (video === undefined || audio === undefined || (video === null && audio === null)) return null
  return { kind: 'webcodecs', container: 'mp4', video, audio, contentType: video ? 'video/mp4' : 'audio/mp4' }
}

function chooseMediaRecorder(can: EncoderCapabilities, wanted: Wanted): EncoderChoice | null {
  const list: readonly string[] = wanted.video
    ? recorderTypes[wanted.audio ? 'av' : 'video']
    : wanted.audio
      ? recorderTypes.audio
      : []
  const fits = (type: string) => {
    if (!can.mediaRecorder.includes(type)) return false
    if (wanted.videoCodec !== undefined && !type.includes(wanted.videoCodec)) return false
    return wanted.audioCodec === undefined || type.includes(wanted.audioCodec === 'aac' ? 'mp4a' : 'opus')
  }
  const mimeType = list.find(fits)
  if (mimeType === undefined) return null
  const contentType = mimeType.slice(0, mimeType.indexOf(';'))
  // Chromium's MP4 comes out at key frames alone, its WebM at every timeslice.
  return {
    kind: 'mediarecorder',
    mimeType,
    timesliceMs: 250,
    keyIntervalMs: contentType.endsWith('mp4') ? 1000 : 2000,
    contentType,
  }
}
