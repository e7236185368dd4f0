// What an uploaded archive holds that has no place in the catalog: it lies in the body, and is in every export of the
// recording, of which each caller gets what they may read (packages/umf/SPEC.md, L3 and L5).
import {
  type Archive,
  type TimelineEvent as ArchiveEvent,
  type Caller,
  eventsContent,
  type Item,
  mayRead,
  openArchive,
  owner,
  ownIds,
  type PlannedItem,
  type Presentation,
  parsePointer,
  TimelineBudget,
} from '@rushes/umf'
import { nodeSha256, openFile } from '@rushes/umf/node'
import type { StoredBox } from '../catalog/schema.ts'
import type { BodyRange } from './range-digest.ts'
import { eventsOf, hasPlainEvents, takenEvents } from './taken-events.ts'

/** An item, and where in the body its bytes lie, in order. */
export type KeptItem = { planned: PlannedItem; ranges: readonly BodyRange[] }

export type KeptContent = {
  archiveId: string
  /** Of the archive as it came. */
  generation: number
  metadata: Record<string, unknown>
  /** Members of the description that mean nothing to us. */
  further: Record<string, unknown>
  /** Null where it is one of items alone. */
  presentation: Presentation | null
  items: KeptItem[]
  boxes: readonly StoredBox[]
}

export type KeptArchive = {
  path: string
  boxes: readonly StoredBox[]
  /** Of the recording's timeline, on its clock; null: they are not to be known. */
  events: readonly ArchiveEvent[]
}

/** Of an archive whose digests were checked when it came. @throws UmfError */
export async function readKeptContent({ path, boxes, events }: KeptArchive, caller: Caller): Promise<KeptContent> {
  await using source = await openFile(path)
  const archive = await openArchive(source, { sha256: nodeSha256, caller: owner })
  const { description } = archive.state
  const { presentation = null } = description
  const all = new Map(description.items.map((item) => [item.name, item]))
  const ids = ownIds(description)
  const visible = new Set(description.items.filter((item) => isFor(item, all, ids, caller)).map(({ name }) => name))
  const isWhole = visible.size === description.items.length
  if (presentation !== null) visible.add(presentation.name)
  const items: KeptItem[] = []
  const contents = await eventContents(archive, visible, { events, startMs: presentation?.startMs ?? 0, isWhole })
  for (const item of description.items) {
    if (!visible.has(item.name)) continue
    const content = contents.get(item.name)
    if (content === null) continue
    items.push(
      content === undefined
        ? stored(archive, item, visible)
        : { planned: { item: fields(item, visible), bytes: content }, ranges: [] },
    )
  }
  return {
    archiveId: description.id,
    generation: archive.generation,
    metadata: isWhole ? description.metadata : withoutHidden(description.metadata, visible),
    further: furtherMembers(description, isWhole, visible) as Record<string, unknown>,
    presentation: presentation && shown(presentation, caller, visible),
    items,
    boxes: isWhole ? boxes : [],
  }
}

/** Items whose events went over to the timeline, or tell of what the caller may not know: their content now; null: none. */
async function eventContents(
  archive: Archive,
  visible: ReadonlySet<string>,
  { events, startMs, isWhole }: { events: readonly ArchiveEvent[]; startMs: number; isWhole: boolean },
): Promise<Map<string, Uint8Array | null>> {
  const { left } = await takenEvents(archive)
  const mayTell = ({ resource }: ArchiveEvent) => resource === undefined || visible.has(resource)
  const contents = new Map<string, Uint8Array | null>()
  /** The first one is where the timeline came from, and goes back to. */
  let isHost = true
  for (const [name, staying] of left) {
    const all = [
      ...(isHost ? events.map((event) => ({ ...event, t: event.t + startMs })) : []),
      ...staying.filter(mayTell),
    ]
    contents.set(name, isHost || all.length > 0 ? eventsContent(all) : null)
    isHost = false
  }
  if (isWhole) return contents
  const budget = new TimelineBudget()
  for (const item of archive.items({ type: 'events' })) {
    if (contents.has(item.name) || !visible.has(item.name) || !hasPlainEvents(item)) continue
    const own = await eventsOf(archive, item, budget)
    // What can't be looked through may name anything.
    if (own === null) contents.set(item.name, null)
    else if (!own.every(mayTell)) contents.set(item.name, eventsContent(own.filter(mayTell)))
  }
  return contents
}

/** By name. */
type AllItems = ReadonlyMap<string, Item>

/** Whether the caller may have the item: what only a hidden module decrypts, or what points to a hidden one, would tell of that. */
function isFor(item: Item, all: AllItems, ids: ReadonlySet<string>, caller: Caller): boolean {
  if (!mayRead(caller, item)) return false
  const module = item.encryption?.module
  const code = module?.startsWith('item:') ? all.get(module.slice('item:'.length)) : undefined
  return (code === undefined || mayRead(caller, code)) && isTargetFor(item, all, ids, caller)
}

/** P4, inside of one archive; a circle leads nowhere, and tells of nothing else than what is in it. */
function isTargetFor(item: Item, all: AllItems, ids: ReadonlySet<string>, caller: Caller): boolean {
  const seen = new Set<Item>()
  for (let at: Item | undefined = item; at?.pointer !== undefined && !seen.has(at); ) {
    seen.add(at)
    at = targetIn(at.pointer, all, ids)
    if (at !== undefined && !mayRead(caller, at)) return false
  }
  return true
}

function targetIn(text: string, all: AllItems, ids: ReadonlySet<string>): Item | undefined {
  try {
    const pointer = parsePointer(text)
    return pointer.kind === 'item' && ids.has(pointer.id) ? all.get(pointer.name) : undefined
  } catch {
    return undefined
  }
}

function stored(archive: Archive, item: Item, visible: ReadonlySet<string>): KeptItem {
  const { pointer, length, digest } = item
  if (pointer !== undefined) {
    const known = { ...(length !== undefined && { length }), ...(digest !== undefined && { digest }) }
    return { planned: { item: fields(item, visible), pointer, ...known }, ranges: [] }
  }
  const ranges =
    item.inline === undefined
      ? (item.extents ?? []).map(([offset, bytes]) => ({ offset, length: bytes }))
      : [{ offset: archive.state.idat.at + item.inline[0], length: item.inline[1] }]
  return { planned: { item: fields(item, visible), stored: { length: length!, digest: digest! } }, ranges }
}

const places = ['extents', 'inline', 'pointer', 'length', 'digest'] as const

/** All that an item says of itself, but where it lies, and what the caller may not know. */
function fields(item: Item, visible: ReadonlySet<string>): Item {
  return withoutHiddenNames(without(item, places), visible)
}

function shown(presentation: Presentation, caller: Caller, visible: ReadonlySet<string>): Presentation {
  const said = withoutHiddenNames(presentation, visible)
  if (mayRead(caller, presentation)) return said
  // Whoever gave the link away has opened the recording to those who have it, and nothing else.
  return without(said, ['level', 'limits'])
}

type Naming = Pick<Item, 'requires' | 'from'>

/** L3: names of items that the caller may not know of. */
function withoutHiddenNames<Said extends Naming>(said: Said, visible: ReadonlySet<string>): Said {
  const { requires, from, ...rest } = said
  const sources = from?.items.filter((name) => visible.has(name)) ?? []
  return {
    ...rest,
    ...(requires && { requires: requires.filter(({ module }) => isKnownModule(module, visible)) }),
    ...(from && sources.length > 0 && { from: { ...from, items: sources } }),
  } as Said
}

function isKnownModule(module: string, visible: ReadonlySet<string>): boolean {
  return !module.startsWith('item:') || visible.has(module.slice('item:'.length))
}

/** M1: errors and notes name the items that they are of. */
function withoutHidden(metadata: Record<string, unknown>, visible: ReadonlySet<string>): Record<string, unknown> {
  const mayTell = (note: unknown) => {
    const resource = (note as { resource?: unknown } | null)?.resource
    return typeof resource !== 'string' || visible.has(resource)
  }
  const filtered = (['errors', 'notes'] as const).flatMap((name) => {
    const list = metadata[name]
    return Array.isArray(list) ? [[name, list.filter(mayTell)]] : []
  })
  return { ...metadata, ...Object.fromEntries(filtered) }
}

const known = ['version', 'id', 'generation', 'digest', 'metadata', 'presentation', 'items', 'cover', 'erases'] as const

/** I5: members that nobody here knows say nothing of levels: they go with the whole alone. */
function furtherMembers(
  description: Archive['state']['description'],
  isWhole: boolean,
  visible: ReadonlySet<string>,
): Record<string, unknown> {
  if (isWhole) return without(description, known)
  const requires = description.requires?.filter(({ module }) => isKnownModule(module, visible))
  return requires === undefined ? {} : { requires }
}

function without<Value extends object>(value: Value, names: readonly string[]): Value {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name))) as Value
}
