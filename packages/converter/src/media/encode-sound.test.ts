import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultLimits } from '@rushes/processors'
import { runProgram } from '@rushes/sandbox'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeSound } from './encode-sound.ts'
import type { SoundPiece } from './montage.ts'
import type { TrackFacts } from './track-facts.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-sound-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const slotMs = 80

it('puts hundreds of pieces of sound in their places, more than ffmpeg may hold open at once', async () => {
  // 30 ms of a tone, 20 ms into each piece of 70 ms; one tone low, one high.
  const tone = async (hertz: number): Promise<TrackFacts> => {
    const path = join(folder, `${hertz}.wav`)
    const source = `aevalsrc=if(between(t\\,0.02\\,0.05)\\,0.4*sin(2*PI*${hertz}*t)\\,0):s=48000:d=0.07`
    await runProgram({
      program: 'ffmpeg',
      args: ['-v', 'error', '-f', 'lavfi', '-i', source, path],
      timeLimitMs: 60_000,
    })
    const sound = { channels: 1, sampleRate: 48_000, codec: 'pcm_s16le' }
    return { path, isCopy: false, durationMs: 70, picture: null, sound, times: null, mended: null }
  }
  const tracks = [await tone(600), await tone(6000)]
  const isLow = (slot: number): boolean => slot % 3 !== 2
  const isHigh = (slot: number): boolean => slot % 7 === 3 || slot > 250
  const slots = Array.from({ length: 300 }, (_, slot) => slot)
  const piece = (slot: number, track: number): SoundPiece => {
    return { fromMs: 0, toMs: 70, atMs: slot * slotMs, track, speed: 1 }
  }
  const pieces = slots.flatMap((slot) => [
    ...(isLow(slot) ? [piece(slot, 0)] : []),
    ...(isHigh(slot) ? [piece(slot, 1)] : []),
  ])
  expect(pieces.length).toBeGreaterThan(250)
  const output = join(folder, 'sound.m4a')
  const progress: number[] = []
  const signal = new AbortController().signal
  const onProgress = (done: number): void => void progress.push(done)
  await encodeSound(pieces.reverse(), slots.length * slotMs, tracks, output, {
    limits: defaultLimits,
    signal,
    onProgress,
  })
  const args = ['-v', 'error', '-i', output, '-ac', '1', '-ar', '48000', '-f', 's16le', '-']
  const { stdout } = await runProgram({ program: 'ffmpeg', args, timeLimitMs: 60_000 })
  const samples = new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length >> 1)
  expect(samples.length / 48).toBeCloseTo(slots.length * slotMs, -2)
  // Goertzel: how much of a frequency there is in the slot's tone.
  const power = (slot: number, hertz: number): number => {
    const [from, length] = [Math.round((slot * slotMs + 20) * 48), 30 * 48]
    let [real, imaginary] = [0, 0]
    for (let at = 0; at < length; at++) {
      const value = (samples[from + at] ?? 0) / 32768
      real += value * Math.cos((2 * Math.PI * hertz * at) / 48_000)
      imaginary += value * Math.sin((2 * Math.PI * hertz * at) / 48_000)
    }
    return Math.hypot(real, imaginary) / length
  }
  for (const slot of slots) {
    expect([slot, power(slot, 600) > 0.08, power(slot, 6000) > 0.08]).toEqual([slot, isLow(slot), isHigh(slot)])
  }
  expect(Math.max(...progress)).toBeLessThanOrEqual(1)
  expect((await readdir(folder)).filter((name) => name.includes('part'))).toEqual([])
}, 120_000)
