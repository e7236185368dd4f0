// Events in archives of unknown formats. Nothing is known of the format, so every field near everything that repeats is a
// guess; a guess is believed when it explains far more bits than chance would.

import {
  confidenceOf,
  type DiscoveredEvent,
  type EventKind,
  eventsOf,
  kindOf,
  timedReadings,
} from './discovered-events.ts'
import type { Source } from './field.ts'
import { type LearnedLayout, layoutOf, readByLayout } from './learned-layout.ts'
import { type ByteRange, leftoverOf } from './leftover.ts'
import { lineShapes } from './line-shape.ts'
import { numberTokens } from './number-token.ts'
import { repeatingPatterns, withoutCutNumbers } from './pattern.ts'
import { readingsOf } from './reading.ts'
import { type Chosen, chosenReadings, type Verdict } from './selection.ts'
import { tableRows } from './table-rows.ts'
import { isOfDocuments, textReadings } from './text-reading.ts'
import { textRecords } from './text-records.ts'
import { narrowed } from './wide-text.ts'
import { wordPatterns } from './word-pattern.ts'

export type DiscoveryInput = {
  bytes: Uint8Array
  /** Only these are looked at; all, if left out. */
  ranges?: readonly ByteRange[]
  /** Length of the recorded audio. Without it, times are only held against what is usual. */
  durationMs?: number
  /** How many pages the decks have that were found. */
  pages?: readonly number[]
  /** How many bytes from a marker its fields may stand; 32 if left out. */
  distance?: number
  /** Layouts that are tried before anything is looked for. */
  layouts?: readonly LearnedLayout[]
}

/** One row of the matrix. */
export type DiscoveredPattern = {
  id: string
  kind: EventKind | 'heartbeat' | 'frames' | 'unclear'
  /** The marker in hex; empty where records are known by the shape of their lines. */
  marker: string
  count: number
  /** Where the markers begin, in bytes of the input. */
  places: number[]
  values: number[]
  /** From 0 to 1; 0 where no events come of it. */
  confidence: number
}

export type DiscoveryNote = { severity: 'info' | 'warning'; code: string; message: string }

export type Discovery = {
  patterns: DiscoveredPattern[]
  events: DiscoveredEvent[]
  notes: DiscoveryNote[]
  /** How to read the next archive of this kind; null if nothing was found, or if it was read by a layout already. */
  learned: LearnedLayout | null
  /** The layout by which it was read. */
  layout: LearnedLayout | null
}

const mostRows = 200
const mostPlacesShown = 1_000

/** Finds what happened in an archive of an unknown format. Pure; reads what it is given and keeps nothing. */
export function discover(input: DiscoveryInput): Discovery {
  const leftover = leftoverOf(input.bytes, input.ranges)
  const narrow = narrowed(leftover.bytes)
  const bytes = narrow?.bytes ?? leftover.bytes
  const offsetOf = (place: number) => leftover.offsetOf(narrow === null ? place : narrow.placeOf(place))
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const source: Source = { bytes, text, tokens: numberTokens(text), records: textRecords(text) }
  const durationMs = input.durationMs ?? null
  const { chosen, layout } = read(source, input, durationMs)
  const sure = chosen.filter(({ verdict }) => verdict === 'events')
  const kinds = new Map(sure.map((each) => [each, kindOf(source, each, input.pages ?? [])]))
  const ids = new Map(chosen.map((each, index) => [each, `p${index + 1}`]))
  const events = timedReadings(source, chosen, durationMs)
    .flatMap((timed) => eventsOf({ ...timed, pattern: ids.get(timed.chosen)! }, kinds.get(timed.chosen)!))
    .sort((a, b) => a.t - b.t)
  const row = (each: Chosen) => rowOf(source, each, ids.get(each)!, kinds.get(each), offsetOf)
  const learned =
    layout === null
      ? layoutOf(
          source,
          sure.map((each) => ({ chosen: each, kind: kinds.get(each)! })),
        )
      : null
  return { patterns: chosen.slice(0, mostRows).map(row), events, notes: notesOf(events, durationMs), learned, layout }
}

function read(source: Source, input: DiscoveryInput, durationMs: number | null) {
  for (const layout of input.layouts ?? []) {
    const chosen = readByLayout(source, layout, durationMs)
    if (chosen !== null) return { chosen, layout }
  }
  const limits = { durationMs, distance: input.distance ?? 32 }
  const texts = textReadings(source, limits)
  const repeating = repeatingPatterns(source.bytes)
  const whole = withoutCutNumbers(source.bytes, repeating)
  const words = wordPatterns(source.text)
  const patterns = [...words, ...whole, ...repeating, ...lineShapes(source.text), ...tableRows(source.bytes)].filter(
    (pattern) => !isOfDocuments(source, pattern, texts.groups),
  )
  const chosen = chosenReadings(source, [...texts.readings, ...readingsOf(source, patterns, limits)])
  const events = (each: Chosen) => (each.verdict === 'events' ? 1 : 0)
  return { chosen: chosen.sort((a, b) => events(b) - events(a) || b.bits - a.bits), layout: null }
}

const kindOfVerdict: Record<Exclude<Verdict, 'events'>, DiscoveredPattern['kind']> = {
  even: 'heartbeat',
  dense: 'frames',
  'no-value': 'unclear',
  chance: 'unclear',
}

function rowOf(
  source: Source,
  chosen: Chosen,
  id: string,
  kind: EventKind | undefined,
  offsetOf: (place: number) => number,
): DiscoveredPattern {
  const { reading, part, used, verdict } = chosen
  const { places, length } = reading.pattern
  const shown = used.slice(0, mostPlacesShown)
  const first = places[used[0]!]!
  const values =
    part.value === null ? [] : shown.map((at) => part.value!.column.values[at]! + Number(part.value!.column.base))
  return {
    id,
    kind: verdict === 'events' ? (kind ?? 'event') : kindOfVerdict[verdict],
    marker: Buffer.from(source.bytes.subarray(first, first + length)).toString('hex'),
    count: used.length,
    places: shown.map((at) => offsetOf(places[at]!)),
    values: values.filter((value) => !Number.isNaN(value)),
    confidence: verdict === 'events' ? confidenceOf(chosen) : 0,
  }
}

function notesOf(events: readonly DiscoveredEvent[], durationMs: number | null): DiscoveryNote[] {
  const notes: DiscoveryNote[] = []
  const guessed = events.filter(({ interpolated }) => interpolated).length
  if (guessed > 0) {
    const message = `${guessed} of ${events.length} events have no time of their own: theirs lie between those of their neighbours`
    notes.push({ severity: 'warning', code: 'times-interpolated', message })
  }
  if (durationMs === null && events.length > 0) {
    const message = 'the length of the recording is not known, so that the unit of the times is a guess'
    notes.push({ severity: 'warning', code: 'unit-guessed', message })
  }
  return notes
}
