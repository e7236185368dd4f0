// Sound → packets of equal length whose times are counted in samples, from 0, without holes.
import { AudioSample, AudioSampleSource } from 'mediabunny'
import type { AudioCodec } from './choose-encoder.ts'
import { holeMs, type MediaClock } from './media-clock.ts'

const channels = 2
/** Samples handed to the encoder at a time; an AAC packet has 1024, one of Opus 960. */
const blockFrames = 1024

export class AudioLane {
  readonly source: AudioSampleSource
  readonly #rate: number
  readonly #clock: () => MediaClock | null
  #block: Float32Array<ArrayBuffer> = new Float32Array(blockFrames * channels)
  #filled = 0
  #frames = 0
  #work: Promise<void> = Promise.resolve()
  readonly #fail: (cause: unknown) => void

  constructor(codec: AudioCodec, rate: number, clock: () => MediaClock | null, fail: (cause: unknown) => void) {
    this.source = new AudioSampleSource({ codec, bitrate: 128_000 })
    this.#rate = rate
    this.#clock = clock
    this.#fail = fail
  }

  /** Ms of sound so far. */
  get positionMs(): number {
    return ((this.#frames + this.#filled) * 1000) / this.#rate
  }

  /** Reads until the track ends; before the clock runs and in pauses sound is let go. */
  async read(sound: ReadableStream<AudioData>): Promise<void> {
    const reader = sound.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      try {
        this.take(value)
      } finally {
        value.close()
      }
    }
  }

  take(data: AudioData): void {
    const clock = this.#clock()
    if (clock === null || clock.paused) return
    const now = performance.now()
    const lengthMs = (data.numberOfFrames * 1000) / data.sampleRate
    const amissMs =
      this.#frames === 0 && this.#filled === 0 ? clock.at(now) - lengthMs : clock.heard(now, this.positionMs + lengthMs)
    if (amissMs > 0) this.silence(amissMs)
    if (amissMs < 0) return // came late, its place was filled with silence
    if (data.sampleRate !== this.#rate) {
      this.silence(lengthMs) // the mix has one rate; anything else is a fault of the browser
      return
    }
    this.#put(planes(data), data.numberOfFrames)
  }

  /** Fills up where no sound came for a while, so that pictures need not wait for it. Called at every picture. */
  fillHole(nowMs: number): void {
    const clock = this.#clock()
    if (clock === null || clock.paused) return
    const missingMs = clock.at(nowMs) - this.positionMs
    if (missingMs > holeMs) this.silence(missingMs - holeMs / 2)
  }

  silence(ms: number): void {
    const frames = Math.round((ms * this.#rate) / 1000)
    const quiet = new Float32Array(blockFrames)
    for (let left = frames; left > 0; left -= blockFrames) {
      this.#put([quiet, quiet], Math.min(left, blockFrames))
    }
  }

  async finish(): Promise<void> {
    if (this.#frames === 0 && this.#filled === 0) this.silence(20) // a track without a sample has no description
    this.#flush()
    await this.#work
  }

  #put(sound: Float32Array[], frames: number): void {
    const left = sound[0]!
    const right = sound[1] ?? left
    for (let at = 0; at < frames; ) {
      const run = Math.min(frames - at, blockFrames - this.#filled)
      this.#block.set(left.subarray(at, at + run), this.#filled)
      this.#block.set(right.subarray(at, at + run), blockFrames + this.#filled)
      this.#filled += run
      at += run
      if (this.#filled === blockFrames) this.#flush()
    }
  }

  #flush(): void {
    const frames = this.#filled
    if (frames === 0) return
    const data = new Float32Array(frames * channels)
    data.set(this.#block.subarray(0, frames))
    data.set(this.#block.subarray(blockFrames, blockFrames + frames), frames)
    const sample = new AudioSample({
      data,
      format: 'f32-planar',
      numberOfChannels: channels,
      sampleRate: this.#rate,
      timestamp: this.#frames / this.#rate,
    })
    this.#frames += frames
    this.#filled = 0
    this.#work = this.#work
      .then(() => this.source.add(sample))
      .catch((cause: unknown) => this.#fail(cause))
      .finally(() => sample.close())
  }
}

/** At most two planes of 32-bit floats, whatever the browser gave. */
function planes(data: AudioData): Float32Array[] {
  return Array.from({ length: Math.min(channels, data.numberOfChannels) }, (_, planeIndex) => {
    const plane = new Float32Array(data.numberOfFrames)
    data.copyTo(plane, { planeIndex, format: 'f32-planar' })
    return plane
  })
}
