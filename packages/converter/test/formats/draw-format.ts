/**
 * Made-up recording formats, with the truth of what they hold, to judge what finds events in bytes of no known format.
 *
 * A blob is drawn in five steps, all from one seed:
 * 1. a *product* (`products.ts`): how some engineers keep a meeting: log lines, CSV, INI, YAML, cards, XML, JSON, script
 *    calls, wire messages; magics, fixed records, length-prefixed messages, chunks, frames, database pages, linked
 *    records, index tables, serialised objects of five kinds, video tags, keywords between media. Seeds take the
 *    products in turn; within each, byte order, widths, names, order and distance of fields, framing are drawn;
 * 2. a *meeting* (`meeting.ts`): 5 minutes to 4 hours, 12 to 200 slide flips or changes of speaker or both, with
 *    log-normal gaps, steps back and jumps, numbers from 0, 1 or (speakers) an id, spread over most of the audio;
 * 3. a *time code* (`time-draws.ts`): unit, form and origin. An absolute clock has its start in the head, written like
 *    every other time, or nowhere: then the audio begins with the first event;
 * 4. *decoys* (`decoy-tracks.ts`): beats, counters, meters, chat, random and constant numbers, times in no order, lists;
 *    within records check sums, running numbers, places in the file, constants, GUIDs (`record-shape.ts`,
 *    `text-pairs.ts`);
 * 5. *media* (`media-noise.ts`) before, between and behind.
 *
 * `plain` has only slides or speakers and times in ms from zero; `mixed` all decoys; `units` some, and every time code;
 * `empty` the same products with decoys alone, or something that is no log of a meeting at all (`empty-blobs.ts`).
 *
 * Fair means: of all that a blob holds, only the truth has times that grow irregularly over the audio with values
 * that step by small amounts. So decoys at irregular times have random or constant numbers; running numbers and places
 * stand in records only where they make no other such series; kinds of records have numbers far from one another; and
 * random media is small where few constant bytes mark a record.
 */
import { drawDecoys } from './decoy-tracks.ts'
import { EMPTY_BLOBS } from './empty-blobs.ts'
import { MEDIA_STYLES, openMedia } from './media-noise.ts'
import { drawMeeting, fromFirst, type Meeting, slideTrack, speakerTrack } from './meeting.ts'
import { mostOf, type ValueForm } from './number-form.ts'
import { PRODUCTS } from './products.ts'
import { describeRoom, type MediaPlan, type Product, type Room } from './room.ts'
import { Draw } from './seeded-draw.ts'
import { type Place, Tape } from './tape.ts'
import type { TimeCode } from './time-code.ts'
import type { FormatKind } from './time-draws.ts'
import { type Entry, isTrue, TICKS_PER_MS, type Track } from './tracks.ts'
import { drawSpelling } from './vocabulary.ts'

export interface MadeFormat {
  readonly bytes: Uint8Array
  readonly audioMs: number
  /** Pages of the deck, where the archive would have it; no true value is larger. */
  readonly pages?: number
  /**
   * Sorted by time. `t` is what the stored time says, in ms from the start of the audio, rounded to a thousandth;
   * `value` is the number as it is stored. Slides and speakers, where both are there, in one list.
   */
  readonly truth: readonly { t: number; value: number }[]
  /** What the layout was, in one line. */
  readonly about: string
}

/** A made format with its plan, so that a test can read it back. */
export interface MadeLayout extends MadeFormat {
  readonly product: string
  readonly plan?: {
    readonly time: TimeCode
    readonly value: ValueForm
    readonly tracks: readonly Track[]
    readonly places: ReadonlyMap<Entry, Place>
  }
}

/** How many seeds in a row show every product of a kind. */
export function productCount(kind: FormatKind): number {
  return PRODUCTS.length + (kind === 'empty' ? EMPTY_BLOBS.length : 0)
}

/** The same kind and seed (any whole number) always give the same blob, of 2 kB to 2 MB. */
export function drawFormat(kind: FormatKind, seed: number): MadeFormat {
  const { bytes, audioMs, pages, truth, about } = drawLayout(kind, seed)
  return { bytes, audioMs, ...(pages === undefined ? {} : { pages }), truth, about }
}

export function drawLayout(kind: FormatKind, seed: number): MadeLayout {
  const draw = new Draw(`${kind} ${seed}`)
  const count = productCount(kind)
  const turn = ((seed % count) + count) % count
  const product = PRODUCTS[turn]
  return product === undefined ? drawEmptyBlob(draw, turn - PRODUCTS.length) : drawProduct(draw, kind, product)
}

function drawEmptyBlob(draw: Draw, index: number): MadeLayout {
  const blob = EMPTY_BLOBS[index]!
  const meeting = drawMeeting(draw, 200)
  const audioMs = Math.ceil(meeting.audioTicks / TICKS_PER_MS)
  const tape = new Tape()
  blob.write(draw, tape, audioMs)
  const pages = draw.chance(0.3) ? { pages: meeting.pages } : {}
  return { bytes: tape.bytes(), audioMs, ...pages, truth: [], about: blob.name, product: blob.name }
}

function drawProduct(draw: Draw, kind: FormatKind, product: Product): MadeLayout {
  const time = product.time(draw, kind)
  const value = product.value(draw, kind)
  const most = mostOf(value)
  let meeting = drawMeeting(draw, Math.min(most, 231) - 1)
  let tracks = [...drawTruth(draw, kind, product, meeting, time, most), ...drawDecoys(draw, kind, meeting, most)]
  if (time.origin === 'first' && kind !== 'empty') {
    const start = tracks[0]!.entries[0]!.tick
    tracks = fromFirst(tracks, start)
    meeting = { ...meeting, audioTicks: meeting.audioTicks - start }
  }
  const audioMs = Math.ceil(meeting.audioTicks / TICKS_PER_MS)
  const media = drawMedia(draw, product)
  const tape = new Tape()
  const details: string[] = []
  const room: Room = {
    draw,
    kind,
    meeting,
    tracks,
    time,
    value,
    media,
    tape,
    spelling: drawSpelling(draw),
    mayCount: mayCount(kind, tracks),
    mayPoint: mayPoint(kind, tracks, media, audioMs),
    say: (detail) => void details.push(detail),
  }
  product.write(room)
  if (tape.length < 2048) tape.put(media.stream.next(2048 - tape.length + draw.whole(0, 4000)))
  const truth = readTruth(tracks, tape.places)
  const known = kind === 'empty' ? 0.3 : 0.6
  const fits = truth.every((event) => event.value <= meeting.pages)
  const deck = kind === 'empty' || tracks.some((track) => track.kind === 'slide')
  return {
    bytes: tape.bytes(),
    audioMs,
    ...(deck && fits && draw.chance(known) ? { pages: meeting.pages } : {}),
    truth,
    about: describeRoom(room, product.name, details),
    product: product.name,
    plan: { time, value, tracks, places: tape.places },
  }
}

function drawTruth(
  draw: Draw,
  kind: FormatKind,
  product: Product,
  meeting: Meeting,
  time: TimeCode,
  most: number,
): Track[] {
  if (kind === 'empty') return []
  const titled = product.titles && draw.chance({ plain: 0, mixed: 0.5, units: 0.2 }[kind])
  const slides = (): Track => slideTrack(draw, meeting, titled)
  const firstId = kind === 'mixed' && most > 5000 && draw.chance(0.25) ? draw.pick([100, 1001, 2048]) : meeting.base
  const speakers = (): Track => speakerTrack(draw, meeting, firstId)
  const dice = draw.fraction()
  // Where the clock starts with the first event, one track says when that is.
  if (dice < 0.3 && time.origin !== 'first') return [slides(), speakers()]
  return dice < 0.75 ? [slides()] : [speakers()]
}

function readTruth(tracks: readonly Track[], places: ReadonlyMap<Entry, Place>): { t: number; value: number }[] {
  const entries = tracks.filter(isTrue).flatMap((track) => track.entries)
  return entries.map((entry) => ({ t: places.get(entry)!.ms!, value: entry.value })).sort((a, b) => a.t - b.t)
}

/** Running numbers beside irregular times would be slide numbers to anyone, unless the real ones also step back. */
function mayCount(kind: FormatKind, tracks: readonly Track[]): boolean {
  const apart = (track: Track): boolean =>
    isTrue(track)
      ? track.entries.some((entry, i) => i > 0 && entry.value < track.entries[i - 1]!.value)
      : track.kind === 'beat' || track.kind === 'meter'
  return kind !== 'plain' && tracks.every(apart) && (kind !== 'empty' || tracks.length === 1)
}

/** Places in the file grow as times do: only in files that are so much shorter than the audio that they fit it badly. */
function mayPoint(kind: FormatKind, tracks: readonly Track[], media: MediaPlan, audioMs: number): boolean {
  const total = media.before + media.behind + media.between.reduce((sum, size) => sum + size, 0)
  return kind === 'mixed' && tracks.every((track) => isTrue(track) || track.kind === 'beat') && total < audioMs / 5
}

function drawMedia(draw: Draw, product: Product): MediaPlan {
  const stream = openMedia(draw, draw.pick(MEDIA_STYLES))
  const usual = draw.chance(0.1) ? 1_800_000 : 250_000
  const size = draw.logUniform(1500, Math.min(product.mostMedia, usual))
  const has = (probability: number): boolean => draw.chance(probability)
  const wanted = product.text
    ? { before: has(0.25), between: false, behind: has(0.25) }
    : { before: has(0.5), between: has(0.5), behind: has(0.5) }
  const shares = Object.values(wanted).filter(Boolean).length
  const share = Math.floor(size / Math.max(1, shares))
  const pieces = draw.whole(1, 40)
  return {
    stream,
    before: wanted.before ? share : 0,
    behind: wanted.behind ? share : 0,
    between: wanted.between ? Array.from({ length: pieces }, () => Math.ceil(share / pieces)) : [],
  }
}
