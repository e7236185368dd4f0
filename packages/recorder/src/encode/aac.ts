// AAC, which every player takes: the browser's own encoder, or one in WebAssembly (a megabyte, loaded only then).
import { AudioSample, AudioSampleSource, canEncodeAudio, Mp4OutputFormat, NullTarget, Output } from 'mediabunny'

const format = { numberOfChannels: 2, sampleRate: 48_000 }
const bitrate = 128_000
/** A page's policy may forbid WebAssembly or workers from blobs, and then the encoder never answers. */
const patienceMs = 5000

let usable: Promise<boolean> | null = null

/** Whether AAC can be encoded here, found out by encoding some; false also where its code cannot be loaded. */
export function aacUsable(): Promise<boolean> {
  usable ??= tryAac().catch(() => false)
  return usable
}

async function tryAac(): Promise<boolean> {
  if (await canEncodeAudio('aac', { ...format, bitrate })) return true
  const { registerAacEncoder } = await import('@mediabunny/aac-encoder')
  registerAacEncoder()
  const timeout = new Promise<false>((resolve) => setTimeout(() => resolve(false), patienceMs))
  return Promise.race([encodeSilence(), timeout])
}

async function encodeSilence(): Promise<true> {
  const source = new AudioSampleSource({ codec: 'aac', bitrate })
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: 'fragmented' }), target: new NullTarget() })
  output.addAudioTrack(source)
  await output.start()
  const data = new Float32Array(4096 * format.numberOfChannels)
  const sample = new AudioSample({ ...format, data, format: 'f32-planar', timestamp: 0 })
  await source.add(sample)
  sample.close()
  await output.finalize()
  return true
}
