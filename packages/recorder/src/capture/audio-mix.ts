/** Hz of everything that is mixed; AAC and Opus both take it. */
const sampleRate = 48_000

export type AudioInput = { setMuted(muted: boolean): void; disconnect(): void }

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
      source.connect(gain).connect(limiter)
      return {
        setMuted(muted) {
          gain.gain.setTargetAtTime(muted ? 0 : 1, context.currentTime, 0.01) // without a click
        },
        disconnect() {
          source.disconnect()
          gain.disconnect()
        },
      }
    },
    level() {
      meter.getFloatTimeDomainData(samples)
      let peak = 0
      for (const sample of samples) peak = Math.max(peak, Math.abs(sample))
      return Math.min(1, peak)
    },
    close() {
      document.removeEventListener('pointerdown', wake)
      context.removeEventListener('statechange', wake)
      track.stop()
      context.close().catch(() => {})
    },
  }
}
