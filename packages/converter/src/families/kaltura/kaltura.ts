// A media entry of Kaltura: its files beside what the API answers of it, or a feed. Times of cue points are ms of the entry.
import type { TimelineEvent } from '@rushes/umf'
import { z } from 'zod'
import { decodeText, type FoundFile, readStart } from '../../input/found-file.ts'
import { ArchiveFolder, claimsAround } from '../archive-folder.ts'
import type { Deck, Family, Track } from '../family.ts'
import { type KalturaObject, objectsOfFeed, objectsOfJson, objectsOfXml } from './kaltura-objects.ts'

const ANSWER = 'application/xml;root=xml'
const feeds = ['application/xml;root=mrss', 'application/xml;root=rss']

export const kaltura: Family = {
  format: 'kaltura',

  async claims(files) {
    const found: FoundFile[] = []
    for (const file of files) if (await isOfKaltura(file)) found.push(file)
    return claimsAround(found)
  },

  async read(files, { root }) {
    const folder = new ArchiveFolder(files, root)
    const objects = await objectsIn(folder)
    const main = mainEntry(folder, objects)
    const own = objects.filter(({ members }) => {
      const entry = members.get('entryId')
      return entry === undefined || main === null || entry === main.members.get('id')
    })
    captions(folder, own)
    const slides = slidesOf(folder, own)
    const durationMs = durationOf(main)
    const tracks = tracksOf(folder, objects, main)
    return folder.reading({
      format: 'kaltura',
      metadata: metadataOf(main),
      kept: null,
      ...(durationMs !== null && { statedMs: durationMs }),
      tracks,
      ...{ decks: slides.decks, events: [...slides.events, ...own.flatMap(eventOf)] },
    })
  },
}

async function isOfKaltura(file: FoundFile): Promise<boolean> {
  const isFeed = feeds.includes(file.kind)
  if (!isFeed && file.kind !== ANSWER && file.kind !== 'application/json') return false
  const start = decodeText(await readStart(file, 256 * 1024))
  if (isFeed) return /<entryId>\s*\d_[a-z0-9]{6,}/.test(start) || /<scenes>\s*<scene-/.test(start)
  return file.kind === ANSWER
    ? /<objectType>\s*Kaltura/.test(start)
    : /"objectType"\s*:\s*"Kaltura[A-Za-z]*(?:Entry|CuePoint|Annotation|Asset)/.test(start)
}

async function objectsIn(folder: ArchiveFolder): Promise<KalturaObject[]> {
  const found: KalturaObject[] = []
  for (const file of folder.files) {
    if (!(await isOfKaltura(file))) continue
    folder.know(file, { title: 'What Kaltura says of it' })
    if (file.kind === 'application/json') found.push(...objectsOfJson(await folder.json(file, z.unknown())))
    else {
      const root = await folder.xml(file)
      if (root !== null) found.push(...(file.kind === ANSWER ? objectsOfXml(root) : objectsOfFeed(root)))
    }
  }
  // The same answer may have been saved twice.
  return [...new Map(found.map((each, index) => [`${each.kind} ${each.members.get('id') ?? index}`, each])).values()]
}

const isEntry = ({ kind }: KalturaObject): boolean => /(?:Media|Base|Playable|LiveStream)Entry$/.test(kind)

/** The one that is nobody's child and of which most is told; others are named. */
function mainEntry(folder: ArchiveFolder, objects: readonly KalturaObject[]): KalturaObject | null {
  const entries = objects.filter(isEntry)
  const told = (entry: KalturaObject): number =>
    objects.filter(({ members }) => members.get('entryId') === entry.members.get('id')).length
  const parents = entries.filter(({ members }) => (members.get('parentEntryId') ?? '') === '')
  const [main = entries[0] ?? null, ...others] = parents.sort((left, right) => told(right) - told(left))
  for (const { members } of others.slice(0, 20)) {
    const message = `there is another entry, ${members.get('name') ?? members.get('id') ?? ''}: convert it for itself`
    folder.note('another-event', message, undefined, 'info')
  }
  return main
}

/** Of the entry and of its children, who were recorded beside it, the largest file that has the entry's or an asset's id in its name. */
function tracksOf(folder: ArchiveFolder, objects: readonly KalturaObject[], main: KalturaObject | null): Track[] {
  const id = main?.members.get('id') ?? ''
  const children = objects.filter((each) => isEntry(each) && id !== '' && each.members.get('parentEntryId') === id)
  const taken = new Set<string>()
  const largest = (entry: string): FoundFile | null => {
    const assets = objects.filter(
      ({ kind, members }) => kind.endsWith('FlavorAsset') && members.get('entryId') === entry,
    )
    const ids = [entry, ...assets.map(({ members }) => members.get('id') ?? '')].filter((each) => each.length > 3)
    const linked = assets.flatMap(({ members }) => folder.fileAt(members.get('url') ?? '')?.name ?? [])
    const found = folder.media().filter(({ name }) => {
      return !taken.has(name) && (linked.includes(name) || ids.some((each) => name.includes(each)))
    })
    return found.sort((left, right) => right.size - left.size)[0] ?? null
  }
  const sides: Track[] = []
  for (const [index, entry] of [id, ...children.map(({ members }) => members.get('id') ?? '')].entries()) {
    const file = entry === '' ? null : largest(entry)
    if (file === null) continue
    taken.add(file.name)
    // The one that is shown large is the first; whoever speaks is heard there.
    const role = index === 0 ? 'camera' : 'screen'
    sides.push({ file: file.name, role, startMs: 0, endMs: null, side: String(index) })
  }
  if (sides.length === 1) return [{ ...sides[0]!, role: 'main' }]
  if (sides.length > 1) return sides
  const [any] = folder.media().sort((left, right) => right.size - left.size)
  if (any === undefined) folder.note('missing-media', 'no medium of the entry is beside what is told of it')
  return any === undefined ? [] : [{ file: any.name, role: 'main', startMs: 0, endMs: null }]
}

function captions(folder: ArchiveFolder, objects: readonly KalturaObject[]): void {
  const assets = objects.filter(({ kind }) => /CaptionAsset$/.test(kind))
  for (const file of folder.files) {
    if (!/^(text\/vtt|application\/(x-subrip|ttml\+xml))$/.test(file.kind)) continue
    const asset = assets.find(({ members }) => {
      const id = members.get('id') ?? ''
      return (id.length > 3 && file.name.includes(id)) || folder.fileAt(members.get('url') ?? '') === file
    })
    const language = asset?.members.get('languageCode') ?? languageCode(asset?.members.get('language'))
    const label = asset?.members.get('label')
    const more = { ...(language !== undefined && { language }), ...(label !== undefined && { title: label }) }
    folder.know(file, { type: 'captions', startMs: 0, ...more })
  }
}

/** The API names languages in English. */
function languageCode(name: string | undefined): string | undefined {
  if (name === undefined || /^[a-z]{2,3}(?:-\w{2,8})?$/i.test(name)) return name
  const names = new Intl.DisplayNames(['en'], { type: 'language' })
  const codes =
    'ar bg ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv nl no pl pt ro ru sk sl sv th tr uk vi zh'
  return codes.split(' ').find((code) => names.of(code)?.toLowerCase() === name.toLowerCase())
}

const timeOf = ({ members }: KalturaObject, name = 'startTime'): number | null => {
  const ms = Number(members.get(name) ?? Number.NaN)
  return ms >= 0 && ms < 1e11 ? ms : null
}

const isChapter = (subType: string | undefined): boolean => /^(?:2|chapter)$/i.test(subType ?? '')

/** Slides are pictures with a time; each is one of its own. */
function slidesOf(
  folder: ArchiveFolder,
  objects: readonly KalturaObject[],
): { decks: Deck[]; events: TimelineEvent[] } {
  const name = 'slides'
  const slides = objects.flatMap((each) => {
    const t = timeOf(each)
    if (each.kind !== 'ThumbCuePoint' || isChapter(each.members.get('subType')) || t === null) return []
    return [{ t, members: each.members, picture: pictureOf(folder, each) }]
  })
  slides.sort((left, right) => left.t - right.t)
  const events = slides.map(({ t, members }, index): TimelineEvent => {
    const [title, text] = [members.get('title') ?? '', members.get('description') ?? '']
    const more = { ...(title !== '' && { title }), ...(text !== '' && { text }) }
    return { t, kind: 'slide', data: { deck: name, index, value: index + 1, ...more } }
  })
  const pages = slides.map(({ picture }) => picture)
  return { decks: pages.some((page) => page !== null) ? [{ name, title: 'Slides', pages }] : [], events }
}

function pictureOf(folder: ArchiveFolder, { members }: KalturaObject): string | null {
  const isPicture = (file: FoundFile | null): file is FoundFile => file?.kind.startsWith('image/') === true
  const linked = folder.fileAt(members.get('url') ?? '')
  if (isPicture(linked)) return linked.name
  for (const id of [members.get('assetId') ?? '', members.get('id') ?? '']) {
    const found = id.length > 3 ? folder.files.find((file) => isPicture(file) && file.name.includes(id)) : undefined
    if (found !== undefined) return found.name
  }
  return null
}

/** Cue points of other kinds. */
function eventOf(each: KalturaObject): TimelineEvent[] {
  const t = timeOf(each)
  if (t === null) return []
  const { members } = each
  const word = (...names: string[]): string =>
    names.map((name) => members.get(name) ?? '').find((text) => text !== '') ?? ''
  const endMs = timeOf(each, 'endTime')
  const until = endMs !== null && endMs > t ? { endMs } : {}
  switch (each.kind) {
    case 'ThumbCuePoint':
      return isChapter(word('subType')) ? [{ t, kind: 'mark', data: { label: word('title', 'description') } }] : []
    case 'Annotation': {
      const text = word('text')
      if (text === '') return []
      const isAsked = /(?:^|,)\s*qna\b/.test(word('tags'))
      const sender = word('userId')
      return [{ t, kind: isAsked ? 'question' : 'annotation', data: { sender, text, ...until } }]
    }
    case 'QuestionCuePoint':
      return [
        { t, kind: 'poll', data: { question: word('question'), answers: each.lists.get('optionalAnswers') ?? [] } },
      ]
    case 'CodeCuePoint':
      return [
        { t, kind: 'event', data: { label: word('tags') || 'code', value: word('code'), confidence: 1, ...until } },
      ]
    default:
      return []
  }
}

function durationOf(entry: KalturaObject | null): number | null {
  const ms = Number(entry?.members.get('msDuration') ?? Number.NaN)
  return ms > 0 && ms < 1e11 ? ms : null
}

function metadataOf(entry: KalturaObject | null): Record<string, unknown> {
  if (entry === null) return { source: { system: 'Kaltura' } }
  const { members } = entry
  const created = Number(members.get('createdAt') ?? Number.NaN)
  const [title, description, tags] = ['name', 'description', 'tags'].map((name) => members.get(name) ?? '')
  const author = members.get('creatorId') ?? members.get('userId') ?? ''
  return {
    ...(title !== '' && { title }),
    ...(description !== '' && { description }),
    ...(author !== '' && { authors: [{ name: author }] }),
    // When the entry was made, which is not when it was recorded.
    source: {
      ...{ system: 'Kaltura', id: members.get('id') ?? '', ...(tags !== '' && { tags }) },
      ...(created > 0 && created < 1e11 && { entryCreated: new Date(created * 1000).toISOString() }),
    },
  }
}
