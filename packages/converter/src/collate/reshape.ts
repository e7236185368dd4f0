// Items in another form than they came in, where that is wished.
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Note } from '@rushes/pipeline'
import { ConversionError, contentKind, madeEnding, openConverter } from '@rushes/processors'
import type { TimelineEvent } from '@rushes/umf'
import type { Wishes } from '../wishes.ts'
import type { CollatedItem, Collation } from './collation.ts'

export type Reshaped = Collation & { notes: Note[] }

/**
 * What can't be made is kept as it is, and said.
 *
 * @param folder for what is made
 */
export async function reshaped(
  collation: Collation,
  { as = {} }: Wishes,
  folder: string,
  signal: AbortSignal,
): Promise<Reshaped> {
  const notes: Note[] = []
  if (Object.keys(as).length === 0) return { ...collation, notes }
  let count = 0
  const converter = openConverter<{ path: string; size: number; by: string }>({
    folder,
    async keep(made) {
      const path = join(folder, `reshaped-${count++}`)
      await writeFile(path, made.open())
      return { path, size: made.length, by: made.by }
    },
  })
  const taken = new Set([collation.presentationName, ...collation.items.map(({ item }) => item.name)])
  const renamed = new Map<string, string>()
  const items: CollatedItem[] = []
  try {
    for (const each of collation.items) {
      const to = as[each.item.type]
      const { item, content } = each
      if (to === undefined || 'pointer' in content || contentKind(item.contentType) === contentKind(to)) {
        items.push(each)
        continue
      }
      try {
        const open = () => ('text' in content ? textBytes(content.text) : createReadStream(content.path))
        const source = { identity: item.name, contentType: item.contentType, type: item.type, open }
        const { by, ...made } = await converter.convert({ place: folder, sources: [source], to }, { signal })
        const name = freeName(item.name, madeEnding(to), taken)
        renamed.set(item.name, name)
        const { origin: _, ...metadata } = item.metadata ?? {}
        const isDescribed = Object.keys(metadata).length > 0
        const { metadata: __, ...rest } = item
        items.push({
          item: { ...rest, name, contentType: to, from: { items: [item.name], by }, ...(isDescribed && { metadata }) },
          content: made,
        })
      } catch (error) {
        if (!(error instanceof ConversionError) || error.code === 'cancelled') throw error
        const message = `it is kept as ${item.contentType}: ${error.message}`
        notes.push({ severity: 'warning', code: 'not-reshaped', message, resource: item.name })
        items.push(each)
      }
    }
  } finally {
    await converter.close()
  }
  return { ...collation, items, events: collation.events.map((event) => renamedEvent(event, renamed)), notes }
}

async function* textBytes(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}

function renamedEvent(event: TimelineEvent, renamed: ReadonlyMap<string, string>): TimelineEvent {
  const { resource } = event
  const name = resource === undefined ? undefined : renamed.get(resource)
  return name === undefined ? event : { ...event, resource: name }
}

function freeName(name: string, ending: string, taken: Set<string>): string {
  const stem = name.replace(/\.[^./]{1,5}$/, '')
  let free = `${stem}${ending}`
  for (let count = 2; taken.has(free); count++) free = `${stem} (${count})${ending}`
  taken.add(free)
  return free
}
