// What the archive will hold, decided before a byte is written: which file is which item, what was made, and what happened.
import type { ItemFields, TimelineEvent } from '@rushes/umf'
import type { FileFacts, MoreItem, Reading, Track } from '../families/family.ts'
import type { FoundFile } from '../input/found-file.ts'
import { UMF_KIND } from '../input/umf-signature.ts'
import type { LookedTrack } from '../media/montage.ts'
import type { DeckPages } from '../tasks/page-tasks.ts'
import type { KeptTime, Span } from '../timeline/kept-time.ts'
import { placedEvents } from '../timeline/placed-events.ts'
import { isEventWanted, isWanted, type Wishes } from '../wishes.ts'
import { contentTypeOf, itemTypeOf } from './item-kinds.ts'

export type CollatedItem = {
  item: ItemFields
  content: { path: string; size: number } | { text: string } | { pointer: string }
}

export type Collation = {
  items: CollatedItem[]
  events: TimelineEvent[]
  /** A name for the presentation that no item has. */
  presentationName: string
}

export type Collected = {
  reading: Reading
  files: readonly FoundFile[]
  looked: readonly LookedTrack[]
  decks: readonly (DeckPages & { sizes: readonly number[] })[]
  kept: KeptTime
  wishes: Wishes
  /** Name of the file that is the presentation as it is. */
  presented: string | null
}

/** Only the owner: a person whose words were not recorded did not speak to everybody. */
const OWNER_LEVEL = 0

export function collate(collected: Collected): Collation {
  const { reading, files, decks, kept, wishes, presented } = collected
  const containers = new Set(files.map(({ container }) => container))
  const originals = files.filter((file) => !containers.has(file.name) && !isPresented(file, presented))
  const slides = slidesOf(decks)
  const documents = documentsOf(decks)
  const names = new Names(originals.map(({ name }) => name))
  const items = originals.map((file): CollatedItem => {
    const item = fileItem(file, collected, slides.byFile.get(file.name), documents.get(file.name))
    return { item, content: { path: file.path, size: file.size } }
  })
  const pageNames = new Map<string, string>()
  for (const { deck, title, document, pages, sizes, by, taken = [] } of decks) {
    const folder = `slides/${plainName(deck)}`
    for (const [index, { path, file, isSmall }] of pages.entries()) {
      if (file !== null) pageNames.set(`${index} ${deck}`, file)
      if (path === null) continue
      const isJpeg = path.endsWith('.jpg')
      const name = names.free(`${folder}/${index + 1}.${isJpeg ? 'jpg' : 'png'}`)
      pageNames.set(`${index} ${deck}`, name)
      const item: ItemFields = {
        ...{
          name,
          type: 'slide',
          contentType: isJpeg ? 'image/jpeg' : 'image/png',
          title: `${title}, ${index + 1}`,
          metadata: { deck, index, ...(isSmall === true && { isSmall }) },
        },
        ...fromOf(document, by),
      }
      items.push({ item, content: { path, size: sizes[index]! } })
    }
    for (const [index, { contentType, path, length }] of taken.entries()) {
      const name = names.free(`${folder}/pictures/${index + 1}.${pictureEnding(contentType)}`)
      const item = { name, type: 'image', contentType, metadata: { deck }, ...fromOf(document, by) }
      items.push({ item, content: { path, size: length } })
    }
    for (const words of [
      { type: 'document', what: 'text', title: `${title}, its text`, pages: pages.map(({ text }) => text) },
      { type: 'notes', what: 'notes', title: `${title}, its notes`, pages: pages.map(({ notes = '' }) => notes) },
    ]) {
      const said = words.pages.map((each) => each.trim())
      if (said.every((each) => each === '')) continue
      const name = names.free(`${folder}/${words.what}.txt`)
      const item = { name, type: words.type, contentType: 'text/plain; charset=utf-8', title: words.title }
      // As pdftotext has it: a form feed behind each page.
      const content = { text: `${said.join('\n\f')}\n\f` }
      items.push({ item: { ...item, metadata: { deck }, ...fromOf(document, by) }, content })
    }
  }
  for (const more of reading.more ?? []) items.push(moreItem(more, kept, names))
  const wantedItems = items.filter(({ item }) => isWanted(wishes, item.type))
  const there = new Set(wantedItems.map(({ item }) => item.name))
  const events = eventsOf(collected, pageNames, there)
  if (reading.isCollated !== true) wantedItems.push(...madeOf(events, kept, wishes, names))
  return { items: wantedItems, events, presentationName: names.free(presentationName(collected)) }
}

/** What was cut out stays byte for byte as it was found, even where it is what is presented. */
function isPresented({ name, piece }: FoundFile, presented: string | null): boolean {
  return name === presented && piece === undefined
}

function pictureEnding(contentType: string): string {
  return contentType.replace(/^image\/(?:x-)?/, '').replace(/\+.*$/, '')
}

/** How many pages and pictures a document has, once it was looked through. */
function documentsOf(decks: readonly DeckPages[]): Map<string, Record<string, unknown>> {
  return new Map(
    decks.flatMap(({ document, pages, pictures }) => {
      if (document === null || pages.length === 0) return []
      return [[document, { pages: pages.length, ...(pictures !== undefined && { pictures }) }]]
    }),
  )
}

function fileItem(
  file: FoundFile,
  { reading, looked, kept }: Collected,
  slide: ItemFields['metadata'],
  document: ItemFields['metadata'],
): ItemFields {
  const facts = reading.files.get(file.name) ?? {}
  const place = placeOf(file.name, facts, reading, looked, kept)
  const isPrivate = (place.isPartial && isCut(reading, kept)) || facts.tellsAll === true
  const metadata = {
    ...facts.metadata,
    ...document,
    ...slide,
    ...(place.pieces.length > 0 && { pieces: place.pieces }),
    ...(file.origin !== undefined && { origin: file.origin }),
    ...(file.piece !== undefined && { piece: file.piece }),
  }
  const { title, language } = facts
  const level = isPrivate || file.kind === UMF_KIND ? OWNER_LEVEL : facts.level
  const kind = heardKind(file, looked)
  return {
    ...{ name: file.name, type: slide === undefined ? (facts.type ?? itemTypeOf(kind)) : 'slide' },
    contentType: contentTypeOf(kind),
    ...place.span,
    ...(level !== undefined && { level }),
    ...(title !== undefined && { title }),
    ...(language !== undefined && { language }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  }
}

/** A container of pictures in which there is only sound is a sound. */
function heardKind({ name, kind }: FoundFile, looked: readonly LookedTrack[]): string {
  const facts = looked.find(({ track }) => track.file === name)?.facts
  const isSound = facts !== undefined && facts.picture === null && facts.sound !== null
  return isSound
    ? kind.replace(/^video\/(?:x-ms-asf|(?=))/, (begun) => (begun === 'video/' ? 'audio/' : 'audio/x-ms-wma'))
    : kind
}

/** A server that stops a moment after the meeting has recorded nothing that was not to be. */
function isCut({ files }: Reading, { spans }: KeptTime): boolean {
  return spans.length !== 1 || spans[0]!.startMs > 0 || [...files.values()].some(({ tellsAll }) => tellsAll === true)
}

function moreItem(more: MoreItem, kept: KeptTime, names: Names): CollatedItem {
  const { type, contentType, title, language, startMs, endMs, metadata, from, level } = more
  const span = startMs === undefined ? null : kept.span({ startMs, endMs: endMs ?? startMs })
  const item: ItemFields = {
    ...{ name: names.free(more.name), type, contentType, ...(span !== null && withEnd(span, endMs)) },
    ...(title !== undefined && { title }),
    ...(language !== undefined && { language }),
    ...(metadata !== undefined && { metadata }),
    ...(level !== undefined && { level }),
    ...(from !== undefined && { from: { items: from, by: 'converter' } }),
  }
  return { item, content: 'text' in more ? { text: more.text } : { pointer: more.pointer } }
}

type ItemSpan = Pick<ItemFields, 'startMs' | 'endMs'>
type Place = {
  span: ItemSpan | null /** Where it is not the medium's own time from the start on. */
  pieces: unknown[]
  isPartial: boolean
}

/** When a file is on, on the timeline; several times where it is several tracks. */
function placeOf(
  name: string,
  facts: FileFacts,
  reading: Reading,
  looked: readonly LookedTrack[],
  kept: KeptTime,
): Place {
  const tracks = reading.tracks.filter(({ file }) => file === name)
  if (tracks.length === 0) {
    if (facts.startMs === undefined) return { span: null, pieces: [], isPartial: false }
    if (facts.speed !== undefined)
      return inStep({ startMs: facts.startMs, endMs: facts.endMs ?? facts.startMs }, facts.speed, kept)
    const span = kept.span({ startMs: facts.startMs, endMs: facts.endMs ?? facts.startMs })
    return { span: span === null ? null : withEnd(span, facts.endMs), pieces: [], isPartial: false }
  }
  const runs = tracks.map((track) => runOfTrack(track, looked))
  const pieces = runs.flatMap((run) => kept.pieces(run))
  const [first, last] = [pieces[0], pieces.at(-1)]
  const total = runs.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)
  const isPartial = pieces.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) < total - 1
  if (first === undefined || last === undefined) return { span: null, pieces: [], isPartial }
  const span = { startMs: first.atMs, endMs: last.atMs + last.toMs - last.fromMs }
  const isPlain = pieces.length === 1 && first.fromMs === 0
  return { span, pieces: isPlain ? [] : pieces, isPartial }
}

/** What was put in step by what is heard in it: its own times go a little slower or faster, and some of it may not have been recorded. */
function inStep(run: Span, speed: number, kept: KeptTime): Place {
  const pieces = kept.pieces(run)
  const [first, last] = [pieces[0], pieces.at(-1)]
  const isPartial = pieces.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) < run.endMs - run.startMs - 1
  if (first === undefined || last === undefined) return { span: null, pieces: [], isPartial }
  const span = { startMs: first.atMs, endMs: last.atMs + last.toMs - last.fromMs }
  const isPlain = pieces.length === 1 && first.fromMs === 0 && speed === 1
  const own = pieces.map(({ fromMs, toMs, atMs }) => ({ fromMs: fromMs * speed, toMs: toMs * speed, atMs, speed }))
  return { span, pieces: isPlain ? [] : own, isPartial }
}

function runOfTrack(track: Track, looked: readonly LookedTrack[]): Span {
  const { startMs, endMs, file } = track
  if (endMs !== null) return { startMs, endMs }
  const facts = looked.find((each) => each.track.file === file)?.facts
  return { startMs, endMs: startMs + (facts?.durationMs ?? 0) }
}

/** Nobody said until when: that is not at once. */
function withEnd({ startMs, endMs }: Span, said: number | undefined): ItemSpan {
  return said === undefined ? { startMs } : { startMs, endMs }
}

function slidesOf(decks: readonly DeckPages[]): { byFile: Map<string, Record<string, unknown>> } {
  const byFile = new Map<string, Record<string, unknown>>()
  for (const { deck, pages } of decks) {
    for (const [index, { file }] of pages.entries()) if (file !== null) byFile.set(file, { deck, index })
  }
  return { byFile }
}

function eventsOf(
  { reading, kept, wishes }: Collected,
  pageNames: ReadonlyMap<string, string>,
  there: ReadonlySet<string>,
): TimelineEvent[] {
  const wanted = reading.events.filter(({ kind }) => isEventWanted(wishes, kind))
  return placedEvents(wanted, kept).map((event) => {
    const { resource: given, ...rest } = event
    const { deck, index } = (event.data ?? {}) as { deck?: unknown; index?: unknown }
    const resource = event.kind === 'slide' ? (pageNames.get(`${String(index)} ${String(deck)}`) ?? given) : given
    return resource !== undefined && there.has(resource) ? { ...rest, resource } : rest
  })
}

/** What is told in events, once more for whoever reads a file. */
function madeOf(events: readonly TimelineEvent[], kept: KeptTime, wishes: Wishes, names: Names): CollatedItem[] {
  const chat = events.filter(({ kind }) => kind === 'chat')
  if (chat.length === 0 || !isWanted(wishes, 'chat')) return []
  const lines = chat.map(({ t, data }) => {
    const { sender, text } = data as { sender: string; text: string }
    return `${clock(t)}\t${sender}:\t${text.replaceAll(/\s*\n\s*/g, ' ')}\n`
  })
  const item = { name: names.free('chat.txt'), type: 'chat', contentType: 'text/plain; charset=utf-8', title: 'Chat' }
  return [{ item: { ...item, startMs: 0, endMs: kept.durationMs }, content: { text: lines.join('') } }]
}

function clock(ms: number): string {
  const whole = Math.floor(ms)
  const [hours, minutes, seconds] = [whole / 3_600_000, (whole / 60_000) % 60, (whole / 1000) % 60].map(Math.floor)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(hours!)}:${two(minutes!)}:${two(seconds!)}.${String(whole % 1000).padStart(3, '0')}`
}

function fromOf(document: string | null, by: string): Pick<ItemFields, 'from'> {
  return document === null ? {} : { from: { items: [document], by } }
}

function presentationName({ presented, looked, wishes, files }: Collected): string {
  const isOwn = files.some(({ name, piece }) => name === presented && piece !== undefined)
  const stem = presented === null || isOwn ? 'presentation' : presented.replace(/\.[^./]*$/, '')
  return `${stem}.${looked.some(({ facts }) => facts.picture !== null) && isWanted(wishes, 'video') ? 'mp4' : 'm4a'}`
}

function plainName(name: string): string {
  return (
    name
      .normalize('NFC')
      .replaceAll(/[^\p{L}\p{N}._-]+/gu, '_')
      .replace(/[ .]+$/, '')
      .slice(0, 80) || 'deck'
  )
}

class Names {
  readonly #taken: Set<string>

  constructor(taken: readonly string[]) {
    this.#taken = new Set(taken)
  }

  free(wanted: string): string {
    const dot = wanted.lastIndexOf('.')
    let name = wanted
    for (let count = 2; this.#taken.has(name); count++) name = `${wanted.slice(0, dot)} (${count})${wanted.slice(dot)}`
    this.#taken.add(name)
    return name
  }
}
