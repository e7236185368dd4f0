// What BigBlueButton makes of a meeting for its own player, the format "presentation": metadata.xml, shapes.svg, slides_new.xml,
// and media that have been cut already. All times are those of the media.
import type { TimelineEvent } from '@rushes/umf'
import { z } from 'zod'
import { ConvertError } from '../../convert-error.ts'
import { decodeText, type FoundFile, folderOf, readStart, stemOf } from '../../input/found-file.ts'
import { allElements, descendant, elementsOf, readXmlTree, textIn, type XmlElement } from '../../xml-tree.ts'
import { ArchiveFolder, claimsAround } from '../archive-folder.ts'
import type { Deck, Family, Reading, Track } from '../family.ts'
import { shownSlides } from './published-slides.ts'

export const bigBlueButtonPublished: Family = {
  format: 'bigbluebutton-published',

  async claims(files) {
    const found: FoundFile[] = []
    for (const file of files) if (await isPublished(file)) found.push(file)
    return claimsAround(found)
  },

  async read(files, { root }) {
    return await new Published(new ArchiveFolder(files, root)).read()
  },
}

/** Older ones name the type of SVG 1.1, and declare nothing. */
const SVG = { allowsNamedType: true }

/** Its own metadata, or one of the tables that its player reads: a copy often lacks some of them. */
async function isPublished(file: FoundFile): Promise<boolean> {
  if (file.kind === 'application/xml;root=popcorn') return true
  if (file.size > 16 * 1024 * 1024) return false
  try {
    if (file.kind === 'application/xml;root=recording') {
      const root = await readXmlTree(file)
      return descendant(root, 'playback') !== null || descendant(root, 'start_time') !== null
    }
    if (file.kind !== 'image/svg+xml') return false
    // Pictures with times, of which the first stands at the beginning; slides themselves are often SVG, and many.
    return /<image\b[^>]*\s(?:in|out)="/.test(decodeText(await readStart(file, 65_536)))
  } catch (error) {
    if (error instanceof ConvertError) return false
    throw error
  }
}

const secondsToMs = (text: string | undefined): number => Math.round(Number(text?.trim() || Number.NaN) * 1000)

class Published {
  readonly #folder: ArchiveFolder

  constructor(folder: ArchiveFolder) {
    this.#folder = folder
  }

  async read(): Promise<Reading> {
    const metadata = await this.#folder.xml('metadata.xml')
    const duration = Number(textIn(metadata && descendant(metadata, 'playback', 'duration')) || Number.NaN)
    const svg = await this.#folder.xml('shapes.svg', SVG)
    const slides = svg === null ? { events: [], pages: new Map<string, Map<number, string>>() } : shownSlides(svg)
    const screens = await this.#screens(slides.events)
    await this.#captions()
    return this.#folder.reading({
      format: 'bigbluebutton-published',
      metadata: metadata === null ? {} : describedBy(metadata),
      kept: null,
      ...(Number.isFinite(duration) && duration > 0 && { statedMs: duration }),
      tracks: this.#tracks(screens.length > 0),
      decks: this.#decks(slides.pages),
      events: [
        ...slides.events.filter(({ kind }) => kind === 'slide'),
        ...screens,
        ...(await this.#chat()),
        ...pollEvents((await this.#folder.json('polls.json', pollsSchema)) ?? []),
        ...externalVideoEvents((await this.#folder.json('external_videos.json', externalVideosSchema)) ?? []),
      ],
    })
  }

  /** Cameras with all sound, or the sound alone, and the screen: each as long as the recording, from its beginning. */
  #tracks(hasScreen: boolean): Track[] {
    const of = (folder: string, stem: string): FoundFile[] =>
      this.#folder.media().filter(({ name }) => {
        return folderOf(name) === `${this.#folder.root}${folder}` && stemOf(name) === stem
      })
    // The same in two forms: MP4 is what needs no encoding.
    const best = (found: readonly FoundFile[]): FoundFile | undefined =>
      found.find(({ kind }) => kind.endsWith('/mp4')) ?? found[0]
    const cameras = best(of('video', 'webcams'))
    const sound = best(of('audio', 'audio'))
    const screen = best(of('deskshare', 'deskshare'))
    const main = cameras ?? sound
    return [
      ...(main === undefined ? [] : [{ file: main.name, role: 'main' as const, startMs: 0, endMs: null }]),
      ...(screen === undefined || !hasScreen
        ? []
        : [{ file: screen.name, role: 'screen' as const, startMs: 0, endMs: null }]),
    ]
  }

  #decks(shown: ReadonlyMap<string, ReadonlyMap<number, string>>): Deck[] {
    const decks = new Map<string, (string | null)[]>()
    const put = (deck: string, index: number, name: string): void => {
      const pages = decks.get(deck) ?? []
      decks.set(deck, pages)
      while (pages.length <= index) pages.push(null)
      pages[index] ??= name
    }
    for (const [deck, pages] of shown) {
      decks.set(deck, [])
      for (const [index, href] of pages) {
        const file = this.#folder.file(href)
        if (file !== null) put(deck, index, file.name)
      }
    }
    for (const { name, kind } of this.#folder.files) {
      const found = /^presentation\/([^/]+)\/(?:svgs\/)?slide-?(\d{1,5})\.(?:png|svg|jpe?g)$/.exec(
        name.slice(this.#folder.root.length),
      )
      if (found !== null && kind.startsWith('image/')) put(found[1]!, Number(found[2]) - 1, name)
    }
    return [...decks].map(([name, pages]) => ({ name, pages, ...this.#documentOf(name) }))
  }

  #documentOf(deck: string): { document?: string } {
    const folder = `${this.#folder.root}presentation/${deck}/`
    const document = this.#folder.files.find(({ name, kind }) => name.startsWith(folder) && kind === 'application/pdf')
    return document === undefined ? {} : { document: document.name }
  }

  /** When the screen is shared: its own table says it, else the picture that stands for it among the slides. */
  async #screens(shown: readonly TimelineEvent[]): Promise<TimelineEvent[]> {
    const table = await this.#folder.xml('deskshare.xml')
    if (table === null) return shown.filter(({ kind }) => kind === 'screen')
    return elementsOf(table, 'event').flatMap(({ attributes }) => {
      const [from, to] = [secondsToMs(attributes.get('start_timestamp')), secondsToMs(attributes.get('stop_timestamp'))]
      if (!(from >= 0)) return []
      const on: TimelineEvent = { t: from, kind: 'screen', data: { on: true } }
      return to >= from ? [on, { t: to, kind: 'screen', data: { on: false } }] : [on]
    })
  }

  async #chat(): Promise<TimelineEvent[]> {
    const table = await this.#folder.xml('slides_new.xml')
    if (table === null) return []
    return [...allElements(table, 'chattimeline')].flatMap(({ attributes }) => {
      const t = secondsToMs(attributes.get('in'))
      if (!(t >= 0)) return []
      const endMs = secondsToMs(attributes.get('out'))
      const data = { sender: attributes.get('name') ?? '', text: (attributes.get('message') ?? '').trim() }
      return [{ t, kind: 'chat', data: endMs >= t ? { ...data, endMs } : data }]
    })
  }

  async #captions(): Promise<void> {
    const languages = new Map<string, string>()
    const listed = (await this.#folder.json('captions.json', captionsSchema)) ?? []
    for (const { locale, localeName } of listed) languages.set(locale, localeName ?? locale)
    for (const file of this.#folder.files) {
      const isVtt = file.kind === 'text/vtt'
      const language = isVtt ? /^caption_([\w-]+)\.vtt$/.exec(this.#folder.pathOf(file))?.[1] : undefined
      if (language === undefined) continue
      const title = languages.get(language) ?? language
      this.#folder.know(file, { type: 'captions', language: language.replaceAll('_', '-'), title, startMs: 0 })
    }
  }
}

const captionsSchema = z.array(z.object({ locale: z.string(), localeName: z.string().optional() }))

const pollsSchema = z.array(
  z.looseObject({
    timestamp: z.number(),
    id: z.string().optional(),
    question: z.string().optional(),
    answers: z.unknown(),
  }),
)

function pollEvents(polls: z.infer<typeof pollsSchema>): TimelineEvent[] {
  return polls.map(({ timestamp, id = '', question, answers }) => ({
    ...{ t: Math.max(0, Math.round(timestamp * 1000)), kind: 'poll' },
    data: { id, state: 'published', ...(question !== undefined && { question }), answers },
  }))
}

const externalVideosSchema = z.array(z.looseObject({ timestamp: z.number(), external_video_url: z.string() }))

function externalVideoEvents(videos: z.infer<typeof externalVideosSchema>): TimelineEvent[] {
  return videos.map(({ timestamp, external_video_url: value }) => ({
    ...{ t: Math.max(0, Math.round(timestamp * 1000)), kind: 'event' },
    data: { label: 'external-video', value, confidence: 1 },
  }))
}

function describedBy(root: XmlElement): Record<string, unknown> {
  const text = (...path: string[]): string => textIn(descendant(root, ...path))
  // Up to 0.8 as Ruby writes dates: `Thu Mar 04 14:05:56 UTC 2010`.
  const date = (name: string): string | null => {
    const given = text(name).trim()
    const value = /^\d+$/.test(given) ? Number(given) : Date.parse(given)
    return value > 0 && value < 8e15 ? new Date(value).toISOString() : null
  }
  const meta = descendant(root, 'meta')
  const entries = meta === null ? [] : elementsOf(meta).map((each): [string, string] => [each.name, textIn(each)])
  const title = Object.fromEntries(entries)['meetingName'] ?? descendant(root, 'meeting')?.attributes.get('name') ?? ''
  const [started, ended] = [date('start_time'), date('end_time')]
  const participants = Number(text('participants') || Number.NaN)
  return {
    ...(title !== '' && { title }),
    ...(started !== null && { started }),
    ...(ended !== null && { ended }),
    source: {
      ...{ system: 'BigBlueButton', id: text('id'), state: text('state') },
      ...(text('playback', 'link') !== '' && { link: text('playback', 'link') }),
      ...(Number.isSafeInteger(participants) && { participants }),
      ...(entries.length > 0 && { metadata: Object.fromEntries(entries) }),
    },
  }
}
