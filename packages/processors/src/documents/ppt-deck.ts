// PowerPoint 97–2003 ([MS-PPT]): streams in an OLE2 file, in which records lie one behind the other. What was saved last is
// found by the current user's edit and the directories of what persists; slides are in the order of a list.
import cfb from 'cfb'
import { ConversionError } from '../conversion-error.ts'
import { type DeckContent, type DeckSlide, fontFamilies, MOST_SLIDES, PPT, tidyText } from './deck.ts'
import { pptPictures } from './ppt-pictures.ts'
import { MOST_DEPTH, type PptRecord, PptStream, uint32 } from './ppt-records.ts'

/** [MS-PPT] §2.13.24 */
const types = {
  ...{ document: 1000, slide: 1006, slideAtom: 1007, notes: 1008, notesAtom: 1009, slidePersist: 1011 },
  ...{ list: 4080, userEdit: 4085, directory: 6002, font: 4023, chars: 4000, bytes: 4008, textHead: 3999 },
  ...{ outlineRef: 3998, placeholder: 3011, shape: 0xf004, textbox: 0xf00d, clientData: 0xf011 },
} as const

/** Number, date, format of a date, head, foot: in the text a star stands for each (§2.9.49). */
const fields: ReadonlySet<number> = new Set([4056, 4087, 4088, 4089, 4090])

/** §2.13.21: date, number, foot and head, of masters and of slides. */
const furniture: ReadonlySet<number> = new Set([7, 8, 9, 10])
const encryptedToken = 0xf3d1c4df
const mostEdits = 1000

/** @throws ConversionError `input-refused`, `input-too-large` */
export function readPpt(bytes: Uint8Array): DeckContent {
  const container = openContainer(bytes)
  const document = openDocument(container)
  const content = new PptDeck(document, streamOf(container, 'Current User')).read()
  const pictures = streamOf(container, 'Pictures')
  return { ...content, pictures: pictures === null ? 0 : [...pptPictures(pictures)].length }
}

/** Pictures that were put into it. @throws as {@link readPpt} */
export async function* picturesOfPpt(bytes: Uint8Array): AsyncGenerator<{ contentType: string; bytes: Uint8Array }> {
  const container = openContainer(bytes)
  openDocument(container)
  const pictures = streamOf(container, 'Pictures')
  if (pictures !== null) yield* pptPictures(pictures)
}

function openDocument(container: ReturnType<typeof cfb.read>): Uint8Array {
  if (streamOf(container, 'EncryptedPackage') !== null) throw locked()
  const document = streamOf(container, 'PowerPoint Document')
  if (document === null) throw new ConversionError('not-handled', 'there is no presentation in it')
  const user = streamOf(container, 'Current User')
  if (user !== null && user.length >= 20 && uint32(user, 12) === encryptedToken) throw locked()
  return document
}

function openContainer(bytes: Uint8Array): ReturnType<typeof cfb.read> {
  try {
    return cfb.read(bytes, { type: 'buffer' })
  } catch (error) {
    throw new ConversionError(
      'input-refused',
      `it is no whole OLE2 file: ${String((error as Error).message).slice(0, 200)}`,
    )
  }
}

function streamOf(container: ReturnType<typeof cfb.read>, name: string): Uint8Array | null {
  const content = cfb.find(container, name)?.content
  return content === undefined ? null : Uint8Array.from(content as unknown as ArrayLike<number>)
}

function locked(): ConversionError {
  return new ConversionError('input-refused', 'it is locked by a password')
}

type Listed = { persistId: number; slideId: number; outline: string[] }

class PptDeck {
  readonly #stream: PptStream
  readonly #places: ReadonlyMap<number, number>
  readonly #document: PptRecord | null

  constructor(document: Uint8Array, user: Uint8Array | null) {
    this.#stream = new PptStream(document)
    const { places, documentId } = this.#directory(user)
    this.#places = places
    this.#document = this.#recordOf(documentId, types.document) ?? this.#firstDocument()
  }

  read(): Omit<DeckContent, 'pictures'> {
    const lists = this.#document === null ? [] : this.#lists(this.#document)
    const slides = lists.filter(({ instance }) => instance === 0).flatMap(({ entries }) => entries)
    const notes = this.#notesOf(lists.filter(({ instance }) => instance === 2).flatMap(({ entries }) => entries))
    const found = slides.slice(0, MOST_SLIDES).map((entry) => this.#slide(entry, notes.get(entry.slideId) ?? ''))
    const fonts: string[] = []
    if (this.#document !== null) {
      for (const { bytes } of this.#descendants(this.#document, types.font)) fonts.push(wideText(bytes.subarray(0, 64)))
    }
    return { kind: PPT, title: '', slides: found, fonts: fontFamilies(fonts), thumbnail: null }
  }

  /** §2.1.2: from the last edit back to the first; what was saved later goes first. */
  #directory(user: Uint8Array | null): { places: Map<number, number>; documentId: number } {
    const places = new Map<number, number>()
    let documentId = 1
    try {
      let at = user === null ? 0 : uint32(user, 16)
      for (let edits = 0; at !== 0 && edits < mostEdits; edits++) {
        const edit = this.#stream.at(at)
        if (edit.type !== types.userEdit) break
        if (edits === 0) documentId = uint32(edit.bytes, 16)
        this.#addPlaces(this.#stream.at(uint32(edit.bytes, 12)), places)
        const before = uint32(edit.bytes, 8)
        if (before >= at) break
        at = before
      }
    } catch (error) {
      if (!(error instanceof ConversionError) || error.code !== 'input-refused') throw error
      // What was found until here holds.
    }
    return { places, documentId }
  }

  #addPlaces({ type, bytes }: PptRecord, places: Map<number, number>): void {
    if (type !== types.directory) return
    for (let at = 0; at + 4 <= bytes.length; ) {
      const head = uint32(bytes, at)
      at += 4
      for (let index = 0; index < head >>> 20 && at + 4 <= bytes.length; index++, at += 4) {
        const id = (head & 0xfffff) + index
        if (!places.has(id)) places.set(id, uint32(bytes, at))
      }
    }
  }

  #recordOf(id: number, type: number): PptRecord | null {
    const place = this.#places.get(id)
    if (place === undefined) return null
    try {
      const record = this.#stream.at(place)
      return record.type === type ? record : null
    } catch (error) {
      if (error instanceof ConversionError && error.code === 'input-refused') return null
      throw error
    }
  }

  #firstDocument(): PptRecord | null {
    try {
      for (const record of this.#stream.within()) if (record.type === types.document) return record
    } catch (error) {
      if (!(error instanceof ConversionError) || error.code !== 'input-refused') throw error
    }
    throw new ConversionError('input-refused', 'there are no slides in it')
  }

  #lists(document: PptRecord): { instance: number; entries: Listed[] }[] {
    const lists: { instance: number; entries: Listed[] }[] = []
    for (const list of this.#whole(document.bytes)) {
      if (list.type !== types.list) continue
      const entries: Listed[] = []
      for (const record of this.#whole(list.bytes)) {
        if (record.type === types.slidePersist && record.bytes.length >= 16) {
          entries.push({ persistId: uint32(record.bytes, 0), slideId: uint32(record.bytes, 12), outline: [] })
        } else if (record.type === types.textHead) entries.at(-1)?.outline.push('')
        else if (record.type === types.chars || record.type === types.bytes) {
          const outline = entries.at(-1)?.outline
          if (outline !== undefined && outline.length > 0) outline[outline.length - 1] = textOf(record)
        }
      }
      lists.push({ instance: list.instance, entries })
    }
    return lists
  }

  #notesOf(entries: readonly Listed[]): Map<number, string> {
    const notes = new Map<number, string>()
    for (const { persistId, outline } of entries) {
      const page = this.#recordOf(persistId, types.notes)
      if (page === null) continue
      try {
        const about = [...this.#stream.within(page.bytes)].find(({ type }) => type === types.notesAtom)
        if (about !== undefined) notes.set(uint32(about.bytes, 0), tidyText(this.#texts(page, outline, 0)))
      } catch (error) {
        if (!(error instanceof ConversionError) || error.code !== 'input-refused') throw error
      }
    }
    return notes
  }

  #slide({ persistId, outline }: Listed, notes: string): DeckSlide {
    const record = this.#recordOf(persistId, types.slide)
    if (record === null)
      return { text: tidyText(outline), notes, problem: 'it is damaged: the slide is not in its place' }
    try {
      const rest = [...outline]
      const texts = this.#texts(record, rest, 0)
      // What no shape shows is of the outline alone.
      return { text: tidyText([...rest.filter((each) => each !== ''), ...texts]), notes, problem: null }
    } catch (error) {
      if (!(error instanceof ConversionError) || error.code !== 'input-refused') throw error
      return { text: tidyText(outline), notes, problem: error.message }
    }
  }

  /** @param outline what is shown of it becomes empty */
  #texts(container: PptRecord, outline: string[], depth: number): string[] {
    if (depth > MOST_DEPTH) throw new ConversionError('input-refused', `it is over ${MOST_DEPTH} deep`)
    const inside = [...this.#stream.within(container.bytes)]
    if (container.type === types.shape && this.#isFurniture(inside)) return []
    if (container.type === types.textbox) return [this.#textbox(inside, outline)]
    return inside.flatMap((each) => (each.isContainer ? this.#texts(each, outline, depth + 1) : []))
  }

  #textbox(inside: readonly PptRecord[], outline: string[]): string {
    const shown = inside.find(({ type }) => type === types.outlineRef)
    const own = inside.find(({ type }) => type === types.chars || type === types.bytes)
    let text = own === undefined ? '' : textOf(own)
    if (shown !== undefined && own === undefined) {
      const index = uint32(shown.bytes, 0)
      text = outline[index] ?? ''
      if (index < outline.length) outline[index] = ''
    }
    return inside.some(({ type }) => fields.has(type)) ? text.replaceAll('*', '') : text
  }

  #isFurniture(shape: readonly PptRecord[]): boolean {
    return shape.some((part) => {
      if (!part.isContainer || part.type !== types.clientData) return false
      return [...this.#stream.within(part.bytes)].some(
        ({ type, bytes }) => type === types.placeholder && furniture.has(bytes[4] ?? 0),
      )
    })
  }

  /** As far as it is whole. */
  *#whole(bytes: Uint8Array): Generator<PptRecord> {
    try {
      yield* this.#stream.within(bytes)
    } catch (error) {
      if (!(error instanceof ConversionError) || error.code !== 'input-refused') throw error
    }
  }

  *#descendants(container: PptRecord, type: number, depth = 0): Generator<PptRecord> {
    for (const record of this.#whole(container.bytes)) {
      if (record.type === type) yield record
      else if (record.isContainer && depth < 4) yield* this.#descendants(record, type, depth + 1)
    }
  }
}

function textOf({ type, bytes }: PptRecord): string {
  if (type === types.chars) return wideText(bytes, false)
  // The upper halves of UTF-16 are left out there (§2.9.42).
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

function wideText(bytes: Uint8Array, endsAtZero = true): string {
  const text = new TextDecoder('utf-16le').decode(bytes)
  return endsAtZero ? text.slice(0, text.includes('\0') ? text.indexOf('\0') : undefined) : text
}
