import type { Archive, ResourceWish } from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'
import type { Command } from 'commander'
import { CommandError, printResult } from '../output.ts'
import { openPlace, readArchive } from './archive-file.ts'
import { milliseconds } from './item-options.ts'
import { archiveLines, describeArchive } from './resources.ts'
import { counted, watchWork } from './work-progress.ts'

type Options = WishOptions & { json?: boolean; digests?: boolean }
type WishOptions = { name?: string; type?: string; event?: string; fromMs?: number; toMs?: number }

export function addInspectCommand(program: Command): void {
  program
    .command('inspect <file>')
    .description('show what is in an archive (.umf): a file, or a URL of which little is fetched')
    .option('--digests', 'read the main presentation too, for its digest')
    .option('--name <name>', 'of its items show this one alone')
    .option('--type <type>', 'those of this type alone, as slide or transcript')
    .option('--event <kind>', 'those alone that events of this kind name, within the time span')
    .option('--from-ms <ms>', 'those alone whose time on the timeline ends at this one or later', milliseconds)
    .option('--to-ms <ms>', 'those alone whose time begins at this one or earlier', milliseconds)
    .option('--json', 'print one JSON object')
    .action(async (place: string, options: Options) => {
      await using source = await openPlace(place)
      const archive = await readArchive(source)
      const digest = options.digests === true ? await presentationDigest(archive, options) : null
      const wish = wishOf(options)
      const described = await describeArchive(archive, [], { presentationDigest: digest })
      if (wish !== null) {
        const wished = new Set((await archive.resources(wish)).map(({ name }) => name))
        described.resources = described.resources.filter(({ name }) => wished.has(name))
      }
      if (options.json === true) printResult(described, options)
      else process.stdout.write(`${archiveLines(described).join('\n')}\n`)
    })
}

/** Null where everything is wished. */
function wishOf({ name, type, event, fromMs, toMs }: WishOptions): ResourceWish | null {
  if (fromMs !== undefined && toMs !== undefined && fromMs > toMs)
    throw new CommandError('misused', '--from-ms is behind --to-ms')
  const given = Object.entries({ name, type, event, fromMs, toMs }).filter(([, value]) => value !== undefined)
  return given.length === 0 ? null : (Object.fromEntries(given) as ResourceWish)
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
