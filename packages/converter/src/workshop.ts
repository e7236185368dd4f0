import type { Note } from '@rushes/pipeline'
import type { LearnedLayout } from './discovery/learned-layout.ts'
import type { Room } from './room.ts'

/** What tasks of one conversion share. */
export type Workshop = {
  /** For all that is made on the way; there it is found again by a run that goes on. */
  folder: string
  /** Of the archive (a UUIDv7), once. */
  drawId(): Promise<string>
  /** ms since 1970. */
  now(): number
  /** What tasks have said so far. */
  notes(): readonly Note[]
  /** Formats that were met before. */
  layouts(): Promise<readonly LearnedLayout[]>
  /** How much more may come out of archives, in all. */
  room(): Room
}
