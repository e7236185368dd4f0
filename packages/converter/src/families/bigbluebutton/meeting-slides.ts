import type { TimelineEvent } from '@rushes/umf'
import type { FoundFile } from '../../input/found-file.ts'
import { baseName, stemOf } from '../../input/found-file.ts'
import type { Deck } from '../family.ts'
import type { MeetingEvent } from './events-xml.ts'

/** Where times disagree with the order in the file by no more than this, it is the order that is right. */
const disorderMs = 10_000

/** Turning to a slide, on the event's clock: only where another one is shown then than before. */
export function slideEvents(events: readonly MeetingEvent[], firstMs: number): TimelineEvent[] {
  const turned: TimelineEvent[] = []
  /** Each deck comes back where it was left. */
  const places = new Map<string, number>()
  let deck = ''
  let shown = ''
  for (const { name, timestamp, fields } of events) {
    let value: number | undefined
    if (name === 'SharePresentationEvent') deck = fields.get('presentationName') ?? deck
    else if (name === 'GotoSlideEvent') {
      // Counted from 0, while files are counted from 1.
      value = Number(fields.get('slide') || Number.NaN)
      if (!Number.isSafeInteger(value)) continue
      places.set(deck, Math.max(0, value))
    } else continue
    const index = places.get(deck) ?? 0
    if (deck === '' || shown === `${index} ${deck}`) continue
    shown = `${index} ${deck}`
    const t = Math.max(0, timestamp - firstMs)
    // What is over before it began was never seen.
    while (turned.length > 0 && turned.at(-1)!.t >= t && turned.at(-1)!.t - t <= disorderMs) turned.pop()
    turned.push({ t, kind: 'slide', data: { deck, index, value: value ?? index } })
  }
  return turned
}

/** Both are in real archives. */
const deckFolder = /(?:^|\/)presentations?\/([^/]+)\//

/** Decks with a folder of their own, and those that events tell of. */
export function meetingDecks(files: readonly FoundFile[], events: readonly MeetingEvent[]): Deck[] {
  const folders = new Map<string, FoundFile[]>()
  for (const file of files) {
    const deck = deckFolder.exec(file.name)?.[1]
    if (deck === undefined) continue
    const own = folders.get(deck)
    if (own === undefined) folders.set(deck, [file])
    else own.push(file)
  }
  const titles = new Map<string, string>()
  const names = new Set(folders.keys())
  for (const { name, fields } of events) {
    const deck = fields.get('presentationName')
    if (deck === undefined || deck === '') continue
    const original = fields.get('originalFilename')
    if (original !== undefined && original !== '') titles.set(deck, original)
    if (name === 'SharePresentationEvent') names.add(deck)
  }
  return [...names].map((name) => deckOf(name, titles.get(name), folders.get(name) ?? []))
}

function deckOf(name: string, title: string | undefined, files: readonly FoundFile[]): Deck {
  const documents = files.filter(({ kind }) => /^application\/(pdf|vnd\.|x-ole)/.test(kind))
  const isPdf = ({ kind }: FoundFile): boolean => kind === 'application/pdf'
  const named = documents.filter((file) => stemOf(file.name) === name)
  const document = named.find(isPdf) ?? documents.find(isPdf) ?? named[0] ?? documents[0]
  return {
    ...{ name, title: title ?? (document === undefined ? name : baseName(document.name)) },
    ...(document !== undefined && { document: document.name }),
    ...{ pages: pagesOf(files, pageForms), thumbnails: pagesOf(files, thumbnailForms) },
  }
}

/** The sharpest first; `slide-3.png`, `svgs/slide3.svg`, `thumbnails/thumb-3.png` are all page 3, index 2. */
const pageForms: readonly RegExp[] = [
  /\/(?:pngs\/)?slide-?(\d{1,5})\.(?:png|jpe?g)$/i,
  /\/(?:svgs\/)?slide-?(\d{1,5})\.svg$/i,
]
const thumbnailForms: readonly RegExp[] = [/\/thumbnails\/thumb-?(\d{1,5})\.(?:png|jpe?g)$/i]
const pictures = /^image\/(png|jpeg|svg\+xml|webp|gif)$/
const MOST_PAGES = 10_000

function pagesOf(files: readonly FoundFile[], forms: readonly RegExp[]): (string | null)[] {
  for (const form of forms) {
    const pages: (string | null)[] = []
    for (const { name, kind } of files) {
      const page = pictures.test(kind) ? Number(form.exec(name)?.[1] ?? 0) : 0
      if (page < 1 || page > MOST_PAGES) continue
      while (pages.length < page) pages.push(null)
      pages[page - 1] = name
    }
    if (pages.length > 0) return pages
  }
  return []
}
