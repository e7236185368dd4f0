// What an archive does not hold, made of what it holds: on this machine, in the sandbox, by the rules that servers go by.
import { basename } from 'node:path'
import {
  type ConversionParameters,
  type ConversionSource,
  contentKind,
  type MadeFile,
  madeEnding,
  madeType,
  openConverter,
} from '@rushes/processors'
import { type Archive, type ArchiveResource, type Item, strictest } from '@rushes/umf'
import { CommandError } from '../output.ts'
import { showProgress } from '../progress.ts'
import { editArchive } from './archive-file.ts'
import type { ReachedContent } from './reached-content.ts'
import { listenForStop } from './stop-signal.ts'

export type WantedConversion = { names: readonly string[]; to: string; parameters: ConversionParameters }

/**
 * Makes a content of items of an archive and hands it to `use`; what that answers is answered.
 *
 * @throws UmfError `not-found`; ConversionError; CommandError `stopped` and what {@link ReachedContent.content} throws
 */
export async function convertItems<Result>(
  archive: Archive,
  reached: ReachedContent,
  { names, to, parameters }: WantedConversion,
  { json = false }: { json?: boolean },
  use: (made: MadeFile) => Promise<Result>,
): Promise<Result> {
  const resources = names.map((name) => archive.resource(name))
  const sources = resources.map((resource) => sourceOf(archive, reached, resource))
  const total = resources.reduce((sum, { length = 0 }) => sum + length, 0)
  const progress = showProgress(json ? 'quiet' : 'bar', 'convert', 'done')
  using stopping = listenForStop('nothing was made')
  const converter = openConverter<Result>({ keep: use })
  try {
    const onProgress = (fraction: number): void => progress.update(fraction * total, total)
    const request = { place: archive.id, sources, to, parameters }
    return await stopping.unless(converter.convert(request, { signal: stopping.signal, onProgress }))
  } finally {
    progress.stop()
    await converter.close()
  }
}

/** What a file is called that was made of an item. */
export function madeName(source: string, contentType: string): string {
  return `${basename(source).replace(/(?<=.)\.[^.]*$/, '')}${madeEnding(contentType)}`
}

/**
 * Adds what was made to the archive, as closed as the most closed of what it was made of, what these point to included, and encrypted
 * where they are.
 *
 * @throws CommandError `name-taken`, `encrypted`; UmfError
 */
export async function addMade(
  path: string,
  { archive, reached, made }: { archive: Archive; reached: ReachedContent; made: MadeFile },
  { names }: WantedConversion,
): Promise<string> {
  const name = `made/${madeName(names[0]!, made.contentType)}`
  const resources = names.map((each) => archive.resource(each))
  const beyond = (await Promise.all(resources.map((each) => reached.restricted(each)))).flat()
  const { content, encryption } = await reached.sealed(resources, made.open())
  await editArchive(path, async (editor) => {
    const { items, presentation } = editor.state.description
    const all: ArchiveResource[] = presentation ? [presentation, ...items] : items
    const known = all.find((each) => each.name === name) as Item | undefined
    if (known !== undefined && known.digest !== made.digest)
      throw new CommandError('name-taken', `there is an item ${JSON.stringify(name)}: remove it first`)
    if (known !== undefined) return
    const from = names.map((each) => all.find(({ name }) => name === each)!)
    const { level, limits } = strictest([...from, ...beyond])
    const item = {
      ...{ name, type: madeType(made.contentType, from[0]!.type), contentType: made.contentType, level },
      ...(Object.keys(limits).length > 0 && { limits }),
      ...(encryption !== undefined && { encryption }),
      from: { items: [...names], by: made.by },
    }
    await editor.edit({ put: [{ item, content }] })
  })
  return name
}

function sourceOf(archive: Archive, reached: ReachedContent, resource: ArchiveResource): ConversionSource {
  const { name, type, contentType } = resource
  const { startMs } = archive.span(resource)
  return { identity: name, contentType, type, startMs, open: () => copies(reached.content(resource)) }
}

/** Its pieces hold until the next one is asked for alone, and here the next is on its way while one is written. */
async function* copies(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of content) yield piece.slice()
}

/** Whether it is there as it is wished. */
export function isOfKind({ contentType }: ArchiveResource, { to, names, parameters }: WantedConversion): boolean {
  const isPlain = names.length === 1 && Object.keys(parameters).length === 0
  return isPlain && contentKind(contentType) === contentKind(to)
}
