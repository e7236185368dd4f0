import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runSeed as seed, seededRandom } from '../../media/test/seeded-random.ts'
import { agreeingLine } from '../src/correlate/agreeing-line.ts'
import { decodeSound } from '../src/correlate/decoded-sound.ts'
import { OnsetEnvelope } from '../src/correlate/onsets.ts'
import { alignSounds, type Sound } from '../src/correlate/sound-alignment.ts'
import { defaultLimits } from '../src/index.ts'
import { recorded, room, SOUND_RATE, writeSound } from './made-sound.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushes-alignment-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let written = 0
const place = (): string => join(folder, `file-${written++}`)
const sound = async (samples: Float32Array): Promise<string> => await writeSound(samples, `${place()}.m4a`)
const job = { limits: defaultLimits, signal: new AbortController().signal, onProgress: () => {} }

async function aligned(left: string, right: string) {
  const files = [place(), place()]
  for (const file of files) writeFileSync(file, '')
  await using first = await decodeSound(left, files[0]!, job)
  await using second = await decodeSound(right, files[1]!, job)
  return await alignSounds(first, second)
}

describe('two recordings of one event', () => {
  const random = seededRandom(seed)
  const source = room(75, random)

  it.each([
    [7.3, 0, 40],
    [-6.25, 60e-6, 60],
    [20.018, -120e-6, 50],
  ])(
    'are aligned by what is heard in both: %d s later, drift %d',
    async (offset, drift, seconds) => {
      const left = await sound(recorded(source, { seconds: 60, offset: 8 }, random))
      const right = await sound(recorded(source, { seconds, offset: 8 + offset, drift }, random))
      const found = await aligned(left, right)
      expect(found, `seed ${seed}`).not.toBeNull()
      // AAC begins up to 64 ms late, in both alike.
      const end = seconds * 1000
      const truth = (t: number): number => offset * 1000 + t * (1 + drift)
      const measured = (t: number): number => found!.offsetMs + t * (1 + found!.driftPpm / 1e6)
      for (const t of [0, end / 2, end])
        expect(Math.abs(measured(t) - truth(t)), `seed ${seed}, at ${t}`).toBeLessThan(5)
      expect(found!.agreement).toBeGreaterThan(0.8)
    },
    180_000,
  )

  it('are left where they are when they are of two events', async () => {
    const left = await sound(recorded(source, { seconds: 50, offset: 0 }, random))
    const right = await sound(recorded(room(50, random), { seconds: 50, offset: 0 }, random))
    expect(await aligned(left, right), `seed ${seed}`).toBeNull()
    expect(await aligned(left, await sound(new Float32Array(30 * SOUND_RATE))), `seed ${seed}`).toBeNull()
    expect(await aligned(left, await sound(source.subarray(0, 3 * SOUND_RATE))), `seed ${seed}`).toBeNull()
  }, 180_000)
})

/** In memory, as a decoder would have it. */
function heard(samples: Float32Array): Sound {
  const envelope = new OnsetEnvelope(SOUND_RATE)
  envelope.push(samples)
  const read = async (from: number, count: number): Promise<Float32Array> => {
    const window = new Float32Array(count)
    window.set(samples.subarray(Math.max(0, from), Math.max(0, from + count)), Math.max(0, -from))
    return window
  }
  return { sampleRate: SOUND_RATE, length: samples.length, onsets: envelope.finish(), read }
}

describe('recordings of two events that have few windows in common', () => {
  // By their share of windows alone, one of twenty such pairs agreed.
  it('are not aligned by the few that agree by chance', async () => {
    const random = seededRandom(seed)
    for (let pair = 0; pair < 40; pair++) {
      const [left, right] = [heard(room(12, random)), heard(room(10, random))]
      expect(await alignSounds(left, right), `seed ${seed}, pair ${pair}`).toBeNull()
    }
  }, 180_000)
})

describe('a line through points of which many are wrong', () => {
  it('is that of those on it, as long as they are more than agree by chance', () => {
    const random = seededRandom(seed)
    for (let round = 0; round < 20; round++) {
      const [offset, slope] = [random() * 10, (random() - 0.5) * 4e-4]
      const points = Array.from({ length: 40 }, (_, index) => {
        const isWrong = index % 5 < 2
        return { x: index, y: isWrong ? random() * 20 : offset + slope * index + (random() - 0.5) * 0.002 }
      })
      const line = agreeingLine(points, 0.01, 3e-4)!
      expect(line.agreeing.length, `seed ${seed}`).toBeGreaterThanOrEqual(24)
      expect(Math.abs(line.slope)).toBeLessThanOrEqual(3e-4)
      for (const x of [0, 39]) expect(Math.abs(line.offset + line.slope * x - offset - slope * x)).toBeLessThan(0.003)
    }
  })
})
