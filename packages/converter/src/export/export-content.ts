// What of an archive other systems have a place for: slides with their times, words with their times, chapters.
import type { Note } from '@rushes/pipeline'
import { ConversionError, type Cue, contentKind, openConverter, parseVtt } from '@rushes/processors'
import { type Archive, checkedContent, EVENTS_TYPE, type Item, type TimelineEvent, UmfError } from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'

/** A slide from when it is shown until the next one is; ms on the archive's timeline. */
export type ShownSlide = {
  startMs: number
  endMs: number
  deck: string
  /** From 0. */
  index: number
  /** Null: the archive has no picture of it. */
  item: Item | null
  /** Words that stand on it. */
  text: string
}

/** Words that are shown over what plays, or beside it; times on the archive's timeline. */
export type TextTrack = {
  kind: 'captions' | 'transcript'
  item: Item
  /** BCP 47; empty where nobody said. */
  language: string
  cues: Cue[]
}

/** Who waits for what is made: can end it, and is told how far it is, 0 to 1. */
export type Making = { signal: AbortSignal; onProgress(fraction: number): void }

export type Chapter = { startMs: number; endMs: number; title: string }

export type ExportContent = {
  archive: Archive
  events: readonly TimelineEvent[]
  durationMs: number
  title: string
  slides: readonly ShownSlide[]
  texts: readonly TextTrack[]
  chapters: readonly Chapter[]
  notes: Note[]
}

const mostText = 32 * 1024 * 1024
/** What is shown for less is turned past, and no chapter. */
const shortestChapterMs = 1000
const mostChapters = 5000

/** @throws UmfError: the events can't be read */
export async function exportContent(archive: Archive, signal: AbortSignal): Promise<ExportContent> {
  const notes: Note[] = []
  const events = await archive.events()
  const durationMs = durationOf(archive, events)
  const slides = await shownSlides(archive, events, durationMs)
  const texts = await textTracks(archive, signal, notes)
  const title = typeof archive.metadata['title'] === 'string' ? archive.metadata['title'].slice(0, 1000) : ''
  return { archive, events, durationMs, title, slides, texts, chapters: chaptersOf(slides, events, durationMs), notes }
}

function durationOf(archive: Archive, events: readonly TimelineEvent[]): number {
  const { presentation } = archive
  // What plays is what lasts: events behind it were written down after it ended.
  if (presentation !== null) return (presentation.startMs ?? 0) + presentation.durationMs
  const ends = archive.items().map(({ startMs, endMs = startMs }) => endMs ?? 0)
  return ends.reduce((most, each) => Math.max(most, each), events.at(-1)?.t ?? 0)
}

type SlideData = { deck?: unknown; index?: unknown; text?: unknown }

const slideData = (data: unknown): { deck: string; index: number | null; text: string } => {
  const { deck, index, text } = (typeof data === 'object' && data !== null ? data : {}) as SlideData
  return {
    deck: typeof deck === 'string' ? deck : '',
    index: Number.isSafeInteger(index) && (index as number) >= 0 ? (index as number) : null,
    text: typeof text === 'string' ? text.trim() : '',
  }
}

async function shownSlides(
  archive: Archive,
  events: readonly TimelineEvent[],
  durationMs: number,
): Promise<ShownSlide[]> {
  const pictures = archive.items().filter(({ type }) => type === 'slide' || type === 'image')
  const byName = new Map(pictures.map((item) => [item.name, item]))
  const byPlace = new Map<string, Item>()
  for (const item of pictures) {
    const { deck, index } = slideData(item.metadata)
    if (index !== null) byPlace.set(`${index} ${deck}`, item)
  }
  const words = await deckWords(archive)
  const found: Omit<ShownSlide, 'endMs'>[] = []
  for (const [count, { t, kind, resource, data }] of events.entries()) {
    if (kind !== 'slide' || t > durationMs) continue
    const { deck, index, text } = slideData(data)
    const item = byName.get(resource ?? '') ?? byPlace.get(`${index} ${deck}`) ?? null
    const place = index ?? count
    found.push({ startMs: t, deck, index: place, item, text: text || (words.get(deck)?.[place] ?? '') })
  }
  if (found.length === 0) {
    const timed = pictures.filter(({ type, startMs }) => type === 'slide' && startMs !== undefined)
    timed.sort((left, right) => left.startMs! - right.startMs!)
    for (const [index, item] of timed.entries()) found.push({ startMs: item.startMs!, deck: '', index, item, text: '' })
  }
  return found.flatMap((each, index) => {
    const endMs = Math.min(durationMs, found[index + 1]?.startMs ?? durationMs)
    return endMs > each.startMs ? [{ ...each, endMs }] : []
  })
}

/** Of documents that hold a deck's words, a form feed behind each page. */
async function deckWords(archive: Archive): Promise<Map<string, string[]>> {
  const words = new Map<string, string[]>()
  for (const { name, type, contentType, metadata, length = 0, pointer } of archive.items()) {
    const { deck } = slideData(metadata)
    const isText = type === 'document' && /^text\/plain(?:;|$)/.test(contentType) && pointer === undefined
    if (deck === '' || !isText || length > mostText) continue
    const text = new TextDecoder().decode(await contentBytes(archive, name))
    words.set(
      deck,
      text.split('\f').map((page) => page.trim()),
    )
  }
  return words
}

async function textTracks(archive: Archive, signal: AbortSignal, notes: Note[]): Promise<TextTrack[]> {
  const tracks: TextTrack[] = []
  for (const item of archive.items()) {
    const { name, type, contentType, language = '', startMs = 0 } = item
    if ((type !== 'captions' && type !== 'transcript') || contentType.startsWith(EVENTS_TYPE)) continue
    try {
      const cues = await cuesOf(archive, item, signal)
      const moved = cues.map((cue) => ({ ...cue, startMs: cue.startMs + startMs, endMs: cue.endMs + startMs }))
      if (cues.length > 0) tracks.push({ kind: type, item, language, cues: moved })
    } catch (error) {
      if (!(error instanceof ConversionError || error instanceof UmfError) || signal.aborted) throw error
      const message = `it is left out, since it can't be read as words with times: ${error.message}`
      notes.push({ severity: 'warning', code: 'left-out', message, resource: name })
    }
  }
  return tracks
}

async function cuesOf(archive: Archive, item: Item, signal: AbortSignal): Promise<Cue[]> {
  const { name, contentType, length = 0, pointer, encryption } = item
  if (pointer !== undefined || encryption !== undefined)
    throw new ConversionError('input-refused', pointer === undefined ? 'it is encrypted' : 'it lies elsewhere')
  if (length > mostText) throw new ConversionError('input-too-large', `it has ${length} bytes`)
  const bytes = await contentBytes(archive, name)
  if (contentKind(contentType) === 'text/vtt') return parseVtt(linesOf(bytes))
  const converter = openConverter<string>({
    async keep(made) {
      const pieces: Buffer[] = []
      for await (const piece of made.open()) pieces.push(piece as Buffer)
      return linesOf(Buffer.concat(pieces))
    },
  })
  try {
    const source = { identity: name, contentType, type: item.type, open: () => once(bytes) }
    return parseVtt(await converter.convert({ place: archive.id, sources: [source], to: 'text/vtt' }, { signal }))
  } finally {
    await converter.close()
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function linesOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll(/\r\n?/g, '\n')
}

/** All of a small item, if it is what its digest says. @throws UmfError */
export async function contentBytes(archive: Archive, name: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of checkedContent(archive, name, nodeSha256)) pieces.push(piece.slice())
  return Buffer.concat(pieces)
}

/** Slides that are shown, called by the first line that stands on them, and marks by their labels. */
function chaptersOf(slides: readonly ShownSlide[], events: readonly TimelineEvent[], durationMs: number): Chapter[] {
  const begins: { startMs: number; title: string; isMark: boolean }[] = slides.map(({ startMs, index, text }) => {
    const line = text.split('\n').find((each) => each.trim() !== '') ?? ''
    return { startMs, title: line === '' ? `Slide ${index + 1}` : line.trim().slice(0, 120), isMark: false }
  })
  for (const { t, kind, data } of events) {
    const { label } = (typeof data === 'object' && data !== null ? data : {}) as { label?: unknown }
    if (kind === 'mark' && typeof label === 'string' && label.trim() !== '' && t < durationMs)
      begins.push({ startMs: t, title: label.trim().slice(0, 120), isMark: true })
  }
  begins.sort((left, right) => left.startMs - right.startMs)
  const kept: typeof begins = []
  for (const each of begins) {
    const last = kept.at(-1)
    if (last === undefined || each.startMs - last.startMs >= shortestChapterMs) kept.push(each)
    // Somebody's own word for a place goes before that of the slide that was turned to at the same time.
    else if (each.isMark || !last.isMark) kept[kept.length - 1] = { ...each, startMs: last.startMs }
  }
  return kept.slice(0, mostChapters).map(({ startMs, title }, index) => ({
    ...{ startMs, endMs: kept[index + 1]?.startMs ?? durationMs, title },
  }))
}

/** Of each language that text that is made to be shown over the picture; else what was said. */
export function captionTracks(texts: readonly TextTrack[]): TextTrack[] {
  const best = new Map<string, TextTrack>()
  for (const each of texts) {
    const other = best.get(each.language)
    if (other === undefined || (other.kind === 'transcript' && each.kind === 'captions')) best.set(each.language, each)
  }
  return [...best.values()]
}
