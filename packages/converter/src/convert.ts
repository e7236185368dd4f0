// Anybody's archive into one file of the universal media format:
//
//   inputs → list, unpack → inquisitor → tracks looked through, decks drawn, picture and sound encoded → collator → OUT.umf
//
// What happened is in a journal beside the output, so that a run that was killed goes on when it is run again.
import { link, lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import {
  type JobResult,
  type JobState,
  type Note,
  openFileJournal,
  PipelineError,
  type ResourceMonitor,
  runJob,
} from '@rushes/pipeline'
import { ConvertError } from './convert-error.ts'
import { inputKind, umfKind, wishesKind } from './job-kinds.ts'
import { conversionRuleset } from './rules.ts'
import { alignTask } from './tasks/align-task.ts'
import { collator } from './tasks/collator.ts'
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
  /** Id of the new archive; called once, and not again by a run that goes on. */
  drawId(): Promise<string>
  signal?: AbortSignal
  monitor?: ResourceMonitor
  onChange?(state: JobState, progress: ReadonlyMap<string, number>): void
  now?: () => number
}

export type Conversion = { output: string; notes: readonly Note[]; tasks: JobResult['tasks'] }

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
  // A run that was killed in between has put it there already.
  if (await isThere(umf.path)) await putInPlace(umf.path, output, options.force === true)
  await rm(folder, { recursive: true, force: true })
  return { output, notes: result.notes, tasks: result.tasks }
}

async function run(
  folder: string,
  inputs: Parameters<typeof runJob>[0]['inputs'],
  options: ConvertOptions,
): Promise<JobResult> {
  const { signal, monitor, onChange, drawId, now = Date.now } = options
  let last: JobState | null = null
  const workshop: Workshop = {
    ...{ folder, drawId, now },
    notes: () => [...(last?.tasks.values() ?? [])].flatMap(({ notes }) => notes),
  }
  const processors = [
    ...gatherTasks(workshop),
    inquisitor(workshop),
    ...mediaTasks(workshop),
    ...pageTasks(workshop),
    alignTask(workshop),
    ...slideTimeTasks(workshop),
    collator(workshop),
  ]
  const path = join(folder, 'journal')
  const attempt = async (): Promise<JobResult> => {
    const journal = await openFileJournal(path)
    try {
      return await runJob({
        ...{ ruleset: conversionRuleset, processors, journal, inputs, wants: ['umf'], now },
        ...(signal !== undefined && { signal }),
        ...(monitor !== undefined && { monitor }),
        onChange(state, progress) {
          last = state
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
