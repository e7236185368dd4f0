import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { buildWithout, type Removal } from './control-build.ts'
import type { Fault, FaultContext, FaultOutcome } from './fault.ts'
import { inputMedia } from './input-media.ts'
import { randomSource } from './random-source.ts'
import { openScene } from './scene.ts'
import { makeDataTemplate } from './server-process.ts'

export type DrillOptions = {
  seed: number
  scale: 'short' | 'full'
  build?: string
  say(text: string): void
}

/** A safeguard that is taken out of a build, and the fault that has to find it missing. */
export type Control = { name: string; fault: Fault; removals: readonly Removal[] }

/** Tries each fault in a scene of its own; one that fails does not keep the others from being tried. */
export async function runFaults(faults: readonly Fault[], options: DrillOptions): Promise<FaultOutcome[]> {
  const media = await inputMedia()
  const outcomes: FaultOutcome[] = []
  const runScene = openScene()
  let made: Promise<string> | undefined
  const template = (): Promise<string> => {
    made ??= makeDataTemplate(runScene)
    return made
  }
  try {
    for (const fault of faults) {
      const missing = missingFor(fault)
      if (missing !== null) {
        options.say(`${fault.name}: not run: ${missing}`)
        outcomes.push({ fault: fault.name, result: 'not run', missing })
        continue
      }
      outcomes.push(await tryFault(fault, options, { media, template }))
    }
    return outcomes
  } finally {
    runScene.close()
  }
}

/** Tries each fault on a build that lacks its safeguard. A drill that does not notice is broken itself. */
export async function runControls(controls: readonly Control[], options: DrillOptions): Promise<FaultOutcome[]> {
  const outcomes: FaultOutcome[] = []
  for (const { name, fault, removals } of controls) {
    const scene = openScene()
    try {
      const build = buildWithout(scene, 'build', removals)
      const [outcome] = await runFaults([fault], { ...options, build })
      outcomes.push(judgeControl(`control: ${name}`, outcome!))
    } finally {
      scene.close()
    }
  }
  return outcomes
}

function judgeControl(name: string, outcome: FaultOutcome): FaultOutcome {
  if (outcome.result === 'not run') return { ...outcome, fault: name }
  const { report, seconds, fault } = outcome
  // A drill that could not be carried out has shown nothing, whatever went wrong.
  const isCaught = outcome.result === 'broken' && report.trials > 0
  if (!isCaught) {
    const problems = [`"${fault}" did not find it`, ...report.problems]
    return { fault: name, result: 'broken', seconds, report: { ...report, lostBytes: 0, problems } }
  }
  const note = `caught by "${fault}": ${report.lostBytes} bytes lost; ${report.problems[0] ?? ''}`
  return { fault: name, result: 'held', seconds, report: { ...report, lostBytes: 0, problems: [], note } }
}

async function tryFault(
  fault: Fault,
  options: DrillOptions,
  shared: Pick<FaultContext, 'media' | 'template'>,
): Promise<FaultOutcome> {
  const scene = openScene()
  const startedAt = performance.now()
  const say = (text: string) => options.say(`${fault.name}: ${text}`)
  const seconds = () => (performance.now() - startedAt) / 1000
  try {
    const { scale, build } = options
    const random = randomSource(options.seed).fork(fault.name)
    const report = await fault.run({ ...shared, scene, random, scale, say, ...(build !== undefined && { build }) })
    const result = report.problems.length === 0 && report.lostBytes === 0 ? 'held' : 'broken'
    say(`${result}, ${report.trials} trials, ${seconds().toFixed(1)} s`)
    for (const problem of report.problems.slice(0, 10)) say(`  ${problem}`)
    return { fault: fault.name, result, seconds: seconds(), report }
  } catch (error) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error)
    say(`broken: ${problem}`)
    const report = { trials: 0, acknowledgedBytes: 0, lostBytes: 0, problems: [problem] }
    return { fault: fault.name, result: 'broken', seconds: seconds(), report }
  } finally {
    scene.close()
  }
}

function missingFor(fault: Fault): string | null {
  const absent = ['ffmpeg', ...(fault.programs ?? [])].filter((program) => !isInstalled(program))
  if (fault.needsRoot === true && process.getuid?.() !== 0) return 'it mounts file systems, so it has to run as root'
  if (absent.length > 0) return `${absent.join(', ')} not installed`
  return fault.whyNot?.() ?? null
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
