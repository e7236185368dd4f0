// Crashes played from the log of what was done to a file, and every bit of small archives altered: more of them than a test run
// has time for. The tests of packages/umf try samples of both.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { completeArchives } from '../../packages/umf/test/complete-archives.ts'
import { type CrashImage, cutImages, tornImage } from '../../packages/umf/test/crash-images.ts'
import { crashProblem, stateProblem } from '../../packages/umf/test/crash-judge.ts'
import { flipProblem, found, placesOf } from '../../packages/umf/test/damage.ts'
import { editHistory, type Step } from '../../packages/umf/test/edit-history.ts'
import { emptyReport, type Fault, type FaultReport } from '../fault.ts'
import { videoFrames } from '../input-media.ts'
import { openChromium } from './chromium-player.ts'
import { playedArchive } from './played-archive.ts'

/** A build that fails has shown what it is; the rest would only take time. */
const mostProblems = 5

function tell(report: FaultReport, problem: string | null): boolean {
  report.trials++
  if (problem !== null) report.problems.push(problem)
  return report.problems.length < mostProblems
}

export const tornWrites: Fault = {
  name: 'torn, lost and reordered writes',
  async run({ random, scale, say }) {
    const report = emptyReport()
    const histories = scale === 'full' ? 60 : 2
    let steps = 0
    for (let number = 0; number < histories; number++) {
      const history: Step[] = await editHistory(random.fork(`history ${number}`), 12)
      steps += history.length
      for (let count = 0; count < 100; count++) {
        const step = random.pick(history)
        if (!tell(report, await crashProblem(step, tornImage(step, random), random))) return report
      }
      if (number % 10 === 9) say(`${report.trials} torn writes`)
    }
    report.note = `${steps} edits, each left as it was or as it was to be, mended, checked, and edited on`
    return report
  },
}

/** Of an archive with pictures: what a crash left plays as it did, before anybody mended it. */
export const tornPlayed: Fault = {
  name: 'torn and cut writes, played',
  programs: ['chromium'],
  async run({ scene, random, scale, say }) {
    const report = emptyReport()
    const played = await playedArchive(scene)
    const path = join(scene.folder, 'torn.umf')
    const chromium = await openChromium()
    const [histories, perHistory, playedEach] = scale === 'full' ? [10, 50, 10] : [1, 10, 5]
    let shown = 0
    const problemOf = async (step: Step, image: CrashImage): Promise<string | null> => {
      const wrong = await stateProblem(step, image)
      if (wrong !== null) return wrong
      writeFileSync(path, image.bytes)
      const frames = await videoFrames(path).catch((fault: unknown) => [String(fault)])
      if (frames.join() !== played.frames.join())
        return `${step.name}, ${image.what}: ${frames.length} pictures: ${frames[0]}`
      if (report.trials % playedEach !== 0) return null
      shown++
      const fault = await chromium.playProblem(image.bytes)
      return fault && `${step.name}, ${image.what}: Chromium: ${fault}`
    }
    try {
      for (let number = 0; number < histories; number++) {
        const history = await editHistory(random.fork(`played ${number}`), 12, played.bytes)
        for (let count = 0; count < perHistory; count++) {
          const step = random.pick(history)
          const cuts = random.chance(0.5) ? [...cutImages(step, 97)] : []
          const image = cuts.length > 0 ? random.pick(cuts) : tornImage(step, random)
          if (!tell(report, await problemOf(step, image))) return report
        }
        say(`${report.trials} images`)
      }
    } finally {
      await chromium.close()
    }
    report.note = `each the old state or the new one, all decoded by ffmpeg, ${shown} played by Chromium`
    return report
  },
}

export const byteCuts: Fault = {
  name: 'every byte cut of a write',
  async run({ random, scale, say }) {
    const report = emptyReport()
    const histories = scale === 'full' ? 3 : 1
    for (let number = 0; number < histories; number++) {
      for (const step of await editHistory(random.fork(`cuts ${number}`), 10)) {
        for (const image of cutImages(step, scale === 'full' ? 1 : 499)) {
          // Of every byte the state; of some, that what is left can be mended and edited on.
          const isSample = random.chance(0.02)
          const judge = (each: CrashImage) => (isSample ? crashProblem(step, each, random) : stateProblem(step, each))
          if (!tell(report, await judge(image))) return report
        }
      }
      say(`${report.trials} cuts`)
    }
    return report
  },
}

export const everyBit: Fault = {
  name: 'every bit and every cut of an archive',
  async run({ random, scale, say }) {
    const report = emptyReport()
    for (const { name, bytes } of await completeArchives()) {
      const places = await placesOf(bytes)
      const copy = bytes.slice()
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        if (scale === 'short' && !random.chance(0.002)) continue
        if (!tell(report, await flipProblem(copy, bit, places))) return report
      }
      say(`${name}: ${report.trials} bits`)
      let missed = 0
      for (let cut = 0; cut < bytes.length; cut++) {
        if (scale === 'short' && !random.chance(0.01)) continue
        if ((await found(bytes.subarray(0, cut))) === null) missed++
        report.trials++
      }
      // Two records stand at its end: without the last one, or both, it is an archive that was whole once.
      const mayMiss = name.includes('records') ? 2 : 0
      if (missed > mayMiss) report.problems.push(`${name}: ${missed} cuts are not found`)
    }
    return report
  },
}
