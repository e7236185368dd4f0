import type { Note } from '@rushes/pipeline'
import type { TimelineEvent } from '@rushes/umf'
import type { FoundFile } from '../input/found-file.ts'
import type { Span } from '../timeline/kept-time.ts'

/** Sound or video of the event. */
export type Track = {
  /** Name of its file. */
  file: string
  /** `screen` goes before `camera`, `main` is both picture and sound of everything. */
  role: 'main' | 'camera' | 'screen' | 'voice'
  /** On the event's clock: where its first moment is. */
  startMs: number
  /** Where it was stopped; null: it lasts as long as it lasts. */
  endMs: number | null
  /** It is as long as from start to end, and where its clock says a little less, that clock ran wrong. */
  isStretched?: boolean | undefined
  /** Of several sides on which the same room was recorded: one of them is heard. */
  side?: string | undefined
}

/** Slides that are shown one at a time, by `slide` events that name the deck. */
export type Deck = {
  /** As events name it. */
  name: string
  title?: string | undefined
  /** File of the whole of it, of which pages are made where `pages` has none. */
  document?: string | undefined
  /** Files of pictures, by index from 0; null where there is none. */
  pages: readonly (string | null)[]
  /** The same, but small: shown where there is nothing better. */
  thumbnails?: readonly (string | null)[] | undefined
}

/** More of a file than what it is by its content. */
export type FileFacts = {
  type?: string | undefined
  title?: string | undefined
  language?: string | undefined
  startMs?: number | undefined
  endMs?: number | undefined
  metadata?: Record<string, unknown> | undefined
  /** Who may read it, where that is not everybody. */
  level?: number | undefined
  /** It tells of what was not recorded as well. */
  tellsAll?: boolean | undefined
  /** Of what was put in step from `startMs` to `endMs`: ms of it in one of the event. */
  speed?: number | undefined
}

/** What is in no file of the archive: made of what is there, or kept elsewhere. */
export type MoreItem = FileFacts & {
  name: string
  type: string
  contentType: string
  /** Names of files that it was made of. */
  from?: string[] | undefined
} & ({ text: string } | { pointer: string })

/** What a reader finds. Times are ms on the event's own clock; what is 0 on it is the reader's to say. */
export type Reading = {
  /** As the interface lists them: `bigbluebutton`, … */
  format: string
  metadata: Record<string, unknown>
  /** What of the event's clock is kept, in order; what is between is cut out. Null: from 0 to where all ends. */
  kept: readonly Span[] | null
  /** Where nothing else is said of what is kept: how long the archive says that it lasts. Its media know better. */
  statedMs?: number | undefined
  /** And what is left out of it. */
  cut?: readonly Span[] | undefined
  tracks: readonly Track[]
  decks: readonly Deck[]
  /** Names of files that are recordings of the event as well, of which nothing says when they began. */
  unplaced?: readonly string[] | undefined
  /** By names of files. */
  files: ReadonlyMap<string, FileFacts>
  more?: readonly MoreItem[] | undefined
  events: readonly TimelineEvent[]
  /** It was an archive already: what is made for readers' ease is among its files. */
  isCollated?: boolean | undefined
  notes: readonly Note[]
}

/** Where in the input an event of a family lies. */
export type Claim = {
  /** Folder, with a slash behind it where it isn't the root. */
  root: string
}

/** Reads archives of one kind. */
export interface Family {
  readonly format: string
  /** It takes what any other family could take: it is asked where none does. */
  readonly isFallback?: true
  /** What lies below its root is its own, whatever it looks like. */
  readonly isWhole?: true
  /** Looks into files as far as it needs to be sure. */
  claims(files: readonly FoundFile[]): Promise<Claim[]>
  /** @throws ConvertError */
  read(files: readonly FoundFile[], claim: Claim): Promise<Reading>
}

export function filesBelow(files: readonly FoundFile[], root: string): FoundFile[] {
  return root === '' ? [...files] : files.filter(({ name }) => name.startsWith(root))
}
