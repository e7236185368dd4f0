import { encodeAnchor, SLOTS } from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'
import type { Command } from 'commander'
import { CommandError, printResult } from '../output.ts'
import { openPlace, readArchive } from './archive-file.ts'
import { writeNewFile } from './new-file.ts'
import { pack } from './pack.ts'
import { planPack } from './pack-plan.ts'
import { registeredId, userRegistry } from './registered-id.ts'
import { archiveLines, describeArchive, type Note, noteLines } from './resources.ts'
import { standardOutput } from './standard-output.ts'
import { watchWork } from './work-progress.ts'

type Options = {
  output?: string
  stdout?: boolean
  video?: string | boolean
  newId?: boolean
  force?: boolean
  json?: boolean
}

export function addPackCommand(program: Command): void {
  program
    .command('pack <paths...>')
    .description('make an archive of a folder, or of files: one file that any player plays and that holds everything')
    .option('-o, --output <file>', 'the archive; - is standard output')
    .option('--stdout', 'the same as -o -')
    .option('--video <file>', 'the main presentation; by default the largest video that plays as MP4 without encoding')
    .option('--no-video', 'no main presentation: every file is an item')
    .option('--new-id', 'of a folder that unpack has made: another archive, which says what it was')
    .option('--force', 'replace a file that is there')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nA folder that unpack has made, with its umf.json, becomes the same archive again.')
    .action(async (paths: string[], options: Options) => {
      const output = options.stdout === true ? '-' : options.output
      if (output === undefined)
        throw new CommandError('misused', 'where to? Give -o OUT.umf, or -o - for standard output')
      if (output === '-') await toStandardOutput(paths, options)
      else await toFile(paths, output, options)
    })
}

async function toFile(paths: readonly string[], output: string, options: Options): Promise<void> {
  const plan = await planPack(paths, { output, ...wishOf(options) })
  const { id, notes: idNotes } = await registeredId(plan.keptId, output, userRegistry())
  const notes: Note[] = [...plan.notes, ...idNotes]
  {
    using progress = watchWork('pack', options)
    await writeNewFile(output, { force: options.force === true }, async (file) => {
      const packed = await pack(id, plan, (bytes) => file.write(bytes), progress)
      await file.patch(SLOTS[0], encodeAnchor(packed.anchor, nodeSha256))
      notes.push(...packed.notes)
    })
  }
  await using source = await openPlace(output)
  const described = await describeArchive(await readArchive(source), notes)
  if (options.json === true) printResult({ file: output, bytes: source.size, ...described }, options)
  else process.stdout.write(`${archiveLines(described).join('\n')}\n`)
}

async function toStandardOutput(paths: readonly string[], options: Options): Promise<void> {
  if (options.json === true) throw new CommandError('misused', 'standard output takes the archive or --json, not both')
  const write = standardOutput()
  const plan = await planPack(paths, { output: null, ...wishOf(options) })
  using progress = watchWork('pack', options)
  const { id, notes: idNotes } = await registeredId(plan.keptId, null, userRegistry())
  const { notes } = await pack(id, plan, write, progress)
  for (const line of noteLines([...plan.notes, ...idNotes, ...notes])) process.stderr.write(`${line}\n`)
}

function wishOf({ video, newId = false }: Options): { video?: string | false; newId: boolean } {
  return { newId, ...((typeof video === 'string' || video === false) && { video }) }
}
