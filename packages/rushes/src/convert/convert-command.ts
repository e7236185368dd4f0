import { stat } from 'node:fs/promises'
import {
  type Conversion,
  ConvertError,
  convertArchive,
  type LearnedLayout,
  parseWishes,
  type Wishes,
  withLayout,
} from '@rushes/converter'
import type { Command } from 'commander'
import { openPlace, readArchive } from '../archive/archive-file.ts'
import { presentationDigest } from '../archive/inspect-command.ts'
import { registeredId, userRegistry } from '../archive/registered-id.ts'
import { archiveLines, describeArchive, type Note } from '../archive/resources.ts'
import { listenForStop } from '../archive/stop-signal.ts'
import { CommandError, printResult } from '../output.ts'
import { explained, explanationLines } from './explanation.ts'
import { givenInputs } from './given-inputs.ts'
import { watchJob } from './job-progress.ts'
import { changeLayouts, readLayouts, userLayoutFile } from './layout-file.ts'
import { formatsByType, typeList } from './wish-options.ts'

type Options = {
  output?: string
  only?: string
  except?: string
  as?: string[]
  explain?: boolean
  learn?: boolean
  force?: boolean
  json?: boolean
}

export function addConvertCommand(program: Command): void {
  program
    .command('convert <inputs...>')
    .description("make an archive of anybody's recording: a folder, a zip, a file, a URL or - for standard input")
    .option('-o, --output <file>', 'the archive')
    .option(
      '--only <types>',
      'these types of resources alone: video, audio, slide, document, transcript, chat, events, …',
    )
    .option('--except <types>', 'all but these')
    .option(
      '--as <type=format>',
      'in another form: transcript=srt, audio=mp3, slide=jpeg; may be given again',
      collected,
    )
    .option('--explain', 'tell what was extracted and discovered, and what was done by whom')
    .option('--no-learn', 'neither use nor keep what was learned of formats (rushes layouts)')
    .option('--force', 'replace a file that is there')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nA run that was stopped or killed goes on when it is run again.')
    .action(async (inputs: string[], options: Options) => await convert(inputs, options))
}

function collected(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

async function convert(inputs: string[], options: Options): Promise<void> {
  const { output } = options
  if (output === undefined) throw new CommandError('misused', 'where to? Give -o OUT.umf')
  const idNotes: Note[] = []
  const layoutFile = options.learn === false ? null : userLayoutFile()
  const conversion = await converted(async () => {
    const wishes = wishesOf(options)
    using stopping = listenForStop('run again, it goes on')
    const { signal } = stopping
    const { paths, remove } = await stopping.unless(givenInputs(inputs, output, signal))
    using progress = watchJob()
    try {
      const result = await convertArchive({
        ...{ inputs: paths, output, force: options.force === true, wishes, signal },
        ...(layoutFile !== null && { layouts: () => knownLayouts(layoutFile, idNotes) }),
        async drawId() {
          const { id, notes } = await registeredId(null, output, userRegistry())
          idNotes.push(...notes)
          return id
        },
        onChange: (state, fractions) => progress.show(state, fractions),
      })
      await remove()
      return result
    } catch (error) {
      if (!(error instanceof ConvertError) || error.code !== 'stopped') await remove()
      throw error
    }
  })
  if (layoutFile !== null) idNotes.push(...(await learn(layoutFile, conversion.learned)))
  await using source = await openPlace(output)
  const archive = await readArchive(source)
  const digest = await presentationDigest(archive, { json: true })
  const described = await describeArchive(archive, idNotes, { presentationDigest: digest, places: 'input' })
  const explanation = options.explain === true ? explained(conversion) : null
  if (options.json === true) {
    const { size: bytes } = await stat(output)
    printResult({ file: output, bytes, ...described, ...(explanation !== null && { explain: explanation }) }, options)
    return
  }
  process.stdout.write(`${archiveLines(described).join('\n')}\n`)
  if (explanation !== null) process.stdout.write(`${explanationLines(explanation).join('\n')}\n`)
}

/** To whoever wants an archive, that nothing can be remembered is no reason not to have it. */
async function knownLayouts(path: string, notes: Note[]): Promise<LearnedLayout[]> {
  try {
    return await readLayouts(path)
  } catch (error) {
    notes.push(notLearned(error))
    return []
  }
}

async function learn(path: string, learned: readonly LearnedLayout[]): Promise<Note[]> {
  if (learned.length === 0) return []
  try {
    await changeLayouts(path, (known) => learned.reduce(withLayout, [...known]))
    const names = learned.map(({ name }) => name).join(', ')
    const message = `the next archive of this kind is read at once: rushes layouts lists it as ${names}`
    return [{ severity: 'info', code: 'layout-learned', message }]
  } catch (error) {
    return [notLearned(error)]
  }
}

function notLearned(error: unknown): Note {
  const message = `what was learned of formats is not used: ${(error as Error).message}`
  return { severity: 'warning', code: 'not-learned', message }
}

function wishesOf({ only, except, as }: Options): Wishes {
  return parseWishes({
    ...(only !== undefined && { only: typeList(only) }),
    ...(except !== undefined && { except: typeList(except) }),
    ...(as !== undefined && { as: formatsByType(as) }),
  })
}

/** What a user did wrong is told as misuse. */
async function converted(work: () => Promise<Conversion>): Promise<Conversion> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ConvertError) throw new CommandError(error.code, error.message, { cause: error })
    throw error
  }
}
