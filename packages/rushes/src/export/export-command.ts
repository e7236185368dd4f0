import { lstat, mkdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import {
  ConvertError,
  type ExportForm,
  exportArchive,
  putWhole,
  type VideoLayout,
  type VideoOptions,
  writeZip,
} from '@rushes/converter'
import { type Archive, anonymous, DEFAULT_LEVEL, owner, type Source } from '@rushes/umf'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { openPlace, readArchive } from '../archive/archive-file.ts'
import { type Note, noteLines } from '../archive/resources.ts'
import { listenForStop } from '../archive/stop-signal.ts'
import { unpack } from '../archive/unpack.ts'
import { UnpackFolder } from '../archive/unpack-folder.ts'
import { watchWork } from '../archive/work-progress.ts'
import { CommandError, printResult } from '../output.ts'
import { watchFraction } from './fraction-progress.ts'
import { playerScript } from './player-script.ts'

const forms = ['folder', 'zip', 'video', 'opencast', 'vtt', 'html'] as const
type Form = (typeof forms)[number]

type Options = {
  to?: Form
  output: string
  level?: number
  layout?: VideoLayout
  captions?: NonNullable<VideoOptions['captions']>
  height?: number
  force?: boolean
  json?: boolean
}

export function addExportCommand(program: Command): void {
  program
    .command('export <file>')
    .description('an archive (a file or a URL) out again, in a form that others take')
    .addOption(new Option('--to <form>', 'by default what the output’s ending says, else a folder').choices(forms))
    .requiredOption(
      '-o, --output <place>',
      'a file, or a folder for folder and vtt; it is there as a whole or not at all',
    )
    .option(
      '--level <n>',
      'for whom: what is above this level stays out; by default 0, the owner, for folder and zip, else 1000, anybody',
      level,
    )
    .addOption(
      new Option('--layout <layout>', 'video: where the picture is, and where the slides').choices([
        ...['beside', 'over', 'slides', 'picture'],
      ]),
    )
    .addOption(
      new Option('--captions <how>', 'video: as tracks, drawn into the picture, or not at all').choices([
        ...['track', 'burned', 'none'],
      ]),
    )
    .option('--height <px>', 'video: of the picture; default 1080', height)
    .option('--force', 'replace a file that is there')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
folder    every item as a file, and a umf.json of which rushes pack makes the same archive again
zip       the same as one zip
video     one MP4: the picture beside the slides, captions and chapters in it
opencast  a mediapackage that Opencast ingests: tracks, segments, captions, Dublin Core
vtt       captions, transcripts, chapters and chat as WebVTT
html      one page with the player and the archive in it, which plays from a disk without any network`,
    )
    .action(async (place: string, options: Options) => await run(place, options))
}

async function run(place: string, options: Options): Promise<void> {
  const to = options.to ?? formOf(options.output)
  if (to !== 'video' && [options.layout, options.captions, options.height].some((each) => each !== undefined))
    throw new CommandError('misused', '--layout, --captions and --height are for --to video')
  await using source = await openPlace(place)
  const isForOwner = to === 'folder' || to === 'zip'
  const given = options.level ?? (isForOwner ? 0 : DEFAULT_LEVEL)
  const whole = await readArchive(source)
  const archive = whole.as(given === 0 ? owner : { ...anonymous, level: given })
  try {
    const result = isForOwner ? await asFiles(to, archive, source, options) : await asForm(to, archive, source, options)
    const { notes, files, ...rest } = result
    const shown = { id: archive.id, to, output: options.output, ...rest }
    if (options.json === true) printResult({ ...shown, files, notes }, options)
    else {
      printResult({ ...shown, ...(files.length > 0 && { files: files.length }) }, options)
      for (const line of noteLines(notes)) process.stderr.write(`${line}\n`)
    }
    if (notes.some(({ severity }) => severity === 'critical')) process.exitCode = 1
  } catch (error) {
    if (error instanceof ConvertError) throw new CommandError(error.code, error.message, { cause: error })
    throw error
  }
}

type Result = { bytes: number; files: string[]; notes: Note[] }

async function asForm(to: ExportForm, archive: Archive, source: Source, options: Options): Promise<Result> {
  const { output, force = false, layout, captions, height: px } = options
  using stopping = listenForStop('nothing was written')
  using progress = watchFraction('export', options)
  const video = {
    ...(layout !== undefined && { layout }),
    ...(captions !== undefined && { captions }),
    ...(px !== undefined && { height: px }),
  }
  const { signal } = stopping
  const onProgress = (fraction: number): void => progress.show(fraction)
  const exported = await exportArchive({
    ...{ archive, source, to, output, force, video, signal, onProgress },
    player: playerScript,
  })
  return { ...exported, notes: exported.notes as Note[] }
}

async function asFiles(to: 'folder' | 'zip', archive: Archive, source: Source, options: Options): Promise<Result> {
  const { output, force = false } = options
  using stopping = listenForStop('nothing was written')
  using progress = watchWork('export', options)
  const { signal } = stopping
  return await putWhole(output, { force }, async ({ folder, result }) => {
    const place = to === 'folder' ? result : join(folder, 'files')
    await mkdir(place)
    const { files, notes, bytes } = await unpack(archive, source, await UnpackFolder.open(place, false), {
      ...{ progress, signal },
    })
    if (to === 'folder') return { files, notes, bytes }
    const zipped = await Promise.all(
      files.map(async (name) => ({ name, path: join(place, name), bytes: (await lstat(join(place, name))).size })),
    )
    await writeZip(result, zipped, { signal })
    return { files, notes, bytes: (await lstat(result)).size }
  })
}

function formOf(output: string): Form {
  const byEnding: Readonly<Record<string, Form>> = { '.zip': 'zip', '.mp4': 'video', '.html': 'html', '.htm': 'html' }
  return byEnding[extname(output).toLowerCase()] ?? 'folder'
}

function level(text: string): number {
  const value = Number(text)
  if (text === '' || !Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('a whole number from 0')
  return value
}

function height(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 90 || value > 2160) throw new InvalidArgumentError('from 90 to 2160')
  return value
}
