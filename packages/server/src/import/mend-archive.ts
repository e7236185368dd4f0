// What was converted, put right by hand: one edit that is appended to the archive, so that there is the old state or the new
// one at any instant. What it was before stays in the archive, for its owner, and so does what was done.
import type { Mend, MendRequest } from '@rushes/protocol'
import {
  Archive,
  type Edit,
  type EditableFile,
  EVENTS_TYPE,
  eventsContent,
  type Item,
  type ItemFields,
  type NewItem,
  openEditor,
  owner,
  TimelineBudget,
} from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'
import { ImportError } from './import-error.ts'
import { laterBy, type MendedDeck, MendedEvents, type PlacedEvent } from './mended-events.ts'

/** Names of what is kept beside what was mended. */
const originalOf = (name: string): string => `original/${name}`
const logName = 'mended.json'
const mostLogBytes = 16 * 1024 * 1024
const ownerLevel = 0

/** Members of items, set or, where null, taken away. */
type Changes = Map<string, Record<string, unknown>>

/**
 * @param at when, ISO 8601
 * @returns the generation after it
 * @throws ImportError `changed-meanwhile`, `bad-mend`; UmfError
 */
export async function mendArchive(file: EditableFile, { generation, mends }: MendRequest, at: string): Promise<number> {
  const editor = await openEditor(file, nodeSha256)
  if (editor.state.generation !== generation) {
    throw new ImportError('changed-meanwhile', `the archive is of generation ${editor.state.generation} by now`)
  }
  const archive = new Archive(file, editor.state, owner)
  const isRestored = mends.some((mend) => mend.do === 'restore')
  if (isRestored && mends.length > 1) throw new ImportError('bad-mend', 'restoring all leaves nothing else to mend')
  const edit = isRestored ? await restored(archive) : await mended(archive, mends)
  const log = [...(await readLog(archive)), { at, mends }]
  const item: ItemFields = {
    ...{ name: logName, type: 'data', contentType: 'application/json', level: ownerLevel },
    title: 'What was mended by hand',
  }
  const content = new TextEncoder().encode(JSON.stringify(log))
  await editor.edit({ ...edit, put: [...(edit.put ?? []), { item, content }] })
  return editor.state.generation
}

async function mended(archive: Archive, mends: readonly Mend[]): Promise<Edit> {
  const sources = eventItems(archive)
  const known = new Set(archive.items().map(({ name }) => name))
  if (archive.presentation !== null) known.add(archive.presentation.name)
  const events = new MendedEvents(
    await placedEvents(archive, sources),
    ({ resource }) => resource === undefined || known.has(resource),
    decksOf(archive),
  )
  const changes: Changes = new Map()
  let presentation: Record<string, unknown> | null = null
  for (const mend of mends) {
    if (mend.do === 'drop') events.drop(mend.event)
    else if (mend.do === 'shift') events.shift(mend.event, mend.byMs)
    else if (mend.do === 'name') events.name(mend.event, { kind: mend.kind, label: mend.label })
    else if (mend.do === 'name-kind') events.nameKind(mend)
    else if (mend.do === 'name-item') change(changes, archive, mend.item, nameFields(mend))
    else if (mend.do === 'shift-item' && mend.item === archive.presentation?.name) {
      const before: { startMs?: number | undefined; metadata?: Record<string, unknown> | undefined } = {
        ...archive.presentation,
        ...presentation,
      }
      const { startMs = 0, metadata = {} } = before
      const original = originalIn(metadata) ?? { startMs }
      presentation = { startMs: laterBy(startMs, mend.byMs), metadata: { ...metadata, original } }
    } else if (mend.do === 'shift-item') {
      if (sources.some(({ name }) => name === mend.item)) events.shiftAll(mend.item, mend.byMs)
      else change(changes, archive, mend.item, shiftFields(itemOf(archive, changes, mend.item), mend.byMs))
    }
  }
  const put = sources
    .filter(({ name }) => events.changed.has(name))
    .map((item) => [item, events.of(item.name)] as const)
  const news = await Promise.all(put.map(([item, all]) => replaced(archive, item, all)))
  return {
    put: news.flat(),
    change: [...changes].map(([name, fields]) => ({ name, fields })),
    ...(presentation !== null && { presentation }),
  }
}

function decksOf(archive: Archive): MendedDeck[] {
  const pages = new Map<string, number>()
  for (const { metadata } of archive.items({ type: 'slide' })) {
    const { deck, index } = metadata ?? {}
    if (typeof deck !== 'string' || !Number.isSafeInteger(index)) continue
    pages.set(deck, Math.max(pages.get(deck) ?? 0, (index as number) + 1))
  }
  return [...pages].map(([name, count]) => ({ name, pages: count }))
}

function eventItems(archive: Archive): Item[] {
  return archive
    .items({ type: 'events' })
    .filter(({ contentType, pointer }) => contentType.startsWith(EVENTS_TYPE) && pointer === undefined)
}

/** Within the bounds of a timeline, as {@link Archive.events} reads them. */
async function placedEvents(archive: Archive, sources: readonly Item[]): Promise<PlacedEvent[]> {
  const budget = new TimelineBudget()
  const placed: PlacedEvent[] = []
  for (const { name, length = 0 } of sources) {
    budget.read(length)
    for (const event of budget.parse(await archive.bytes(name))) placed.push({ item: name, event })
  }
  return placed
}

/** The item with other events, and beside it, once, what it was. */
async function replaced(archive: Archive, item: Item, events: ReturnType<MendedEvents['of']>): Promise<NewItem[]> {
  const original = originalOf(item.name)
  const endMs = events.reduce((last, { t }) => Math.max(last, t), item.endMs ?? 0)
  const next: ItemFields = { ...fieldsOf(item), endMs, from: { items: [original], by: 'hand' } }
  const news: NewItem[] = [{ item: next, content: eventsContent(events) }]
  if (archive.items().some(({ name }) => name === original)) return news
  const before: ItemFields = {
    ...{ name: original, type: 'data', contentType: 'application/json', level: ownerLevel },
    title: `${item.name}, as it was converted`,
    ...(item.from !== undefined && { from: item.from }),
    metadata: { original: { name: item.name, ...(item.endMs !== undefined && { endMs: item.endMs }) } },
  }
  return [...news, { item: before, content: await archive.bytes(item.name) }]
}

/** Without where its bytes lie. */
function fieldsOf({ length: _, digest: __, extents: ___, inline: ____, pointer: _____, ...fields }: Item): ItemFields {
  return fields
}

function itemOf(archive: Archive, changes: Changes, name: string): Item {
  const found = archive.items().find((item) => item.name === name)
  if (found === undefined) throw new ImportError('bad-mend', `there is no item ${JSON.stringify(name)}`)
  return { ...found, ...changes.get(name) } as Item
}

/** What it was before anybody mended it is kept in its metadata. */
function change(changes: Changes, archive: Archive, name: string, fields: Record<string, unknown>): void {
  const before = itemOf(archive, new Map(), name)
  const known = originalIn(before.metadata ?? {}) ?? {}
  const former = Object.keys(fields)
    .filter((member) => member !== 'metadata')
    .map((member) => [member, (before as Record<string, unknown>)[member] ?? null])
  const sofar = changes.get(name) ?? {}
  const metadata = { ...before.metadata, ...(sofar['metadata'] as object), ...(fields['metadata'] as object) }
  const original = { ...Object.fromEntries(former), ...originalIn(metadata), ...known }
  changes.set(name, { ...sofar, ...fields, metadata: { ...metadata, original } })
}

function originalIn(metadata: Record<string, unknown>): Record<string, unknown> | null {
  const { original } = metadata
  return typeof original === 'object' && original !== null && !Array.isArray(original)
    ? (original as Record<string, unknown>)
    : null
}

function nameFields({ type, title }: Extract<Mend, { do: 'name-item' }>): Record<string, unknown> {
  if (type === undefined && title === undefined) throw new ImportError('bad-mend', 'an item is named by type or title')
  return { ...(type !== undefined && { type }), ...(title !== undefined && { title: title || null }) }
}

function shiftFields({ startMs = 0, endMs, metadata }: Item, byMs: number): Record<string, unknown> {
  const pieces = metadata?.['pieces']
  return {
    startMs: laterBy(startMs, byMs),
    ...(endMs !== undefined && { endMs: laterBy(endMs, byMs) }),
    // Of a medium that was cut, when each piece is on.
    ...(Array.isArray(pieces) && { metadata: { pieces: pieces.map((piece) => shiftedPiece(piece, byMs)) } }),
  }
}

function shiftedPiece(piece: unknown, byMs: number): unknown {
  const { atMs } = (piece ?? {}) as { atMs?: unknown }
  return typeof atMs === 'number' ? { ...(piece as object), atMs: laterBy(atMs, byMs) } : piece
}

/** All as it was converted: contents from beside what was mended, members from metadata. */
async function restored(archive: Archive): Promise<Edit> {
  const put: NewItem[] = []
  const remove: string[] = []
  const changes: { name: string; fields: Record<string, unknown> }[] = []
  for (const item of archive.items()) {
    const original = originalIn(item.metadata ?? {})
    if (original === null) continue
    const { original: _, pieces, ...metadata } = item.metadata!
    const name = original['name']
    if (typeof name === 'string' && item.name === originalOf(name)) {
      const mendedItem = archive.items().find((each) => each.name === name)
      const plain: ItemFields = { name, type: 'events', contentType: EVENTS_TYPE }
      const { from: __, endMs: ___, ...fields } = mendedItem === undefined ? plain : fieldsOf(mendedItem)
      const endMs = original['endMs']
      const before = { ...fields, ...(item.from && { from: item.from }), ...(typeof endMs === 'number' && { endMs }) }
      put.push({ item: before, content: await archive.bytes(item.name) })
      remove.push(item.name)
      continue
    }
    const byMs = 'startMs' in original ? Number(original['startMs'] ?? 0) - (item.startMs ?? 0) : 0
    const back = Array.isArray(pieces) ? { pieces: pieces.map((piece) => shiftedPiece(piece, byMs)) } : {}
    const isEmpty = Object.keys({ ...metadata, ...back }).length === 0
    changes.push({ name: item.name, fields: { ...original, metadata: isEmpty ? null : { ...metadata, ...back } } })
  }
  const { presentation } = archive
  const before = presentation === null ? null : originalIn(presentation.metadata ?? {})
  if (put.length + changes.length === 0 && before === null) {
    throw new ImportError('bad-mend', 'nothing was mended: all is as it was converted')
  }
  const { original: _, ...rest } = presentation?.metadata ?? {}
  return { put, remove, change: changes, ...(before !== null && { presentation: { ...before, metadata: rest } }) }
}

async function readLog(archive: Archive): Promise<unknown[]> {
  const log = archive.items({ type: 'data' }).find(({ name }) => name === logName)
  if (log === undefined || log.pointer !== undefined) return []
  try {
    const entries: unknown = JSON.parse(new TextDecoder().decode(await archive.bytes(logName, mostLogBytes)))
    return Array.isArray(entries) ? entries : []
  } catch (error) {
    // Somebody else's file of that name.
    if (error instanceof SyntaxError) return []
    throw error
  }
}
