// Sound → packets of equal length whose times are counted in samples, from 0, without holes.
import { AudioSample, AudioSampleSource } from 'mediabunny'
import type { AudioCodec } from './choose-encoder.ts'
import { type MediaClock, SoundTimes } from './media-clock.ts'

const channels = 2
/** Samples handed to the encoder at a time; an AAC packet has 1024, one of Opus 960. */
const blockFrames = 1024
/** Sound that has not come for this long is replaced by silence, since pictures wait for it in the file, ms. */
const patienceMs = 1000
/** Silence is given to the encoder in pieces of this length, the next one when it has taken half of what waits, ms. */
const mostSilenceMs = 1000

export class AudioLane {
  readonly source: AudioSampleSource
  readonly #rate: number
  readonly #clock: () => MediaClock | null
  #block: Float32Array<ArrayBuffer> = new Float32Array(blockFrames * channels)
  #filled = 0
  #frames = 0
  #tooMuchMs = 0
  #times = new SoundTimes()
  /** Blocks that wait for the encoder. */
  #waiting = 0
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

  /** Sound is read as fast as it comes; before that nobody knows how old it is. */
  get caughtUp(): boolean {
    return this.#times.caughtUp
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
    const clock = this.#clock() // the first thing: it sees that the machine has slept
    const lengthMs = (data.numberOfFrames * 1000) / data.sampleRate
    // Also before the clock runs: by then it is known how long sound takes to come here.
    const endedAt = this.#times.place(performance.now(), data.timestamp / 1000 + lengthMs)
    if (clock === null || clock.paused) return
    if (this.#tooMuchMs > lengthMs / 2) {
      this.#tooMuchMs -= lengthMs // came late: silence stands in its place
      return
    }
    const endMs = clock.at(endedAt)
    if (this.#frames === 0 && this.#filled === 0) {
      if (endMs <= 0) return // from before the first picture
      this.silence(endMs - lengthMs)
    } else {
      const amissMs = clock.heard(endedAt, this.positionMs + lengthMs)
      if (amissMs > 0) this.#fill(amissMs)
      if (amissMs < 0) {
        this.#tooMuchMs = -amissMs - lengthMs
        return
      }
    }
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
    if (missingMs > patienceMs) this.#fill(missingMs - patienceMs / 2)
  }

  /** The machine slept until now: what is known of sound's times is of before. */
  slept(nowMs: number): void {
    this.#times = new SoundTimes(nowMs)
    this.#tooMuchMs = 0
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

  /** A part of it where it is long: what is still missing is missed again. */
  #fill(ms: number): void {
    const waitingMs = (this.#waiting * blockFrames * 1000) / this.#rate
    if (waitingMs < mostSilenceMs / 2) this.silence(Math.min(ms, mostSilenceMs))
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
    this.#waiting++
    this.#work = this.#work
      .then(() => this.source.add(sample))
      .catch((cause: unknown) => this.#fail(cause))
      .finally(() => {
        this.#waiting--
        sample.close()
      })
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
