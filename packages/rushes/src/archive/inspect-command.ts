import type { Archive } from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'
import type { Command } from 'commander'
import { printResult } from '../output.ts'
import { openPlace, readArchive } from './archive-file.ts'
import { archiveLines, describeArchive } from './resources.ts'
import { counted, watchWork } from './work-progress.ts'

type Options = { json?: boolean; digests?: boolean }

export function addInspectCommand(program: Command): void {
  program
    .command('inspect <file>')
    .description('show what is in an archive (.umf): a file, or a URL of which little is fetched')
    .option('--digests', 'read the main presentation too, for its digest')
    .option('--json', 'print one JSON object')
    .action(async (place: string, options: Options) => {
      await using source = await openPlace(place)
      const archive = await readArchive(source)
      const digest = options.digests === true ? await presentationDigest(archive, options) : null
      const described = await describeArchive(archive, [], { presentationDigest: digest })
      if (options.json === true) printResult(described, options)
      else process.stdout.write(`${archiveLines(described).join('\n')}\n`)
    })
}

/** Reads it through. */
export async function presentationDigest(archive: Archive, options: Pick<Options, 'json'>): Promise<string | null> {
  const { presentation } = archive
  if (presentation === null) return null
  using progress = watchWork('inspect', options, presentation.length)
  const hash = nodeSha256()
  for await (const bytes of counted(archive.content(presentation.name), progress)) hash.update(bytes)
  return `sha256:${Buffer.from(hash.digest()).toString('hex')}`
}
