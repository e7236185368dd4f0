/** Hz of everything that is mixed; AAC and Opus both take it. */
const sampleRate = 48_000

/** One stream in the mix. */
export type AudioInput = {
  /** 0 is silent, 1 as it comes. */
  setGain(gain: number): void
  /** Peak of the last 20 ms or so, before the gain, 0 to 1. */
  level(): number
  /** Peak of the last two thirds of a second, likewise. */
  recentPeak(): number
  disconnect(): void
}

/** Mixes any number of streams into one track that never ends and never stops giving samples, silent or not. */
export interface AudioMix {
  readonly track: MediaStreamTrack
  add(stream: MediaStream): AudioInput
  /** Peak of the last 20 ms or so, 0 to 1. */
  level(): number
  close(): void
}

export function openAudioMix(): AudioMix {
  // Firefox connects no microphone to a context of another rate than its own; MediaRecorder, which it uses, takes any.
  const anyRate = typeof MediaStreamTrackProcessor !== 'function'
  const context = new AudioContext({ latencyHint: 'interactive', ...(!anyRate && { sampleRate }) })
  const output = new MediaStreamAudioDestinationNode(context, { channelCount: 2 })
  // Two voices at full loudness would clip: a limiter only takes what is over −3 dB.
  const limiter = new DynamicsCompressorNode(context, {
    threshold: -3,
    knee: 0,
    ratio: 20,
    attack: 0.002,
    release: 0.1,
  })
  const meter = new AnalyserNode(context, { fftSize: 1024 })
  limiter.connect(meter)
  limiter.connect(output)
  // Silence that keeps the graph running when every source has ended.
  const silence = new ConstantSourceNode(context, { offset: 0 })
  silence.connect(limiter)
  silence.start()
  const samples = new Float32Array(meter.fftSize)
  const recent = new Float32Array(32_768)
  // Browsers start it suspended where nobody has clicked yet; the operating system may suspend it later (a call).
  const wake = () => {
    if (context.state !== 'running' && context.state !== 'closed') context.resume().catch(() => {})
  }
  wake()
  context.addEventListener('statechange', wake)
  document.addEventListener('pointerdown', wake)

  const track = output.stream.getAudioTracks()[0]!
  return {
    track,
    add(stream) {
      const source = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream(stream.getAudioTracks()) })
      const gain = new GainNode(context)
      const inputMeter = new AnalyserNode(context, { fftSize: 32_768 })
      source.connect(gain).connect(limiter)
      source.connect(inputMeter)
      return {
        setGain(value) {
          gain.gain.setTargetAtTime(value, context.currentTime, 0.01) // without a click
        },
        level: () => peakOf(inputMeter, recent, samples.length),
        recentPeak: () => peakOf(inputMeter, recent, recent.length),
        disconnect() {
          source.disconnect()
          gain.disconnect()
          inputMeter.disconnect()
        },
      }
    },
    level: () => peakOf(meter, samples, samples.length),
    close() {
      document.removeEventListener('pointerdown', wake)
      context.removeEventListener('statechange', wake)
      track.stop()
      context.close().catch(() => {})
    },
  }
}

/** Of the newest `length` samples; `into` has room for all that the meter keeps, the newest last. */
function peakOf(meter: AnalyserNode, into: Float32Array<ArrayBuffer>, length: number): number {
  meter.getFloatTimeDomainData(into)
  let peak = 0
  for (let at = into.length - length; at < into.length; at++) peak = Math.max(peak, Math.abs(into[at]!))
  return Math.min(1, peak)
}
