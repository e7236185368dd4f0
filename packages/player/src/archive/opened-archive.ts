// What of an archive is there to be shown, and on whose clock.
import {
  type Archive,
  blobSource,
  EVENTS_TYPE,
  httpSource,
  type Item,
  openArchive,
  parseEvents,
  type Source,
  type TimelineEvent,
  UmfError,
} from '@rushes/umf'
import type { PlayerMark } from '../seek-marks.ts'
import { conversationOf, type Message, marksOf, textOf } from './conversation.ts'
import { ItemError, itemContent, mediaType } from './item-content.ts'
import { type SlideSchedule, slideSchedule } from './slide-schedule.ts'
import { webSha256 } from './web-sha256.ts'

/** What the time is that of: a medium that begins at `startMs` of the timeline, or a clock. */
export type Timekeeper =
  | { by: 'medium'; url: string; type: string; hasPicture: boolean; startMs: number }
  | { by: 'clock'; durationMs: number }

export type OpenedArchive = {
  archive: Archive
  title: string
  authors: string
  timekeeper: Timekeeper
  slides: SlideSchedule
  messages: readonly Message[]
  marks: readonly PlayerMark[]
  transcripts: readonly Item[]
  captions: readonly Item[]
  /** What is missing, in words. */
  notices: readonly string[]
  close(): void
}

/** Of a medium of which nothing is known yet; browsers look into it themselves. */
export const earlyType = 'video/mp4' as const

const mostEventBytes = 16 * 1024 * 1024
const mostEventItems = 100
const mostEvents = 200_000
/** Sound that stands in for a presentation is held whole, since its digest is that of the whole. */
const mostSoundBytes = 128 * 1024 * 1024
/** What happened last is seen for so long, on a clock. */
const lastMs = 5000

/** An index of so many bytes, thousands of items, is read for a while. */
const longIndexBytes = 1024 * 1024

type ArchiveOpening = {
  /**
   * The index is long, and most often the file plays as it is: at this URL, until more of it is known. Not told of a short one, which
   * says at once whether there is anything to play: an archive without a presentation is not asked for one.
   */
  onMedium(url: string): void
}

/**
 * @param from a URL, or a file
 * @throws UmfError, HttpSourceError
 */
export async function openedArchive(from: string | Blob, { onMedium }: ArchiveOpening): Promise<OpenedArchive> {
  const ended = new AbortController()
  const urls: string[] = []
  const close = () => {
    ended.abort()
    for (const url of urls.splice(0)) URL.revokeObjectURL(url)
  }
  const held = (blob: Blob) => {
    const url = URL.createObjectURL(blob)
    urls.push(url)
    return url
  }
  try {
    const source = typeof from === 'string' ? await httpSource(from, { signal: ended.signal }) : blobSource(from)
    // A blob of this page's origin must not become a document, whatever the archive says that it is.
    const fileUrl = typeof from === 'string' ? from : held(new Blob([from], { type: earlyType }))
    const archive = await openArchive(
      tellingOfReads(source, longIndexBytes, () => onMedium(fileUrl)),
      { sha256: webSha256 },
    )
    // O3: without any whole index it reads as empty, which it hardly is.
    if (archive.generation === 0) throw new UmfError('malformed', 'no index of it is whole')
    const notices = archive.state.description.requires?.some(({ for: purpose }) => purpose !== 'track')
      ? ['This archive asks for modules that this player does not run: some of it may be missing.']
      : []
    const items = archive.items()
    const events = await eventsOf(archive, items, notices)
    const medium = presentation(archive, fileUrl) ?? (await soundItem(archive, items, held, notices))
    return {
      archive,
      title: textOf(archive.metadata, 'title').slice(0, 500),
      authors: authorsOf(archive.metadata),
      timekeeper: medium ?? { by: 'clock', durationMs: lengthOf(items, events) },
      slides: slideSchedule(items, events),
      messages: conversationOf(events),
      marks: marksOf(events),
      transcripts: items.filter(({ type }) => type === 'transcript'),
      captions: items.filter(({ type }) => type === 'captions'),
      notices,
      close,
    }
  } catch (fault) {
    close()
    throw fault
  }
}

async function eventsOf(archive: Archive, items: readonly Item[], notices: string[]): Promise<TimelineEvent[]> {
  const types = ['events', 'chat', 'questions']
  const lists = items.filter((item) => types.includes(item.type) && mediaType(item) === EVENTS_TYPE)
  const all: TimelineEvent[] = []
  for (const item of lists.slice(0, mostEventItems)) {
    try {
      for (const event of parseEvents(await itemContent(archive, item, mostEventBytes))) {
        if (all.length < mostEvents) all.push(event)
      }
    } catch (fault) {
      if (fault instanceof ItemError) notices.push(`“${item.title ?? item.name}” ${fault.message}.`)
      else if (isMalformed(fault)) notices.push(`“${item.title ?? item.name}” is no list of events.`)
      else throw fault
    }
  }
  return all.sort((left, right) => left.t - right.t)
}

function tellingOfReads(source: Source, fromBytes: number, onRead: () => void): Source {
  return {
    size: source.size,
    read(offset, length, into) {
      if (length >= fromBytes) onRead()
      return source.read(offset, length, into)
    },
  }
}

function isMalformed(fault: unknown): boolean {
  return (fault as { code?: unknown }).code === 'malformed'
}

/** An archive is an MP4: where it has a main presentation, the file as it is plays. */
function presentation({ presentation: main }: Archive, url: string): Timekeeper | null {
  if (main === null) return null
  const { type, contentType, startMs = 0 } = main
  return { by: 'medium', url, type: contentType, hasPicture: type === 'video', startMs }
}

/** The first sound or video among the items, where there is no main presentation. */
async function soundItem(
  archive: Archive,
  items: readonly Item[],
  held: (blob: Blob) => string,
  notices: string[],
): Promise<Timekeeper | null> {
  const item = items.find(({ type }) => type === 'audio') ?? items.find(({ type }) => type === 'video')
  if (item === undefined) return null
  const type = mediaType(item)
  try {
    if (!/^(audio|video)\//.test(type)) throw new ItemError('format')
    const url = held(new Blob([await itemContent(archive, item, mostSoundBytes)], { type }))
    return { by: 'medium', url, type: item.contentType, hasPicture: item.type === 'video', startMs: item.startMs ?? 0 }
  } catch (fault) {
    if (!(fault instanceof ItemError)) throw fault
    notices.push(`“${item.title ?? item.name}” ${fault.message}.`)
    return null
  }
}

function lengthOf(items: readonly Item[], events: readonly TimelineEvent[]): number {
  let end = (events.at(-1)?.t ?? 0) + lastMs
  for (const { startMs, endMs } of items) {
    if (startMs !== undefined) end = Math.max(end, endMs ?? startMs + lastMs)
  }
  return end
}

function authorsOf({ authors }: Readonly<Record<string, unknown>>): string {
  if (!Array.isArray(authors)) return ''
  const names = authors.map((author) => textOf(author, 'name').slice(0, 200)).filter((name) => name !== '')
  return names.slice(0, 10).join(', ')
}
