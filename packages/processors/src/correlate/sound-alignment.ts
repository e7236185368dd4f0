// Two recordings of one event, put in step by what is heard in both: roughly by where sounds begin, then window by window, and a
// line through the windows, which is where the clock of one lies on that of the other, and how much faster it runs.
import { agreeingLine, median, type Point } from './agreeing-line.ts'
import { crossCorrelation, powerOfTwo } from './cross-correlation.ts'
import { ENVELOPE_HZ } from './onsets.ts'

export interface Sound {
  /** Samples a second. */
  readonly sampleRate: number
  /** Samples. */
  readonly length: number
  /** Where sounds begin, {@link ENVELOPE_HZ} values a second. */
  readonly onsets: Float64Array
  /** −1 to 1; silence where there are none. */
  read(from: number, count: number): Promise<Float32Array>
}

export type SoundAlignment = {
  /** Where the second one's beginning lies in the first, ms; negative: before it. */
  offsetMs: number
  /** How much slower the second one's clock runs: at its own `t` the first is at `offsetMs + t * (1 + driftPpm / 1e6)`. */
  driftPpm: number
  /** Of windows, how many lie on the line: 0 to 1. */
  agreement: number
  windows: number
  /** By which windows on the line are off it, the median, ms. */
  spreadMs: number
}

/** Unrelated sounds agree in a quarter of many windows by chance, and in more of a few: see {@link leastLineBits}. */
export const LEAST_AGREEMENT = 0.6
/** Bits that a line saves, over windows of which each is anywhere: half of a window's sound is the next one's as well, so twice of 6. */
const leastLineBits = 12
const leastWindows = 6
const mostWindows = 48
const windowSeconds = 2
/** Two recordings that have less than this in common are not told from any others. */
const leastSharedSeconds = 8
/** Clocks of cheap recorders are off by up to 100 ppm, each. */
const mostDrift = 300e-6
const tolerance = 0.01
/** Of a window's sound: below it there is nothing to be heard. */
const leastLoudness = 1e-4

/**
 * Aligns the second sound with the first. Null: nothing says that they are of the same event.
 *
 * @param throwIfStopped asked between windows
 */
export async function alignSounds(
  first: Sound,
  second: Sound,
  throwIfStopped: () => void = () => {},
): Promise<SoundAlignment | null> {
  if (first.sampleRate !== second.sampleRate) throw new Error('both sounds have to have one rate')
  const candidates = coarseOffsets(first.onsets, second.onsets)
  let best: SoundAlignment | null = null
  for (const seconds of candidates) {
    const found = await refined(first, second, seconds, throwIfStopped)
    if (found !== null && found.agreement > (best?.agreement ?? 0)) best = found
    if (best !== null && best.agreement >= 0.9) break
  }
  return best !== null && best.agreement >= LEAST_AGREEMENT ? best : null
}

const mostCandidates = 3

/** By how many seconds the second may lie behind the first, the likeliest first. */
function coarseOffsets(first: Float64Array, second: Float64Array): number[] {
  const least = Math.min(leastSharedSeconds * ENVELOPE_HZ, first.length, second.length)
  if (least < leastSharedSeconds * ENVELOPE_HZ) return []
  const size = powerOfTwo(first.length + second.length)
  const likeness = crossCorrelation(first, second, size, false)
  const chosen: number[] = []
  // A day of two recordings has millions of lags: looked through once for each candidate, not sorted.
  while (chosen.length < mostCandidates) {
    let [best, most] = [Number.NaN, Number.NEGATIVE_INFINITY]
    for (let lag = -second.length + least; lag <= first.length - least; lag++) {
      const shared = Math.min(first.length, lag + second.length) - Math.max(0, lag)
      const score = likeness[(lag + size) % size]! / Math.sqrt(shared)
      if (score <= most || chosen.some((other) => Math.abs(other - lag) <= ENVELOPE_HZ)) continue
      best = lag
      most = score
    }
    if (Number.isNaN(best)) break
    chosen.push(best)
  }
  return chosen.map((lag) => lag / ENVELOPE_HZ)
}

async function refined(
  first: Sound,
  second: Sound,
  seconds: number,
  throwIfStopped: () => void,
): Promise<SoundAlignment | null> {
  const { sampleRate } = first
  const shift = Math.round(seconds * sampleRate)
  // What both have, on the second one's clock.
  const from = Math.max(0, -shift)
  const to = Math.min(second.length, first.length - shift)
  const length = windowSeconds * sampleRate
  const search = Math.round(sampleRate * (0.1 + (mostDrift * (to - from)) / sampleRate))
  const count = Math.min(mostWindows, Math.floor((2 * (to - from)) / length) - 1)
  if (count < leastWindows) return null
  const points: Point[] = []
  let heard = 0
  for (let index = 0; index < count; index++) {
    throwIfStopped()
    const start = Math.round(from + ((to - from - length) * index) / (count - 1))
    const own = await second.read(start, length)
    if (loudness(own) < leastLoudness) continue
    heard++
    const other = await first.read(start + shift - search, length + 2 * search)
    if (loudness(other) < leastLoudness) continue
    const lag = peakOf(other, own, 2 * search)
    points.push({ x: (start + length / 2) / sampleRate, y: (shift + lag - search) / sampleRate })
  }
  if (heard < leastWindows) return null
  const line = agreeingLine(points, tolerance, mostDrift)
  if (line === null) return null
  const { offset, slope, agreeing } = line
  if (lineBits(agreeing.length, heard, (2 * search) / sampleRate) < leastLineBits) return null
  const off = agreeing.map(({ x, y }) => Math.abs(y - offset - slope * x) * 1000)
  return {
    ...{ offsetMs: rounded(offset * 1000), driftPpm: rounded(slope * 1e6), agreement: agreeing.length / heard },
    ...{ windows: heard, spreadMs: rounded(median(off)) },
  }
}

/** What a line explains beyond the two windows that any line goes through, less which of the windows they are. */
function lineBits(agreeing: number, heard: number, range: number): number {
  let choice = 0
  for (let each = 0; each < agreeing; each++) choice += Math.log2((heard - each) / (each + 1))
  return (agreeing - 2) * Math.log2(range / (2 * tolerance)) - choice
}

/** Where `own` lies in `other`, in samples and parts of one. */
function peakOf(other: Float32Array, own: Float32Array, mostLag: number): number {
  // `own` ends within `other` at every lag that is looked at: nothing comes round from behind.
  const size = powerOfTwo(other.length)
  const likeness = crossCorrelation(other, own, size, true)
  let at = 0
  for (let lag = 1; lag <= mostLag; lag++) if (likeness[lag]! > likeness[at]!) at = lag
  if (at === 0 || at === mostLag) return at
  const [before, peak, behind] = [likeness[at - 1]!, likeness[at]!, likeness[at + 1]!]
  const curve = before - 2 * peak + behind
  return curve === 0 ? at : at + (before - behind) / (2 * curve)
}

function loudness(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return Math.sqrt(sum / Math.max(1, samples.length))
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
