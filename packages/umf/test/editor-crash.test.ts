// SPEC.md, Commit: whatever instant a crash comes at, the file opens as it was before the edit or as it is after it.
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { type RandomSource, randomSource } from '../../../drill/random-source.ts'
import { boundaryImages, type CrashImage, cutImages, tornImage } from './crash-images.ts'
import { crashProblem, stateProblem } from './crash-judge.ts'
import { editHistory, type Step } from './edit-history.ts'

const seed = Number(process.env['RUSHES_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const EDITS = 60
const TORN = 500

// Seconds on an idle machine; what it shows does not depend on how long it takes.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

describe(`an edit that is cut off, RUSHES_SEED=${seed}`, () => {
  const random: RandomSource = randomSource(seed)
  const steps: Step[] = []

  beforeAll(async () => {
    for (let history = 0; history < 6; history++) {
      steps.push(...(await editHistory(random.fork(`history ${history}`), EDITS / 6)))
    }
  })

  async function all(images: Iterable<CrashImage>, step: Step): Promise<string[]> {
    const problems: string[] = []
    for (const image of images) {
      const problem = await crashProblem(step, image, random)
      if (problem !== null) problems.push(problem)
    }
    return problems
  }

  it('[W1-W6] between any two operations leaves the old state or the new, and can be edited on', async () => {
    for (const step of steps) expect(await all(boundaryImages(step), step)).toEqual([])
  })

  it('[W1-W6] within a write leaves the old state or the new', async () => {
    for (const step of steps) {
      for (const image of cutImages(step, 211)) expect(await stateProblem(step, image)).toBeNull()
    }
  })

  it('[W1-W6] with any sectors of what was not synced leaves the old state or the new, and can be edited on', async () => {
    for (let count = 0; count < TORN; count++) {
      const step = random.pick(steps)
      expect(await all([tornImage(step, random)], step)).toEqual([])
    }
  })

  it('is found lost where nothing is synced', async () => {
    const problems: string[] = []
    for (let count = 0; count < TORN; count++) {
      const step = random.pick(steps)
      const operations = step.operations.filter(({ kind }) => kind !== 'sync')
      problems.push(...(await all([tornImage({ ...step, operations }, random)], step)))
    }
    expect(problems.length).toBeGreaterThan(10)
  })
})
