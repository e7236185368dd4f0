// A room in which something is said, and what recorders make of it.
import { rmSync, writeFileSync } from 'node:fs'
import { ffmpeg } from './conversion.ts'

/** Samples a second. */
export const SOUND_RATE = 16_000

/** Bursts of noise in bands, of many lengths, with pauses; −1 to 1. */
export function room(seconds: number, random: () => number): Float32Array {
  const samples = new Float32Array(seconds * SOUND_RATE)
  for (let at = 0; at < samples.length; ) {
    at += Math.floor(SOUND_RATE * (0.05 + 0.6 * random()))
    const length = Math.floor(SOUND_RATE * (0.04 + 0.3 * random()))
    const [loud, pitch, bright] = [0.1 + 0.4 * random(), 90 + 200 * random(), 0.2 + 0.7 * random()]
    let last = 0
    for (let index = 0; index < length && at + index < samples.length; index++) {
      const swell = Math.min(1, index / 200) * Math.min(1, (length - index) / 800)
      last = last * (1 - bright) + bright * (random() * 2 - 1)
      samples[at + index] = loud * swell * (0.6 * last + 0.4 * Math.sin((2 * Math.PI * pitch * index) / SOUND_RATE))
    }
    at += length
  }
  return samples
}

/** As another machine has it: begun `offset` s later, its clock slower by `drift`, with echoes and noise. */
export function recorded(
  source: Float32Array,
  { seconds, offset, drift = 0 }: { seconds: number; offset: number; drift?: number },
  random: () => number,
): Float32Array {
  const samples = new Float32Array(Math.floor(seconds * SOUND_RATE))
  const at = (time: number): number => {
    const place = time * SOUND_RATE
    const whole = Math.floor(place)
    const part = place - whole
    return (source[whole] ?? 0) * (1 - part) + (source[whole + 1] ?? 0) * part
  }
  for (let index = 0; index < samples.length; index++) {
    const time = offset + (index / SOUND_RATE) * (1 + drift)
    const echoes = 0.5 * at(time) + 0.3 * at(time - 0.043) + 0.2 * at(time - 0.117)
    samples[index] = echoes + 0.02 * (random() * 2 - 1)
  }
  return samples
}

/** Writes them as AAC, which cuts what nobody hears. */
export async function writeSound(samples: Float32Array, path: string): Promise<string> {
  const bytes = Buffer.alloc(samples.length * 2)
  for (const [index, sample] of samples.entries())
    bytes.writeInt16LE(Math.round(Math.max(-1, Math.min(1, sample)) * 32767), index * 2)
  const raw = `${path}.raw`
  writeFileSync(raw, bytes)
  const input = ['-f', 's16le', '-ar', String(SOUND_RATE), '-ac', '1', '-i', raw]
  await ffmpeg('-y', ...input, '-c:a', 'aac', '-b:a', '64k', path)
  rmSync(raw)
  return path
}
