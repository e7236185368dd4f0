import type { Command } from 'commander'
import { printResult } from '../output.ts'
import { openPlace, readArchive } from './archive-file.ts'
import { noteLines } from './resources.ts'
import { listenForStop } from './stop-signal.ts'
import { unpack } from './unpack.ts'
import { UnpackFolder } from './unpack-folder.ts'
import { watchWork } from './work-progress.ts'

type Options = { output: string; force?: boolean; json?: boolean }

export function addUnpackCommand(program: Command): void {
  program
    .command('unpack <file>')
    .description('write what is in an archive into a folder, checked, with a umf.json of which pack makes it again')
    .requiredOption('-o, --output <folder>', 'where to; it is made if it is not there')
    .option('--force', 'replace files that are there')
    .option('--json', 'print one JSON object')
    .action(async (place: string, options: Options) => {
      await using source = await openPlace(place)
      const archive = await readArchive(source)
      const folder = await UnpackFolder.open(options.output, options.force === true)
      using progress = watchWork('unpack', options)
      using stopping = listenForStop('what is in the folder is not all of the archive')
      const { signal } = stopping
      const { files, bytes, notes } = await stopping.unless(unpack(archive, source, folder, { progress, signal }))
      const result = { id: archive.id, folder: options.output, files: files.length, bytes }
      if (options.json === true) printResult({ ...result, files, notes }, options)
      else {
        printResult(result, options)
        for (const line of noteLines(notes)) process.stderr.write(`${line}\n`)
      }
      if (notes.some(({ severity }) => severity === 'critical')) process.exitCode = 1
    })
}
