// A mediapackage of Opencast (and of Matterhorn before it): manifest.xml, and beside it tracks, catalogs and attachments.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { TimelineEvent } from '@rushes/umf'
import { z } from 'zod'
import { baseName, type FoundFile } from '../../input/found-file.ts'
import type { Span } from '../../timeline/kept-time.ts'
import { elementsOf, readXmlTree, textIn, type XmlElement } from '../../xml-tree.ts'
import { ArchiveFolder, claimsAround, plainPath } from '../archive-folder.ts'
import type { Deck, Family, Reading, Track } from '../family.ts'
import { EVENTS_FLAVOR, type MediaPackage, type PackageElement, readMediaPackage } from './manifest.ts'
import { mediaTimePoint, type Segment, segmentsOf } from './mpeg7.ts'
import { keptByEditor, partialItems } from './smil.ts'

const MANIFEST = 'application/xml;root=mediapackage'
const MPEG7 = 'application/xml;root=Mpeg7'
const SMIL = 'application/smil+xml'

export const opencast: Family = {
  format: 'opencast',

  async claims(files) {
    const manifests = files.filter(({ kind }) => kind === MANIFEST)
    // Catalogs for themselves tell their times as well.
    const found = manifests.length > 0 ? manifests : files.filter(({ kind }) => kind === MPEG7 || kind === SMIL)
    return claimsAround(found)
  },

  async read(files, { root }) {
    return await new Package(new ArchiveFolder(files, root)).read()
  },
}

type Shown = { decks: Deck[]; events: TimelineEvent[] }

const ownEventsSchema: z.ZodType<TimelineEvent[]> = z
  .array(z.object({ t: z.number().min(0).max(1e12), kind: z.string().min(1).max(100), data: z.unknown() }))
  .max(1_000_000)

class Package {
  readonly #folder: ArchiveFolder

  constructor(folder: ArchiveFolder) {
    this.#folder = folder
  }

  async read(): Promise<Reading> {
    const [manifest] = this.#folder.ofKind(MANIFEST)
    const whole = manifest === undefined ? null : readMediaPackage(await readXmlTree(manifest))
    const elements = whole?.elements ?? []
    const found = new Map(
      elements.map((element) => {
        const { kind, url } = element
        return [element, kind === 'track' ? this.#folder.mediumAt(url) : this.#folder.fileAt(url)]
      }),
    )
    await this.#check(found)
    const smil = await this.#smil(found)
    const tracks = smil.tracks ?? this.#tracks(found)
    this.#captions(found)
    const slides = (await this.#ownEvents(found)) ?? (await this.#slides(found))
    return this.#folder.reading({
      format: 'opencast',
      metadata: await this.#metadata(whole, found),
      kept: smil.kept,
      // Without media nothing shows whether it is right, which it often is not.
      ...(tracks.length > 0 && whole !== null && whole.durationMs !== null && { statedMs: whole.durationMs }),
      tracks,
      decks: slides.decks,
      events: slides.events,
    })
  }

  async #check(found: ReadonlyMap<PackageElement, FoundFile | null>): Promise<void> {
    for (const [{ md5 }, file] of found) {
      if (md5 === null || file === null || (await md5Of(file.path)) === md5) continue
      const message = 'its checksum is not that of the manifest: it was changed since, and is kept as it is'
      this.#folder.note('checksum', message, file.name)
    }
  }

  /** Of each side the one that is furthest on, and among those the largest; the others are kept, and not shown. */
  #tracks(found: ReadonlyMap<PackageElement, FoundFile | null>): Track[] {
    const best = new Map<string, { file: FoundFile; rank: number }>()
    for (const [{ kind, flavor }, file] of found) {
      if (kind !== 'track' || file === null || !/^(audio|video)\//.test(file.kind)) continue
      this.#folder.know(file, { startMs: 0, title: flavor })
      const side = sideOf(flavor)
      const rank = rankOf(flavor)
      const other = best.get(side)
      if (other === undefined || rank > other.rank || (rank === other.rank && file.size > other.file.size)) {
        best.set(side, { file, rank })
      }
    }
    const sides = [...best].map(([side, { file }]): Track => {
      return { file: file.name, role: roleOf(side), startMs: 0, endMs: null, side }
    })
    // Who speaks stands by the presenter's microphone.
    sides.sort((left, right) => Number(left.role === 'screen') - Number(right.role === 'screen'))
    // Alone, one side is all there is.
    return sides.length === 1 ? [{ ...sides[0]!, role: 'main' }] : sides
  }

  #captions(found: ReadonlyMap<PackageElement, FoundFile | null>): void {
    for (const [{ flavor, tags, contentType }, file] of found) {
      if (file === null) continue
      const isText = /^(text\/vtt|application\/(ttml\+xml|x-subrip))$/.test(file.kind)
      if (!isText || !(/caption/.test(flavor) || contentType === 'text/vtt')) continue
      const tagged = tags.map((tag) => /^lang:([\w-]{2,35})$/.exec(tag)?.[1]).find(Boolean)
      const language = tagged ?? /\+([a-z]{2,3}(?:-\w{2,8})?)$/i.exec(flavor)?.[1]
      this.#folder.know(file, { type: 'captions', startMs: 0, ...(language !== undefined && { language }) })
    }
  }

  async #smil(
    found: ReadonlyMap<PackageElement, FoundFile | null>,
  ): Promise<{ kept: Span[] | null; tracks: Track[] | null }> {
    const catalogs = [...found].filter(([, file]) => file?.kind === SMIL)
    const partial = catalogs.find(([{ flavor }]) => /partial/.test(flavor))
    if (partial !== undefined) {
      const root = await this.#folder.xml(partial[1]!)
      const items = root === null ? [] : partialItems(root)
      const tracks = items.flatMap(({ sequence, src, startMs, lengthMs }): Track[] => {
        const file = this.#folder.files.find(({ name }) => baseName(name) === baseName(plainPath(src)))
        if (file === undefined) return []
        const endMs = lengthMs === null ? null : startMs + lengthMs
        return [{ file: file.name, role: sequence === 0 ? 'camera' : 'screen', startMs, endMs, side: String(sequence) }]
      })
      if (tracks.length > 0) return { kept: null, tracks }
    }
    const cutting = catalogs.find(([{ flavor }]) => /cutting/.test(flavor))?.[1]
    const lone = found.size === 0 ? this.#folder.files.find(({ kind }) => kind === SMIL) : undefined
    // What has been cut already is not cut again.
    const isCut = [...found].some(
      ([{ kind, flavor }, file]) => kind === 'track' && file !== null && /\/delivery$/.test(flavor),
    )
    const smil = cutting ?? lone
    if (smil === undefined || smil === null || isCut) return { kept: null, tracks: null }
    const root = await this.#folder.xml(smil)
    const kept = root === null ? [] : keptByEditor(root)
    return { kept: kept.length === 0 ? null : kept, tracks: null }
  }

  async #slides(found: ReadonlyMap<PackageElement, FoundFile | null>): Promise<Shown> {
    const flavored = [...found].find(([{ flavor, kind }, file]) => {
      return kind === 'catalog' && file?.kind === MPEG7 && /mpeg-7|segments/.test(flavor)
    })?.[1]
    const catalog = flavored ?? this.#folder.files.find(({ kind }) => kind === MPEG7)
    const root = await this.#folder.xml(catalog ?? null)
    const segments = root === null ? [] : segmentsOf(root)
    const previews = previewsOf(found)
    const times =
      segments.length > 0
        ? segments
        : previews.map(({ t }): Segment => ({ video: '', startMs: t, endMs: null, text: '' }))
    if (times.length === 0) return { decks: [], events: [] }
    const name = 'presentation'
    const pages = times.map(({ startMs }) => previews.find(({ t }) => Math.abs(t - startMs) < 1)?.file ?? null)
    const events = times.map(({ startMs, text }, index): TimelineEvent => {
      return { t: startMs, kind: 'slide', data: { deck: name, index, value: index + 1, ...(text !== '' && { text }) } }
    })
    const decks = pages.every((page) => page === null) ? [] : [{ name, title: 'Slides', pages }]
    return { decks, events }
  }

  /** All that happened, where the package was made of an archive; each slide's picture is the segment's that begins with it. */
  async #ownEvents(found: ReadonlyMap<PackageElement, FoundFile | null>): Promise<Shown | null> {
    const file = [...found].find(([{ flavor }]) => flavor === EVENTS_FLAVOR)?.[1]
    const events = await this.#folder.json(file ?? null, ownEventsSchema)
    if (events === null) return null
    this.#folder.know(file!, { type: 'data', title: 'What happened when' })
    const previews = previewsOf(found)
    const decks = new Map<string, (string | null)[]>()
    for (const { t, kind, data } of events) {
      const { deck = '', index = -1 } = (data ?? {}) as { deck?: unknown; index?: unknown }
      const preview = kind === 'slide' ? previews.find((each) => Math.abs(each.t - t) < 1) : undefined
      if (preview === undefined || typeof deck !== 'string' || typeof index !== 'number') continue
      if (!Number.isSafeInteger(index) || index < 0 || index >= 10_000) continue
      const pages = decks.get(deck) ?? []
      while (pages.length <= index) pages.push(null)
      pages[index] ??= preview.file
      decks.set(deck, pages)
    }
    return { decks: [...decks].map(([name, pages]) => ({ name, title: name || 'Slides', pages })), events }
  }

  async #metadata(
    whole: MediaPackage | null,
    found: ReadonlyMap<PackageElement, FoundFile | null>,
  ): Promise<Record<string, unknown>> {
    const episode = [...found].find(([{ kind, flavor, ref }, file]) => {
      return kind === 'catalog' && file !== null && /dublincore/.test(flavor) && !/series/.test(`${flavor}${ref}`)
    })?.[1]
    const lone = this.#folder.files.find(({ kind }) => kind === 'application/xml;root=dublincore')
    const core = termsOf(await this.#folder.xml(episode ?? lone ?? null))
    const one = (term: string): string => core.get(term)?.[0] ?? ''
    const title = one('title') || whole?.title || ''
    const creators = core.get('creator') ?? whole?.creators ?? []
    // A period in the terms of DCMI: `start=2024-02-03T04:05:06Z; end=…; scheme=W3C-DTF;`.
    const period = /(?:^|;)\s*start=([^;]{1,100})/.exec(one('temporal'))?.[1] ?? ''
    const starts = [whole?.start ?? '', period, one('created')].map((text) => Date.parse(text.trim()))
    const started = starts.find(Number.isFinite) ?? Number.NaN
    const place = one('spatial')
    const language = one('language') || whole?.language || ''
    return {
      ...(title !== '' && { title }),
      ...(one('description') !== '' && { description: one('description') }),
      ...(creators.length > 0 && { authors: creators.map((name) => ({ name })) }),
      ...(Number.isFinite(started) && { started: new Date(started).toISOString() }),
      ...(place !== '' && { place: { name: place } }),
      ...(language !== '' && { language }),
      source: {
        ...{ system: 'Opencast', ...(whole !== null && { id: whole.id }) },
        ...(whole !== null && whole.series !== '' && { series: whole.series }),
        ...(core.size > 0 && { dublinCore: Object.fromEntries(core) }),
      },
    }
  }
}

/** Pictures of segments, with the time that they are of. */
function previewsOf(found: ReadonlyMap<PackageElement, FoundFile | null>): { t: number; file: string }[] {
  return [...found]
    .flatMap(([{ flavor, ref }, file]) => {
      const t = mediaTimePoint(/;time=(.+)$/.exec(ref)?.[1] ?? '')
      return file === null || t === null || !/segment\+preview/.test(flavor) ? [] : [{ t, file: file.name }]
    })
    .sort((left, right) => left.t - right.t)
}

/** Terms and their values; none where there is no such catalog. */
function termsOf(root: XmlElement | null): Map<string, string[]> {
  const terms = new Map<string, string[]>()
  for (const element of root === null ? [] : elementsOf(root)) {
    const value = textIn(element).replaceAll(/\s+/g, ' ')
    if (value !== '') terms.set(element.name, [...(terms.get(element.name) ?? []), value])
  }
  return terms
}

const sideOf = (flavor: string): string => {
  const [first = '', second = ''] = flavor.split('/')
  // Of the oldest: `track/presenter`.
  return first === 'track' ? second : first
}

function roleOf(side: string): Track['role'] {
  return side.startsWith('presentation') ? 'screen' : side.startsWith('audio') ? 'voice' : 'camera'
}

const stages = ['source', 'work', 'prepared', 'trimmed', 'themed', 'composite', 'delivery']

function rankOf(flavor: string): number {
  return stages.findIndex((stage) => flavor.endsWith(`/${stage}`))
}

async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5')
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer)
  return hash.digest('hex')
}
