// What Panopto's viewer is told of a session (`Viewer/DeliveryInfo.aspx?responseType=json`). Times are seconds of the session.
import { writeVtt } from '@rushes/processors'
import type { TimelineEvent } from '@rushes/umf'
import { z } from 'zod'
import type { FoundFile } from '../../input/found-file.ts'
import type { ArchiveFolder } from '../archive-folder.ts'
import type { Deck, MoreItem, Reading, Track } from '../family.ts'

type Maybe<Value> = Value | null | undefined

type Stream = {
  Tag?: Maybe<string>
  StreamUrl?: Maybe<string>
  StreamHttpUrl?: Maybe<string>
  /** Where it begins in the session. */
  RelativeStart?: Maybe<number>
}

type Timestamp = {
  Time: number
  Caption?: Maybe<string>
  Data?: Maybe<string>
  ObjectIdentifier?: Maybe<string>
  ObjectPublicIdentifier?: Maybe<string>
  ObjectSequenceNumber?: Maybe<string | number>
}

type Delivery = {
  SessionName?: Maybe<string>
  SessionAbstract?: Maybe<string>
  SessionPublicID?: Maybe<string>
  SessionGroupLongName?: Maybe<string>
  SessionStartTime?: Maybe<number>
  Duration?: Maybe<number>
  OwnerDisplayName?: Maybe<string>
  Contributors?: Maybe<{ DisplayName?: Maybe<string> }[]>
  Tags?: Maybe<{ Content?: Maybe<string> }[]>
  Streams?: Maybe<Stream[]>
  PodcastStreams?: Maybe<Stream[]>
  Timestamps?: Maybe<Timestamp[]>
}

type Caption = { Time: number; CaptionDuration?: Maybe<number>; Caption: string }

const text = z.string().nullish()
const seconds = z.number().min(0).max(1e7)
const streams: z.ZodType<Stream[]> = z
  .array(z.looseObject({ Tag: text, StreamUrl: text, StreamHttpUrl: text, RelativeStart: z.number().nullish() }))
  .max(1000)
const timestamp: z.ZodType<Timestamp> = z.looseObject({
  ...{ Time: seconds, Caption: text, Data: text, ObjectIdentifier: text, ObjectPublicIdentifier: text },
  ObjectSequenceNumber: z.union([z.string(), z.number()]).nullish(),
})

export const deliverySchema: z.ZodType<{ Delivery: Delivery }> = z.looseObject({
  Delivery: z.looseObject({
    ...{ SessionName: text, SessionAbstract: text, SessionPublicID: text, SessionGroupLongName: text },
    ...{ SessionStartTime: z.number().nullish(), Duration: seconds.nullish(), OwnerDisplayName: text },
    Contributors: z.array(z.looseObject({ DisplayName: text })).nullish(),
    Tags: z.array(z.looseObject({ Content: text })).nullish(),
    ...{ Streams: streams.nullish(), PodcastStreams: streams.nullish() },
    Timestamps: z.array(timestamp).max(100_000).nullish(),
  }),
})

export const captionsSchema: z.ZodType<Caption[]> = z
  .array(z.looseObject({ Time: seconds, CaptionDuration: seconds.nullish(), Caption: z.string() }))
  .max(100_000)

export type SavedCaptions = { file: FoundFile; captions: readonly Caption[] }

const inMs = (value: number): number => Math.round(value * 1e6) / 1000

export function readDelivery(folder: ArchiveFolder, told: Delivery, saved: SavedCaptions | null): Reading {
  const { Duration: duration } = told
  for (const file of folder.files) {
    const language = /[._-]([a-z]{2}(?:-[A-Z]{2})?)\.(?:vtt|srt)$/.exec(file.name)?.[1]
    if (/^(text\/vtt|application\/x-subrip)$/.test(file.kind))
      folder.know(file, { type: 'captions', startMs: 0, ...(language !== undefined && { language }) })
  }
  const slides = slidesOf(folder, told)
  const tracks = tracksOf(folder, told)
  return folder.reading({
    format: 'panopto',
    metadata: metadataOf(told),
    kept: null,
    ...(duration && { statedMs: inMs(duration) }),
    tracks,
    ...slides,
    ...(saved !== null && { more: [captionsItem(saved)] }),
  })
}

/** What everything was put together in, where it is there; else each stream by what it is of. */
function tracksOf(folder: ArchiveFolder, { Streams: streams, PodcastStreams: podcasts }: Delivery): Track[] {
  const fileOf = ({ StreamHttpUrl: http, StreamUrl: url }: Stream): FoundFile | null => {
    const found = folder.fileAt(http ?? '') ?? folder.fileAt(url ?? '')
    return found !== null && /^(audio|video)\//.test(found.kind) ? found : null
  }
  for (const podcast of podcasts ?? []) {
    const file = fileOf(podcast)
    if (file !== null) return [{ file: file.name, role: 'main', startMs: 0, endMs: null }]
  }
  const tracks = (streams ?? []).flatMap((stream): Track[] => {
    const file = fileOf(stream) ?? byTag(folder, stream.Tag ?? '')
    if (file === null) return []
    const tag = (stream.Tag ?? '').toUpperCase()
    const role = /^(OBJECT|SCREEN)/.test(tag) ? 'screen' : tag === 'AUDIO' ? 'voice' : 'camera'
    folder.know(file, { title: stream.Tag ?? 'stream' })
    const startMs = Math.max(0, inMs(stream.RelativeStart ?? 0))
    return [{ file: file.name, role, startMs, endMs: null, side: role }]
  })
  const distinct = [...new Map(tracks.map((track) => [track.file, track])).values()]
  // The microphone stands by whoever speaks, and what is heard on the screen is the same once more.
  distinct.sort((left, right) => Number(left.role === 'screen') - Number(right.role === 'screen'))
  if (distinct.length > 0) return distinct
  // Saved under a name of somebody's own.
  const [largest] = folder.media().sort((left, right) => right.size - left.size)
  if (largest === undefined) folder.note('missing-media', 'no stream of the session is beside what is told of it')
  return largest === undefined ? [] : [{ file: largest.name, role: 'main', startMs: 0, endMs: null }]
}

function byTag(folder: ArchiveFolder, tag: string): FoundFile | null {
  const form = new RegExp(`(?:^|[/ ._-])${tag.replaceAll(/[^A-Za-z0-9]/g, '')}[ ._-]?\\d*\\.[a-z0-9]+$`, 'i')
  return tag === '' ? null : (folder.media().find(({ name }) => form.test(name)) ?? null)
}

/** Slides count from 1 within their document; what is no slide was somebody's bookmark, or an entry of the contents. */
function slidesOf(folder: ArchiveFolder, { Timestamps: all }: Delivery): { decks: Deck[]; events: TimelineEvent[] } {
  const decks = new Map<string, (string | null)[]>()
  const events = (all ?? []).map((timestamp): TimelineEvent => {
    const { Time: time, Caption: caption, Data: words } = timestamp
    const t = inMs(time)
    const number = Number(timestamp.ObjectSequenceNumber ?? Number.NaN)
    const label = (caption ?? '').trim()
    if (!(number >= 1 && number <= 10_000 && Number.isInteger(number))) {
      return { t, kind: 'mark', data: { label: label || (words ?? '').trim() || 'Mark' } }
    }
    const deck = timestamp.ObjectPublicIdentifier ?? timestamp.ObjectIdentifier ?? 'slides'
    const pages = decks.get(deck) ?? []
    decks.set(deck, pages)
    while (pages.length < number) pages.push(null)
    pages[number - 1] ??= pictureOf(folder, deck, number)
    const said = (words ?? '').trim()
    const more = { ...(label !== '' && { title: label }), ...(said !== '' && { text: said }) }
    return { t, kind: 'slide', data: { deck, index: number - 1, value: number, ...more } }
  })
  const found = [...decks].map(([name, pages]) => ({ name, title: 'Slides', pages }))
  return { decks: found.filter(({ pages }) => pages.some((page) => page !== null)), events }
}

/** As the viewer fetches it: `…/OBJECT_et/images/slide7.jpg`. */
function pictureOf(folder: ArchiveFolder, deck: string, number: number): string | null {
  const form = new RegExp(`(?:^|/)slide[ _-]?0*${number}\\.(?:jpe?g|png)$`, 'i')
  const found = folder.files.filter(({ name, kind }) => kind.startsWith('image/') && form.test(name))
  return (found.find(({ name }) => name.includes(deck)) ?? found[0])?.name ?? null
}

function captionsItem({ file, captions: all }: SavedCaptions): MoreItem {
  const cues = all.flatMap(({ Time: time, CaptionDuration: length, Caption: words }, index) => {
    const startMs = inMs(time)
    const next = all[index + 1]
    const endMs = length ? inMs(time + length) : next === undefined ? startMs + 5000 : inMs(next.Time)
    const said = words.trim().replaceAll(/\n\s*\n/g, '\n')
    return said === '' || endMs < startMs ? [] : [{ startMs, endMs, spans: [{ text: said }] }]
  })
  return {
    ...{ name: 'captions.vtt', type: 'captions', contentType: 'text/vtt', title: 'Captions', startMs: 0 },
    ...{ from: [file.name], text: writeVtt(cues) },
  }
}

function metadataOf(told: Delivery): Record<string, unknown> {
  const { SessionName: title, SessionAbstract: description, SessionGroupLongName: folder, SessionPublicID: id } = told
  const names = (told.Contributors ?? []).flatMap(({ DisplayName: name }) => (name ? [name] : []))
  const authors = names.length > 0 ? names : told.OwnerDisplayName ? [told.OwnerDisplayName] : []
  const tags = (told.Tags ?? []).flatMap(({ Content: tag }) => (tag ? [tag] : []))
  return {
    ...(title && { title }),
    ...(description && { description }),
    ...(authors.length > 0 && { authors: authors.map((name) => ({ name })) }),
    source: {
      ...{ system: 'Panopto', ...(id && { id }), ...(folder && { folder }), ...(tags.length > 0 && { tags }) },
      // From where its seconds count is not written down: no date is made of it.
      ...(told.SessionStartTime && { startTime: told.SessionStartTime }),
    },
  }
}
