// A machine that dies while an archive is edited, again and again: kill -9, which leaves what the kernel has in memory, and power
// cuts, which leave what the disk has. The next editor goes on with what is left.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { emptyReport, type Fault, type FaultContext, type FaultReport } from '../fault.ts'
import { diskPrograms, type LoopDisk, makeExt4, makeXfs, mountImage } from '../loop-disk.ts'
import { runProgram } from '../scene.ts'
import { repositoryRoot } from '../server-process.ts'
import { judgeArchive, PlannedHistory } from './archive-judge.ts'
import { openChromium } from './chromium-player.ts'
import { readWitness, resetWitness, startEditor, type Witnessed } from './editor-process.ts'
import { type PlayedArchive, playedArchive } from './played-archive.ts'

/** Where an archive lies, and what happens to it. */
type Ground = {
  path(): string
  /** The editor dies. @returns what was witnessed: acknowledged before it, begun by then */
  strike(kill: () => Promise<void>, witness: string): Promise<Witnessed>
  close(): void
}

type Plan = {
  archives: number
  cutsPerArchive: number
  /** One of so many is played by Chromium as well; 0: none. */
  playedEach: number
  /** How long it edits before it dies, at most: a disk within a disk takes its time. */
  longestMs: number
  openGround(archive: number): Ground
}

async function underCuts(context: FaultContext, plan: Plan): Promise<FaultReport> {
  const { scene, random, say } = context
  const report = emptyReport()
  const notes = { edits: 0, midway: 0, played: 0 }
  const played = await playedArchive(scene)
  const chromium = plan.playedEach === 0 ? null : await openChromium()
  try {
    for (let archive = 0; archive < plan.archives && report.problems.length === 0; archive++) {
      const ground = plan.openGround(archive)
      const history = new PlannedHistory(random.integer(1, 2 ** 31))
      const witness = join(scene.folder, `witness-${archive}`)
      resetWitness(witness, 0)
      writeFileSync(ground.path(), played.bytes)
      runProgram('sync', ['-f', ground.path()])
      for (let cut = 0; cut < plan.cutsPerArchive && report.problems.length === 0; cut++) {
        await oneCut(context, { ground, history, witness, played, notes, longestMs: plan.longestMs }, report)
        if (chromium !== null && report.trials % plan.playedEach === 0) {
          const fault = await chromium.playProblem(readFileSync(ground.path()))
          if (fault !== null) report.problems.push(`trial ${report.trials}: Chromium: ${fault}`)
          notes.played++
        }
      }
      ground.close()
      say(`archive ${archive + 1} of ${plan.archives}, ${report.trials} cuts`)
    }
  } finally {
    await chromium?.close()
  }
  const inChromium = plan.playedEach === 0 ? '' : `, ${notes.played} played by Chromium`
  report.note = `${notes.edits} edits, ${notes.midway} cut off midway, all decoded by ffmpeg${inChromium}`
  return report
}

type Going = {
  ground: Ground
  history: PlannedHistory
  witness: string
  played: PlayedArchive
  notes: { edits: number; midway: number }
  longestMs: number
}

async function oneCut(context: FaultContext, going: Going, report: FaultReport): Promise<void> {
  const { scene, random, build } = context
  const { ground, history, witness, played, notes, longestMs } = going
  const { done: first } = readWitness(witness)
  const job = { root: build ?? repositoryRoot, path: ground.path(), seed: history.seed, first: first + 1, witness }
  const editor = startEditor(scene, job)
  // Sometimes while it still mends what the cut before left.
  await editor.said(random.chance(0.15) ? 'opening' : 'open')
  await sleep(random.integer(0, longestMs))
  const known = await ground.strike(() => editor.kill(), witness)
  report.trials++
  const { found, lostBytes, problems } = await judgeArchive(ground.path(), history, known, played.frames)
  report.acknowledgedBytes += history.bytes(first + 1, known.done)
  report.lostBytes += lostBytes
  report.problems.push(...problems.map((problem) => `trial ${report.trials}: ${problem}`))
  notes.edits += Math.max(0, known.done - first)
  if (known.begun > known.done) notes.midway++
  resetWitness(witness, found ?? 0)
}

export const killedEditor: Fault = {
  name: 'kill -9 of the editor',
  programs: ['chromium'],
  run(context) {
    const plan =
      context.scale === 'full'
        ? { archives: 25, cutsPerArchive: 20, playedEach: 25 }
        : { archives: 1, cutsPerArchive: 10, playedEach: 0 }
    return underCuts(context, {
      ...plan,
      longestMs: 250,
      openGround(archive) {
        const path = join(context.scene.folder, `killed-${archive}.umf`)
        return {
          path: () => path,
          async strike(kill, witness) {
            await kill()
            return readWitness(witness)
          },
          close: () => rmSync(path),
        }
      },
    })
  },
}

/**
 * The archive lies on an ext4 whose image is a file on XFS. A copy of that file by reference is the disk as it is at one instant,
 * without anything that was only in memory; the next editor goes on from the copy.
 */
export const powerCutOfEditor: Fault = {
  name: 'power cut of the editor',
  needsRoot: true,
  programs: [...diskPrograms, 'mkfs.xfs', 'cp', 'chromium'],
  run(context) {
    const { scene, scale } = context
    const xfs = makeXfs(scene, 4096)
    const plan =
      scale === 'full'
        ? { archives: 6, cutsPerArchive: 25, playedEach: 25 }
        : { archives: 1, cutsPerArchive: 3, playedEach: 0 }
    return underCuts(context, {
      ...plan,
      longestMs: 1500,
      openGround(archive) {
        const folder = join(xfs.path, `archive-${archive}`)
        mkdirSync(folder)
        let disk: LoopDisk = makeExt4(scene, folder, 256)
        let copies = 0
        return {
          path: () => join(disk.path, 'edited.umf'),
          async strike(kill, witness) {
            const { done } = readWitness(witness)
            const copy = join(folder, `cut-${++copies}.img`)
            runProgram('cp', ['--reflink=always', disk.image, copy])
            const { begun } = readWitness(witness)
            await kill()
            disk.unmount()
            rmSync(disk.image)
            disk = mountImage(scene, copy)
            // What is read from here on comes from the copy; it was edited by nobody since.
            return { done, begun: Math.max(begun, done) }
          },
          close() {
            disk.unmount()
            rmSync(folder, { recursive: true, force: true })
          },
        }
      },
    })
  },
}
