import { z } from 'zod'
import { ConversionError } from '../conversion-error.ts'

/**
 * Peaks of a sound, in version 2 of audiowaveform's JSON (https://github.com/bbc/audiowaveform, doc/DataFormat.md), which
 * peaks.js reads. All channels are mixed into one, as it does by default.
 */
export type Waveform = {
  version: 2
  channels: 1
  /** Hz. */
  sample_rate: number
  samples_per_pixel: number
  bits: 8
  /** Pairs. */
  length: number
  /** Lowest and highest sample of each pair's time, −128 to 127, one after the other. */
  data: number[]
}

/** At most so many pairs: whoever asks for more detail of something long gets less. About 2 MB of JSON. */
export const MOST_PAIRS = 262_144

/** Fine enough for a phone's width of speech of ten seconds. */
const defaultSamplesPerPixel = 512

/** Peaks of samples as they come; over {@link MOST_PAIRS} neighbours are merged, so that memory is bounded for any length. */
export class PeakBuilder {
  private readonly sampleRate: number
  private readonly channels: number
  private samplesPerPixel: number
  private pairs: number[] = []
  private low = 32_767
  private high = -32_768
  private filled = 0

  constructor(sampleRate: number, channels: number, samplesPerPixel: number = defaultSamplesPerPixel) {
    this.sampleRate = sampleRate
    this.channels = channels
    this.samplesPerPixel = samplesPerPixel
  }

  /** @param samples of 16 bits, of all channels in turn; whole frames */
  push(samples: Int16Array): void {
    for (let at = 0; at < samples.length; at += this.channels) {
      let sum = 0
      for (let channel = 0; channel < this.channels; channel++) sum += samples[at + channel]!
      const value = Math.trunc(sum / this.channels)
      if (value < this.low) this.low = value
      if (value > this.high) this.high = value
      if (++this.filled === this.samplesPerPixel) this.endPair()
    }
  }

  finish(): Waveform {
    if (this.filled > 0) this.endPair()
    const { sampleRate, samplesPerPixel, pairs } = this
    return {
      ...{ version: 2, channels: 1, sample_rate: sampleRate, samples_per_pixel: samplesPerPixel, bits: 8 },
      ...{ length: pairs.length / 2, data: pairs },
    }
  }

  private endPair(): void {
    this.pairs.push(Math.trunc(this.low / 256), Math.trunc(this.high / 256))
    this.low = 32_767
    this.high = -32_768
    this.filled = 0
    if (this.pairs.length === 2 * MOST_PAIRS) this.halve()
  }

  private halve(): void {
    this.samplesPerPixel *= 2
    this.pairs = merged(this.pairs, this.pairs.length / 4)
  }
}

/** Fewer pairs: each stands for its part of them. */
export function merged(pairs: readonly number[], count: number): number[] {
  const result: number[] = []
  const length = pairs.length / 2
  for (let index = 0; index < count; index++) {
    const from = Math.floor((index * length) / count)
    const to = Math.max(from + 1, Math.floor(((index + 1) * length) / count))
    let low = 127
    let high = -128
    for (let at = from; at < to && at < length; at++) {
      low = Math.min(low, pairs[at * 2]!)
      high = Math.max(high, pairs[at * 2 + 1]!)
    }
    result.push(low, high)
  }
  return result
}

const waveformSchema = z.object({
  version: z.literal(2),
  channels: z.literal(1),
  sample_rate: z.number().int().min(1).max(1_000_000),
  samples_per_pixel: z.number().int().min(1),
  bits: z.literal(8),
  length: z.number().int().min(0).max(MOST_PAIRS),
  data: z.array(z.number().int().min(-128).max(127)).max(2 * MOST_PAIRS),
})

/** @throws ConversionError `input-refused` */
export function parseWaveform(bytes: Uint8Array): Waveform {
  try {
    const waveform = waveformSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
    if (waveform.data.length === waveform.length * 2) return waveform
  } catch {}
  throw new ConversionError(
    'input-refused',
    "that is no waveform of audiowaveform's version 2 with one channel of 8 bits",
  )
}
