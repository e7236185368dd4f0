// An archive of ours that was unpacked: a folder or zip with a `umf.json`, which tells of every file what it was, and of what happened
// when. `rushes pack` makes the same archive of it again; here it is one of the inputs that a new one is made of.
import { DEFAULT_LEVEL, EVENTS_TYPE, type ItemFields, parseEvents, type TimelineEvent } from '@rushes/umf'
import { z } from 'zod'
import { baseName, type FoundFile, readStart } from '../../input/found-file.ts'
import { ArchiveFolder, claimsAround } from '../archive-folder.ts'
import type { Deck, Family, FileFacts, MoreItem, Track } from '../family.ts'

const MANIFEST = 'umf.json'

type ListedItem = {
  item: Pick<ItemFields, 'name' | 'type' | 'contentType'> & Partial<ItemFields>
  file?: string | undefined
  events?: unknown[] | undefined
  pointer?: string | undefined
}

type Limited = Pick<ItemFields, 'level' | 'limits' | 'encryption'>

type Listed = {
  umf: 1
  id?: string | undefined
  metadata?: Record<string, unknown> | undefined
  presentation?:
    | { item: Limited & { startMs?: number | undefined; durationMs?: number | undefined }; file: string }
    | undefined
  items?: ListedItem[] | undefined
}

const time = z.number().min(0).max(1e12).optional()

const limited = { level: z.int().min(0).optional(), limits: z.record(z.string(), z.unknown()).optional() }

const itemSchema = z.looseObject({
  ...{ name: z.string().min(1).max(1000), type: z.string().max(100), contentType: z.string().max(1000) },
  ...{ title: z.string().optional(), language: z.string().optional(), startMs: time, endMs: time },
  ...{ ...limited, metadata: z.record(z.string(), z.unknown()).optional() },
})

const schema: z.ZodType<Listed> = z.looseObject({
  umf: z.literal(1),
  id: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  presentation: z
    .looseObject({ item: z.looseObject({ ...limited, startMs: time, durationMs: time }), file: z.string() })
    .optional(),
  items: z
    .array(
      z.looseObject({
        item: itemSchema,
        file: z.string().optional(),
        events: z.array(z.unknown()).optional(),
        pointer: z.string().optional(),
      }),
    )
    .max(65_535)
    .optional(),
}) as z.ZodType<Listed>

export const unpackedArchive: Family = {
  format: 'umf',
  isWhole: true,

  async claims(files) {
    const found: FoundFile[] = []
    for (const file of files) if (await isManifest(file)) found.push(file)
    return claimsAround(found)
  },

  async read(files, { root }) {
    const folder = new ArchiveFolder(files, root)
    const manifest = folder.file(MANIFEST)
    const listed = await folder.json(manifest, schema)
    if (manifest !== null) folder.know(manifest, { title: 'What the folder was', level: 0 })
    const { metadata = {}, items = [], presentation, id } = listed ?? { umf: 1 }
    const names = new Map<string, string>()
    const events: TimelineEvent[] = []
    const more: MoreItem[] = []
    for (const each of items) {
      const { item } = each
      const facts = factsOf(item)
      const own = each.pointer === undefined ? folder.file(each.file ?? item.name) : null
      if (each.pointer !== undefined) {
        more.push({ ...facts, ...named(item), pointer: each.pointer })
      } else if (item.type === 'events' && item.contentType.startsWith(EVENTS_TYPE)) {
        const all = await eventsOf(folder, each, own)
        // What is not for everybody stays an item of its own: the timeline is for all.
        if (all === null || facts.level === undefined) events.push(...(all ?? []))
        else more.push({ ...facts, ...named(item), text: JSON.stringify(all) })
        if (own !== null) folder.know(own, { ...facts, type: 'data' })
      } else if (own === null) folder.note('missing', `${MANIFEST} lists it, and it is not there`, item.name)
      else {
        folder.know(own, facts)
        names.set(item.name, own.name)
      }
    }
    const main = presentation === undefined ? null : folder.file(presentation.file)
    if (presentation !== undefined && main === null)
      folder.note('missing-media', `${baseName(presentation.file)} is not in the folder`)
    const startMs = presentation?.item.startMs ?? 0
    const level = presentation === undefined ? undefined : levelOf(presentation.item)
    const isShown = main !== null && level === undefined
    if (main !== null && level !== undefined) {
      folder.know(main, { startMs, level })
      folder.note('kept-back', 'it is not for everybody: it is kept, and is not the presentation', main.name)
    }
    const tracks: Track[] = isShown ? [{ file: main.name, role: 'main', startMs, endMs: null }] : []
    const durationMs = presentation?.item.durationMs
    const { format: _, created: __, notes: ___, ...kept } = metadata
    return {
      ...folder.reading({
        ...{ format: 'umf', metadata: { ...kept, origin: { ...(id !== undefined && { id }), by: 'convert' } } },
        // What plays is what lasts.
        kept: durationMs === undefined ? null : [{ startMs: 0, endMs: startMs + durationMs }],
        ...{ tracks, decks: decksOf(items, folder), more },
        events: events.map((event) => renamed(event, names)).sort((left, right) => left.t - right.t),
      }),
      isCollated: true,
    }
  },
}

async function isManifest(file: FoundFile): Promise<boolean> {
  if (file.kind !== 'application/json' || baseName(file.name) !== MANIFEST) return false
  return /^\s*\{\s*"umf"\s*:\s*1\b/.test(Buffer.from(await readStart(file, 256)).toString('latin1'))
}

/** Who may read it, where that is not everybody; what is limited otherwise than by a level is for its owner alone. */
function levelOf({ level = DEFAULT_LEVEL, limits, encryption }: Limited): number | undefined {
  if (limits !== undefined || encryption !== undefined) return 0
  return level >= DEFAULT_LEVEL ? undefined : level
}

function factsOf({ type, title, language, startMs, endMs, metadata, ...item }: ListedItem['item']): FileFacts {
  const level = levelOf(item)
  const { origin: _, ...plain } = metadata ?? {}
  return {
    type,
    ...(title !== undefined && { title }),
    ...(language !== undefined && { language }),
    ...(startMs !== undefined && { startMs }),
    ...(endMs !== undefined && { endMs }),
    ...(Object.keys(plain).length > 0 && { metadata: plain }),
    ...(level !== undefined && { level }),
  }
}

const named = ({ name, type, contentType }: ListedItem['item']) => ({ name, type, contentType })

async function eventsOf(
  folder: ArchiveFolder,
  { item, events }: ListedItem,
  own: FoundFile | null,
): Promise<TimelineEvent[] | null> {
  const listed = events ?? (own === null ? null : await folder.json(own, z.array(z.unknown()).max(1_000_000)))
  if (listed === null) return null
  try {
    return parseEvents(new TextEncoder().encode(JSON.stringify(listed)))
  } catch (error) {
    folder.note('damaged', `it is no list of events: ${(error as Error).message.slice(0, 200)}`, item.name)
    return null
  }
}

function renamed({ resource, ...event }: TimelineEvent, names: ReadonlyMap<string, string>): TimelineEvent {
  const name = resource === undefined ? undefined : names.get(resource)
  return name === undefined ? event : { ...event, resource: name }
}

/** Pictures that say of which deck they are, and where in it. */
function decksOf(items: readonly ListedItem[], folder: ArchiveFolder): Deck[] {
  const decks = new Map<string, (string | null)[]>()
  for (const { item, file } of items) {
    const { deck, index } = (item.metadata ?? {}) as { deck?: unknown; index?: unknown }
    if (item.type !== 'slide' || typeof deck !== 'string' || !Number.isSafeInteger(index)) continue
    const at = index as number
    const own = folder.file(file ?? item.name)
    if (own === null || at < 0 || at >= 10_000) continue
    const pages = decks.get(deck) ?? []
    while (pages.length <= at) pages.push(null)
    pages[at] = own.name
    decks.set(deck, pages)
  }
  return [...decks].map(([name, pages]) => ({ name, title: name, pages }))
}
