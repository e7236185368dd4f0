import type { ItemFields } from '@rushes/umf'
import { type Command, InvalidArgumentError } from 'commander'
import { contentTypeOf, itemTypeOf } from './content-types.ts'

/** What `add` can say of an item. */
export type ItemOptions = {
  type?: string
  contentType?: string
  level?: number
  limit: Record<string, string[]>
  startMs?: number
  endMs?: number
  title?: string
  language?: string
}

export function addItemOptions(command: Command): Command {
  return command
    .option('--type <type>', 'video, audio, slide, image, document, transcript, chat, …; by default what its name says')
    .option('--content-type <type>', 'media type; by default what its name says')
    .option(
      '--level <n>',
      'who has this level or a lower one may read it: 0 the owner, 1000 (the default) anybody',
      level,
    )
    .option(
      '--limit <attribute=value…>',
      'who may read it besides: --limit group=staff,board; may be repeated',
      limit,
      {},
    )
    .option('--start-ms <ms>', 'when it begins on the timeline', milliseconds)
    .option('--end-ms <ms>', 'when it ends', milliseconds)
    .option('--title <text>', 'for people')
    .option('--language <tag>', 'as de or en-GB')
}

export function itemFields(name: string, options: ItemOptions): ItemFields {
  const { contentType = contentTypeOf(name), type = itemTypeOf(contentType) } = options
  const { level, limit, startMs, endMs, title, language } = options
  return {
    ...{ name, type, contentType },
    ...(level !== undefined && { level }),
    ...(Object.keys(limit).length > 0 && { limits: limit }),
    ...(startMs !== undefined && { startMs }),
    ...(endMs !== undefined && { endMs }),
    ...(title !== undefined && { title }),
    ...(language !== undefined && { language }),
  }
}

function level(text: string): number {
  const value = Number(text)
  if (text === '' || !Number.isInteger(value) || value < 0 || value > 2 ** 31)
    throw new InvalidArgumentError('a whole number from 0')
  return value
}

export function milliseconds(text: string): number {
  const value = Number(text)
  if (text === '' || !(value >= 0 && value <= 1e12)) throw new InvalidArgumentError('milliseconds, from 0')
  return Math.round(value * 1000) / 1000
}

function limit(text: string, before: Record<string, string[]>): Record<string, string[]> {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('write attribute=value, as group=staff')
  const attribute = text.slice(0, at)
  const values = text.slice(at + 1).split(',')
  return { ...before, [attribute]: [...(Object.hasOwn(before, attribute) ? before[attribute]! : []), ...values] }
}
