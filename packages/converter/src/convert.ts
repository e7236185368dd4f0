// Anybody's archive into one file of the universal media format:
//
//   inputs → list, unpack, extract → inquisitor → tracks looked through, decks drawn, picture and sound encoded → collator → OUT.umf
//                                                └ what is left → discoverer ───────────────────────────────────┘
//
// What happened is in a journal beside the output, so that a run that was killed goes on when it is run again.
import { link, lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import {
  type JobOptions,
  type JobResult,
  type JobState,
  type Note,
  openFileJournal,
  PipelineError,
  type ResourceMonitor,
  runJob,
} from '@rushes/pipeline'
import { ConvertError } from './convert-error.ts'
import type { LearnedLayout } from './discovery/learned-layout.ts'
import { readDiscovered } from './findings/discovered-file.ts'
import { type Finding, readFinding } from './findings/finding.ts'
import { inputKind, umfKind, wishesKind } from './job-kinds.ts'
import { RoomCount } from './room.ts'
import { conversionRuleset } from './rules.ts'
import { alignTask } from './tasks/align-task.ts'
import { collator } from './tasks/collator.ts'
import { discoverer } from './tasks/discovery-tasks.ts'
import { extractor } from './tasks/extract-tasks.ts'
import { gatherTasks } from './tasks/gather-tasks.ts'
import { inquisitor } from './tasks/inquisitor.ts'
import { mediaTasks } from './tasks/media-tasks.ts'
import { pageTasks } from './tasks/page-tasks.ts'
import { slideTimeTasks } from './tasks/slide-time-tasks.ts'
import { parseWishes, type Wishes } from './wishes.ts'
import type { Workshop } from './workshop.ts'

export type ConvertOptions = {
  /** Folders, zips or single files: all of one event. */
  inputs: readonly string[]
  output: string
  /** Replaces a file that is there. */
  force?: boolean
  wishes?: Wishes
  /** Formats that were discovered before, to read archives of their kind by; asked when something is left that nobody knows. */
  layouts?(): Promise<readonly LearnedLayout[]>
  /** Id of the new archive; called once, and not again by a run that goes on. */
  drawId(): Promise<string>
  signal?: AbortSignal
  monitor?: ResourceMonitor
  onChange?(state: JobState, progress: ReadonlyMap<string, number>): void
  now?: () => number
}

export type Conversion = {
  output: string
  notes: readonly Note[]
  tasks: JobResult['tasks']
  /** What was extracted and looked through; null where families knew all of it. */
  finding: Finding | null
  /** How to read what was discovered the next time. */
  learned: readonly LearnedLayout[]
}

/** Where a run keeps its state until it has ended. */
export function workFolderOf(output: string): string {
  const path = resolve(output)
  return join(dirname(path), `.${basename(path)}.work`)
}

/** @throws ConvertError */
export async function convertArchive(options: ConvertOptions): Promise<Conversion> {
  const output = resolve(options.output)
  const folder = workFolderOf(output)
  const wishes = parseWishes(options.wishes ?? {})
  const inputs = await inputsOf(options.inputs)
  const isResumed = await isThere(join(folder, 'journal'))
  if (!options.force && !isResumed && (await isThere(output))) {
    throw fileExists(options.output)
  }
  await mkdir(folder, { recursive: true }).catch((fault: NodeJS.ErrnoException) => {
    throw new ConvertError('no-such-file', `${dirname(output)} can't be written to: ${fault.message}`)
  })
  const resources = [wishesKind.make('wishes', wishes), ...inputs]
  const result = await run(folder, resources, options)
  const [umf] = umfKind.all(result.resources)
  if (result.outcome === 'critical' || umf === undefined) {
    // What stopped it would stop it again from here: the next run begins anew.
    await rm(folder, { recursive: true, force: true })
    throw failure(result)
  }
  const finding = umf.finding === null ? null : await readFinding(umf.finding)
  const learned = umf.discovered === null ? [] : (await readDiscovered(umf.discovered)).learned
  // A run that was killed in between has put it there already.
  if (await isThere(umf.path)) await putInPlace(umf.path, output, options.force === true)
  await rm(folder, { recursive: true, force: true })
  return { output, notes: result.notes, tasks: result.tasks, finding, learned }
}

/** A conversion as tasks, for whoever has a journal of their own. */
export type ConversionPlan = Pick<JobOptions, 'ruleset' | 'processors' | 'inputs' | 'wants'> & {
  /** To be told how the job stands: what was noted goes into the archive. */
  onChange(state: JobState): void
}

export type PlanOptions = Pick<ConvertOptions, 'inputs' | 'wishes' | 'layouts' | 'drawId' | 'now'> & {
  /** For all that is made on the way; there it is found again by a run that goes on. */
  folder: string
}

/** @throws ConvertError `misused`, `no-such-file` */
export async function planConversion({ inputs, wishes, ...options }: PlanOptions): Promise<ConversionPlan> {
  const found = await inputsOf(inputs)
  return planOf([wishesKind.make('wishes', parseWishes(wishes ?? {})), ...found], options)
}

/** Path of the archive that came of a conversion. @throws ConvertError: none did */
export function convertedFile(result: JobResult): string {
  const [umf] = umfKind.all(result.resources)
  if (result.outcome === 'critical' || umf === undefined) throw failure(result)
  return umf.path
}

/** How to read archives of that kind from now on; none where nothing was learned, or what was made on the way is gone. */
export async function learnedLayouts(result: JobResult): Promise<readonly LearnedLayout[]> {
  const [umf] = umfKind.all(result.resources)
  if (umf === undefined || umf.discovered === null || !(await isThere(umf.discovered))) return []
  return (await readDiscovered(umf.discovered)).learned
}

function planOf(
  inputs: JobOptions['inputs'],
  { folder, drawId, now = Date.now, layouts = async () => [] }: Omit<PlanOptions, 'inputs' | 'wishes'>,
): ConversionPlan {
  let last: JobState | null = null
  const room = new RoomCount()
  const workshop: Workshop = {
    ...{ folder, drawId, now, layouts },
    room: () => room.left(last),
    notes: () => [...(last?.tasks.values() ?? [])].flatMap(({ notes }) => notes),
  }
  const processors = [
    ...gatherTasks(workshop),
    extractor(workshop),
    inquisitor(workshop),
    ...mediaTasks(workshop),
    ...pageTasks(workshop),
    discoverer(workshop),
    alignTask(workshop),
    ...slideTimeTasks(workshop),
    collator(workshop),
  ]
  const onChange = (state: JobState): void => {
    last = state
  }
  return { ruleset: conversionRuleset, processors, inputs, wants: ['umf'], onChange }
}

async function run(
  folder: string,
  inputs: Parameters<typeof runJob>[0]['inputs'],
  options: ConvertOptions,
): Promise<JobResult> {
  const { signal, monitor, onChange, drawId, layouts, now = Date.now } = options
  const plan = planOf(inputs, { folder, drawId, now, ...(layouts !== undefined && { layouts }) })
  const path = join(folder, 'journal')
  const attempt = async (): Promise<JobResult> => {
    const journal = await openFileJournal(path)
    try {
      return await runJob({
        ...{ ...plan, journal, now },
        ...(signal !== undefined && { signal }),
        ...(monitor !== undefined && { monitor }),
        onChange(state, progress) {
          plan.onChange(state)
          onChange?.(state, progress)
        },
      })
    } finally {
      await journal.close()
    }
  }
  try {
    return await attempt()
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error
    if (error.code === 'cancelled')
      throw new ConvertError('stopped', 'stopped; run again, it goes on', { cause: error })
    if (error.code !== 'journal-of-another-job' && error.code !== 'journal-damaged') throw error
    // Inputs or wishes have changed since: what was done for others is of no use.
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    return await attempt()
  }
}

/** What was there when a run began must be what is there when it goes on. */
async function inputsOf(paths: readonly string[]) {
  if (paths.length === 0) throw new ConvertError('misused', 'what is to be converted?')
  const prefixes = prefixesOf(paths)
  return await Promise.all(
    paths.map(async (given, index) => {
      const path = resolve(given)
      const standing = await stat(path).catch(() => null)
      if (standing === null) throw new ConvertError('no-such-file', `${given} is no file and no folder`)
      const stamp = `${standing.isFile() ? standing.size : 'folder'} ${standing.mtimeMs}`
      return inputKind.make(
        `input:${index}`,
        { path, prefix: prefixes[index]!, stamp },
        standing.isFile() ? standing.size : 0,
      )
    }),
  )
}

/** Of one input, names are those within it; of several, each is in a folder that is called like the input. */
function prefixesOf(paths: readonly string[]): string[] {
  if (paths.length === 1) return ['']
  const taken = new Set<string>()
  return paths.map((path) => {
    const stem =
      basename(resolve(path))
        .replaceAll(/[^\p{L}\p{N}._ -]+/gu, '_')
        .replace(/[ .]+$/, '') || 'input'
    let name = stem
    for (let count = 2; taken.has(name); count++) name = `${stem}-${count}`
    taken.add(name)
    return `${name}/`
  })
}

function failure({ tasks, notes }: JobResult): ConvertError {
  const critical = notes.find(({ severity }) => severity === 'critical')
  const codes = ['too-large', 'hostile-name', 'no-such-file', 'nothing-found', 'unreadable'] as const
  const known = codes.find((code) => code === critical?.code)
  if (critical !== undefined) return new ConvertError(known ?? 'failed', critical.message)
  const failed = tasks.find(({ state }) => state === 'failed')
  const why = failed?.notes.at(-1)?.message ?? notes.at(-1)?.message ?? 'nothing came of it'
  return new ConvertError('failed', failed === undefined ? why : `${failed.rule}: ${why}`)
}

async function putInPlace(from: string, to: string, force: boolean): Promise<void> {
  if (force) await rename(from, to)
  else {
    // Unlike a renaming, a link never replaces anything.
    await link(from, to).catch((fault: NodeJS.ErrnoException) => {
      if (fault.code === 'EEXIST') throw fileExists(to)
      throw fault
    })
    await rm(from)
  }
  const folder = await open(dirname(to), 'r')
  await folder.sync().finally(() => folder.close())
}

function fileExists(path: string): ConvertError {
  return new ConvertError('file-exists', `${path} is there already: give another place, or --force to replace it`)
}

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  )
}
