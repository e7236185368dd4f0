// An archive as a mediapackage that Opencast ingests: one flat zip of a manifest, tracks, catalogs and attachments
// (https://docs.opencast.org, Media Package; IngestServiceImpl finds files by their names alone, whatever folders they lie in).
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Note } from '@rushes/pipeline'
import { ConversionError, defaultLimits, madeEnding, type Probed, probe, writeVtt } from '@rushes/processors'
import { type ArchiveResource, EVENTS_TYPE, eventsContent, type Item, UmfError } from '@rushes/umf'
import { ConvertError } from '../convert-error.ts'
import { EVENTS_FLAVOR } from '../families/opencast/manifest.ts'
import { describedBy, episodeCatalog } from './dublin-core.ts'
import { captionTracks, type ExportContent, type Making } from './export-content.ts'
import { writeItem } from './item-file.ts'
import { segmentsCatalog, timePoint } from './mpeg7-segments.ts'
import { element, xmlDocument } from './xml-text.ts'
import { writeZip, type ZippedFile } from './zip-file.ts'

/** Of two media of an event, how much they may differ in length. */
const sameLengthMs = 2000
/** Types of items that Opencast keeps beside a recording, and shows nowhere. */
const attached: ReadonlySet<string> = new Set(['document', 'chat', 'notes', 'questions', 'image'])
const mostAttachments = 5000

/** @param folder for files on the way. @throws ConvertError `nothing-found`; UmfError */
export async function writeMediaPackage(
  path: string,
  folder: string,
  content: ExportContent,
  making: Making,
): Promise<string[]> {
  const own = join(folder, 'mediapackage')
  await mkdir(own)
  const files = await new PackageWriter(own, content, making).write()
  // To write the zip takes about as long as to write what is in it.
  await writeZip(path, files, { signal: making.signal, onProgress: (part) => making.onProgress(0.5 + part / 2) })
  return files.map(({ name }) => name)
}

type Element = { kind: 'media' | 'metadata' | 'attachments'; tag: string }

class PackageWriter {
  readonly #folder: string
  readonly #content: ExportContent
  readonly #making: Making
  readonly #files: ZippedFile[] = []
  readonly #elements: Element[] = []
  readonly #names = new Set(['manifest.xml'])
  readonly #total: number
  #done = 0

  constructor(folder: string, content: ExportContent, making: Making) {
    this.#folder = folder
    this.#content = content
    this.#making = making
    this.#total = this.#sides().reduce((sum, { length = 0 }) => sum + length, 1)
  }

  async write(): Promise<ZippedFile[]> {
    const { archive, slides, durationMs, title } = this.#content
    const main = await this.#tracks()
    for (const { language, cues } of captionTracks(this.#content.texts)) {
      const tags = [...(language === '' ? [] : [`lang:${language}`]), 'type:subtitle', 'generator-type:unknown']
      const file = await this.#text(`captions${language === '' ? '' : `-${language}`}.vtt`, writeVtt(cues))
      this.#add('media', 'track', 'captions/source', file, 'text/vtt', { tags })
    }
    const episode = await this.#text('episode.xml', episodeCatalog(this.#content, archive.id))
    this.#add('metadata', 'catalog', 'dublincore/episode', episode, 'text/xml', {})
    if (slides.length > 0) {
      const text = segmentsCatalog(slides, { track: main.id, url: main.name, durationMs })
      const segments = await this.#text('segments.xml', text)
      this.#add('metadata', 'catalog', 'mpeg-7/segments', segments, 'text/xml', { ref: `track:${main.id}` })
      await this.#previews(main.id)
    }
    await this.#attachments()
    await this.#events()
    const { started, creators, language, series } = describedBy(this.#content)
    const group = (name: Element['kind']) => element(name, {}, ...this.#elements.filter(({ kind }) => kind === name))
    const manifest = element(
      'mediapackage',
      {
        ...{ xmlns: 'http://mediapackage.opencastproject.org', id: archive.id },
        ...{ start: started.replace(/\.\d+Z$/, 'Z'), duration: String(Math.round(durationMs)) },
      },
      element('title', {}, title || 'Untitled'),
      series === '' ? null : element('seriestitle', {}, series),
      language === '' ? null : element('language', {}, language),
      creators.length === 0 ? null : element('creators', {}, ...creators.map((name) => element('creator', {}, name))),
      ...(['media', 'metadata', 'attachments'] as const).map(group),
    )
    await this.#text('manifest.xml', xmlDocument(manifest), true)
    return this.#files
  }

  /** The sides on which the event was recorded, where they are there as they were; else what plays of it. */
  #sides(): ArchiveResource[] {
    const { archive, durationMs } = this.#content
    const isSide = ({ type, title = '', startMs, endMs, metadata, pointer, encryption }: Item): boolean =>
      (type === 'video' || type === 'audio') &&
      /^(?:presenter|presentation)[\w-]*\/[\w+-]+$/.test(title) &&
      pointer === undefined &&
      encryption === undefined &&
      metadata?.['pieces'] === undefined &&
      startMs === 0 &&
      Math.abs((endMs ?? 0) - durationMs) <= sameLengthMs
    const sides = archive.items().filter(isSide)
    // Of one side, the first: others are the same in other sizes.
    const first = new Map(sides.map((item) => [item.title!.split('/')[0]!, item]).reverse() as [string, Item][])
    if (first.size > 1) return [...first.values()]
    return archive.presentation === null ? [] : [archive.presentation]
  }

  async #tracks(): Promise<{ id: string; name: string }> {
    const sides = this.#sides()
    if (sides.length === 0) {
      throw new ConvertError(
        'nothing-found',
        'there is neither sound nor picture in it, without which Opencast takes nothing',
      )
    }
    const { archive, slides } = this.#content
    const made: { id: string; name: string; flavor: string }[] = []
    for (const side of sides) {
      const isOwn = side === archive.presentation
      // Alone it is what the segments are of.
      const flavor = isOwn ? (slides.length > 0 ? 'presentation/source' : 'presenter/source') : (side as Item).title!
      const kind = side.contentType.split(';')[0]!
      const file = await this.#item(side.name, `${flavor.split('/')[0]}${endingOf(side.name, kind)}`)
      const facts = await this.#probed(join(this.#folder, file.name))
      const id = this.#add('media', 'track', flavor, file, kind, { facts, durationMs: this.#content.durationMs })
      made.push({ id, name: file.name, flavor })
    }
    return made.find(({ flavor }) => flavor.startsWith('presentation')) ?? made[0]!
  }

  async #probed(path: string): Promise<Probed | null> {
    const job = { limits: defaultLimits, signal: this.#making.signal, onProgress() {} }
    try {
      return await probe({ path }, 'sound-or-video', job)
    } catch (error) {
      // Opencast looks into it for itself.
      if (error instanceof ConversionError && error.code !== 'cancelled') return null
      throw error
    }
  }

  /** A picture for each segment: Opencast knows them by the times that their references name. */
  async #previews(track: string): Promise<void> {
    for (const [index, { item, startMs }] of this.#content.slides.entries()) {
      if (item === null || item.pointer !== undefined || item.encryption !== undefined) continue
      const kind = item.contentType.split(';')[0]!
      const file = await this.#item(item.name, `segment-${index + 1}${endingOf(item.name, kind)}`)
      const ref = `track:${track};time=${timePoint(startMs)}`
      this.#add('attachments', 'attachment', 'presentation/segment+preview', file, kind, { ref })
    }
  }

  async #attachments(): Promise<void> {
    const wanted = this.#content.archive.items().filter(({ type, contentType, pointer, encryption }) => {
      const isThere = pointer === undefined && encryption === undefined
      return isThere && attached.has(type) && !contentType.startsWith(EVENTS_TYPE)
    })
    for (const { name, type, contentType } of wanted.slice(0, mostAttachments)) {
      try {
        const file = await this.#item(name, name.slice(name.lastIndexOf('/') + 1))
        this.#add('attachments', 'attachment', `rushes/${type}`, file, contentType.split(';')[0]!, {})
      } catch (error) {
        if (!(error instanceof UmfError) || error.code !== 'malformed') throw error
        this.#note('damaged', 'it is not what its digest says, and is left out', name)
      }
    }
  }

  /** What else happened when, and of which deck a slide is: Opencast keeps it, and whoever makes an archive of the package has it again. */
  async #events(): Promise<void> {
    const { events } = this.#content
    if (events.length === 0) return
    // Names of items mean nothing among other files.
    const text = new TextDecoder().decode(eventsContent(events.map(({ resource: _, ...event }) => event)))
    const file = await this.#text('timeline.json', text)
    this.#add('attachments', 'attachment', EVENTS_FLAVOR, file, 'application/json', {})
  }

  async #item(item: string, wanted: string): Promise<WrittenElement> {
    const name = this.#free(wanted)
    const path = join(this.#folder, name)
    const { signal, onProgress } = this.#making
    const onBytes = (bytes: number): void => {
      this.#done += bytes
      onProgress(Math.min(0.5, this.#done / this.#total / 2))
    }
    const { bytes, md5 } = await writeItem(this.#content.archive, item, path, { signal, onBytes })
    this.#files.push({ name, path, bytes })
    return { name, md5, bytes }
  }

  async #text(wanted: string, text: string, isManifest = false): Promise<WrittenElement> {
    const name = isManifest ? wanted : this.#free(wanted)
    const path = join(this.#folder, name)
    await writeFile(path, text)
    const bytes = await readFile(path)
    const file = { name, path, bytes: bytes.length }
    // Whoever reads a zip from its beginning knows by it what comes.
    if (isManifest) this.#files.unshift(file)
    else this.#files.push(file)
    return { name, md5: createHash('md5').update(bytes).digest('hex'), bytes: bytes.length }
  }

  #add(
    group: Element['kind'],
    kind: 'track' | 'catalog' | 'attachment',
    flavor: string,
    { name, md5, bytes }: WrittenElement,
    contentType: string,
    more: { ref?: string; tags?: string[]; facts?: Probed | null; durationMs?: number },
  ): string {
    const id = `${kind}-${this.#elements.filter(({ kind: other }) => other === group).length + 1}`
    const { ref, tags = [], facts = null, durationMs } = more
    const { tag } = element(
      kind,
      { id, type: flavor, ref },
      element('mimetype', {}, contentType),
      element('tags', {}, ...tags.map((each) => element('tag', {}, each))),
      element('url', {}, name),
      element('checksum', { type: 'md5' }, md5),
      element('size', {}, String(bytes)),
      durationMs === undefined ? null : element('duration', {}, String(Math.round(durationMs))),
      facts?.audio
        ? element(
            'audio',
            { id: 'audio-1' },
            element('channels', {}, String(facts.audio.channels)),
            element('samplingrate', {}, String(facts.audio.sampleRate)),
          )
        : null,
      facts?.video
        ? element('video', { id: 'video-1' }, element('resolution', {}, `${facts.video.width}x${facts.video.height}`))
        : null,
    )
    this.#elements.push({ kind: group, tag })
    return id
  }

  #free(wanted: string): string {
    const plain = wanted.normalize('NFC').replaceAll(/[^\p{L}\p{N}._+-]+/gu, '_') || 'file'
    const ending = extname(plain)
    let name = plain
    for (let count = 2; this.#names.has(name.toLowerCase()); count++)
      name = `${plain.slice(0, plain.length - ending.length)}-${count}${ending}`
    this.#names.add(name.toLowerCase())
    return name
  }

  #note(code: string, message: string, resource: string): void {
    const note: Note = { severity: 'warning', code, message, resource }
    this.#content.notes.push(note)
  }
}

type WrittenElement = { name: string; md5: string; bytes: number }

function endingOf(name: string, kind: string): string {
  return /^\.[a-z0-9]{1,5}$/i.test(extname(name)) ? extname(name).toLowerCase() : madeEnding(kind)
}
