import type { Media } from './media-noise.ts'
import type { Meeting } from './meeting.ts'
import type { ValueForm } from './number-form.ts'
import type { Draw } from './seeded-draw.ts'
import type { Tape } from './tape.ts'
import { describeTime, sayStart, type TimeCode } from './time-code.ts'
import type { FormatKind } from './time-draws.ts'
import { type Entry, inOrder, type Track } from './tracks.ts'
import type { Spelling } from './vocabulary.ts'

/** Everything that a product's writer has to work with. */
export interface Room {
  readonly draw: Draw
  readonly kind: FormatKind
  readonly meeting: Meeting
  readonly tracks: readonly Track[]
  readonly time: TimeCode
  readonly value: ValueForm
  readonly spelling: Spelling
  readonly media: MediaPlan
  /** The blob itself. */
  readonly tape: Tape
  /** A running number may stand in every record: none of the tracks would become a false series by it. */
  readonly mayCount: boolean
  /** The same for places in the file. */
  readonly mayPoint: boolean
  /** For the line that says what the layout was. */
  say(detail: string): void
}

export interface MediaPlan {
  readonly stream: Media
  readonly before: number
  readonly behind: number
  /** Pieces that come between records. */
  readonly between: readonly number[]
}

/** A way of keeping a meeting; what the engineers of one product would have come up with. */
export interface Product {
  readonly name: string
  time(draw: Draw, kind: FormatKind): TimeCode
  value(draw: Draw, kind: FormatKind): ValueForm
  /**
   * The most bytes of media beside its records. Where only few constant bytes tell a record, random bytes would
   * imitate it too often for anyone to tell.
   */
  readonly mostMedia: number
  /** A file of text alone: media goes at most before it or behind it. */
  readonly text: boolean
  /** Slides have titles, for records of different lengths. */
  readonly titles: boolean
  write(room: Room): void
}

export const TIME: unique symbol = Symbol('time')
export const VALUE: unique symbol = Symbol('value')
/** A piece of a record: bytes as they are, or the entry's time or value in the blob's form. */
export type Part = string | Uint8Array | typeof TIME | typeof VALUE

export function lay(room: Room, tape: Tape, entry: Entry, parts: readonly Part[]): Tape {
  for (const part of parts) {
    if (part === TIME) tape.time(room.time, entry)
    else if (part === VALUE) tape.value(room.value, entry)
    else tape.put(part)
  }
  return tape
}

/** The entries in the meeting's order, media between them as the plan has it. */
export function play(room: Room, record: (entry: Entry) => void, media?: (bytes: Uint8Array) => void): void {
  const entries = inOrder(room.tracks)
  const put = media ?? ((bytes) => void room.tape.put(bytes))
  const { stream, between } = room.media
  let piece = 0
  for (const [index, entry] of entries.entries()) {
    while (piece < between.length && piece / between.length <= index / entries.length)
      put(stream.next(between[piece++]!))
    record(entry)
  }
}

export function mediaBefore(room: Room, put: (bytes: Uint8Array) => void = (bytes) => void room.tape.put(bytes)): void {
  if (room.media.before > 0) put(room.media.stream.next(room.media.before))
}

export function mediaBehind(room: Room, put: (bytes: Uint8Array) => void = (bytes) => void room.tape.put(bytes)): void {
  if (room.media.behind > 0) put(room.media.stream.next(room.media.behind))
}

/** The start of the format's clock, where the head has it: nothing elsewhere. */
export function startOf(room: Room): string | Uint8Array | null {
  return room.time.origin === 'head' ? sayStart(room.time) : null
}

export function describeRoom(room: Room, name: string, details: readonly string[]): string {
  const tracks = room.tracks.map((track) => `${track.entries.length} ${track.kind}`).join(', ')
  const { before, between, behind, stream } = room.media
  const where = [before > 0 && 'before', between.length > 0 && 'between', behind > 0 && 'behind'].filter(Boolean)
  const media = where.length === 0 ? 'no media' : `${stream.style} ${where.join(', ')}`
  return [name, ...details, describeTime(room.time), tracks, media].join('; ')
}
