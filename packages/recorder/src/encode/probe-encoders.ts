import { type AudioCodec, askedTypes, type EncoderCapabilities, type VideoCodec } from './choose-encoder.ts'
import { videoConfigs } from './video-config.ts'

const size = { width: 1280, height: 720 }

/** Asks this browser what it can encode; nothing is opened. */
export async function probeEncoders(): Promise<EncoderCapabilities> {
  const [webCodecsVideo, webCodecsAudio] = await Promise.all([videoCodecs(), audioCodecs()])
  return {
    trackProcessor: typeof MediaStreamTrackProcessor === 'function' && typeof OffscreenCanvas === 'function',
    webCodecsVideo,
    webCodecsAudio,
    wasm: typeof WebAssembly === 'object',
    mediaRecorder:
      typeof MediaRecorder === 'function' ? askedTypes.filter((type) => MediaRecorder.isTypeSupported(type)) : [],
  }
}

async function videoCodecs(): Promise<VideoCodec[]> {
  if (typeof VideoEncoder !== 'function') return []
  return filterAsync(['avc', 'vp9', 'av1', 'vp8'] as const, async (codec) => {
    for (const config of videoConfigs(codec, size, 30)) {
      if ((await VideoEncoder.isConfigSupported(config)).supported === true) return true
    }
    return false
  })
}

async function audioCodecs(): Promise<AudioCodec[]> {
  if (typeof AudioEncoder !== 'function') return []
  const strings = { aac: 'mp4a.40.2', opus: 'opus' } as const
  return filterAsync(['aac', 'opus'] as const, async (codec) => {
    const config = { codec: strings[codec], sampleRate: 48_000, numberOfChannels: 2, bitrate: 128_000 }
    return (await AudioEncoder.isConfigSupported(config)).supported === true
  })
}

async function filterAsync<Value>(
  values: readonly Value[],
  keep: (value: Value) => Promise<boolean>,
): Promise<Value[]> {
  const kept = await Promise.all(values.map((value) => keep(value).catch(() => false)))
  return values.filter((_, index) => kept[index])
}
