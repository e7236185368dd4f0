import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { checkedContent } from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'
import type { Command } from 'commander'
import { CommandError, printResult } from '../output.ts'
import { openPlace, readArchive } from './archive-file.ts'
import { writeNewFile } from './new-file.ts'
import { standardOutput } from './standard-output.ts'
import { counted, watchWork } from './work-progress.ts'

type Options = { output?: string; force?: boolean; json?: boolean }

export function addExtractCommand(program: Command): void {
  program
    .command('extract <file> <name>')
    .description('take one item out of an archive (a file or a URL), checked against its digest')
    .option('-o, --output <file>', 'where to; - is standard output; by default the name of the item, here')
    .option('--force', 'replace a file that is there')
    .option('--json', 'print one JSON object')
    .action(async (place: string, name: string, options: Options) => {
      if (options.output === '-' && options.json === true)
        throw new CommandError('misused', 'standard output takes the item or --json, not both')
      await using source = await openPlace(place)
      const archive = await readArchive(source)
      const isPresentation = archive.presentation?.name === name
      const { length = 0, contentType } = isPresentation ? archive.presentation! : archive.item(name)
      using progress = watchWork('extract', options, length)
      const content = counted(checkedContent(archive, name, nodeSha256), progress)
      if (options.output === '-') {
        const write = standardOutput()
        for await (const bytes of content) await write(bytes)
        return
      }
      const file = await targetOf(options.output, name)
      const hash = nodeSha256()
      await writeNewFile(file, { force: options.force === true }, async (target) => {
        for await (const bytes of content) {
          hash.update(bytes)
          await target.write(bytes)
        }
      })
      const digest = `sha256:${Buffer.from(hash.digest()).toString('hex')}`
      printResult({ name, file, bytes: length, contentType, digest }, options)
    })
}

async function targetOf(output: string | undefined, name: string): Promise<string> {
  if (output === undefined) return basename(name)
  const found = await stat(output).catch(() => null)
  return found?.isDirectory() === true ? join(output, basename(name)) : output
}
