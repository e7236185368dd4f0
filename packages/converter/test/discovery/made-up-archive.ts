import { type BinaryField, binaryForm, joined, type RecordWriter, timeField, writeField } from './binary-form.ts'
import { type Clock, clockOf, type Origin, stamp, stampedMs, stampText, type Unit } from './clock.ts'
import { filler, noise } from './filler.ts'
import type { Random } from './random.ts'
import { randomOf } from './random.ts'
import { textDocument, textTimeForm } from './text-form.ts'
import {
  fallingTrack,
  heartbeatTrack,
  meterTrack,
  slideTrack,
  speakerTrack,
  type Track,
  unsteppedTrack,
} from './timeline.ts'

export const archiveClasses = ['plain', 'mixed', 'units', 'empty'] as const
export type ArchiveClass = (typeof archiveClasses)[number]

/** An archive of a format that was made up, and what discovery has to find in it. */
export type MadeUpArchive = {
  seed: number
  bytes: Uint8Array
  durationMs: number
  pages: number | null
  events: readonly { t: number; value: number }[]
  description: string
}

/** The same archive for the same class and seed. */
export function madeUpArchive(kind: ArchiveClass, seed: number): MadeUpArchive {
  const random = randomOf(seed * 4 + archiveClasses.indexOf(kind))
  const lengthMs = Math.round(random.pick([600_000, 1_800_000, 3_600_000, 5_400_000]) * random.uniform(0.7, 1.3))
  const { tracks, pages } = tracksOf(random, kind, lengthMs)
  const last = Math.max(lengthMs / 4, ...tracks.flatMap((track) => track.points.map((point) => point.t)))
  const durationMs = Math.round(last + random.exponential(lengthMs * 0.06) + 500)
  const clock = chosenClock(random, kind, durationMs)
  const textual = random.chance(0.45)
  const form = textTimeForm(random, clock)
  if (textual && (form === 'hms' || form === 'h:ms')) keepWithinADay(clock)

  const entries = tracks.flatMap((track) => track.points.map((point) => ({ track, point })))
  // Records lie in the order of their times, but those whose times are wrong in the order of their making.
  const placed = entries.map((entry) => ({
    ...entry,
    key:
      entry.track.real || entry.track.points.length < 2
        ? entry.point.t
        : (entry.track.points.indexOf(entry.point) / entry.track.points.length) * last,
  }))
  for (const each of placed) if (!each.track.real && growing(each.track)) each.key = each.point.t
  placed.sort((a, b) => a.key - b.key)

  const variable = kind !== 'plain' && random.chance(0.5)
  const time = timeField(random, clock, durationMs)
  const headTime = random.chance(0.85) ? time : timeField(random, clock, durationMs)
  const parts: Uint8Array[] = [headOf(random, clock, textual, form, headTime)]
  const description: string[] = [
    `${textual ? 'text' : 'binary'} ${clock.unit}/${clock.origin} ${form}`,
    tracks.map((track) => `${track.name}×${track.points.length}`).join(' '),
  ]
  if (random.chance(0.6)) parts.push(filler(random))
  if (textual && random.chance(0.8)) {
    const document = textDocument(random, tracks, clock, form, variable)
    const encoder = new TextEncoder()
    const records = placed.map(({ track, point }, index) => document.write(track, point, index))
    const between = encoder.encode(document.between)
    if (random.chance(0.7)) parts.push(Uint8Array.of(0))
    parts.push(encoder.encode(document.head))
    for (const record of records.slice(0, -1)) parts.push(record, between)
    parts.push(...records.slice(-1))
    parts.push(encoder.encode(document.tail))
    description.push(new TextDecoder().decode(records[0] ?? new Uint8Array()))
  } else {
    const write: RecordWriter = textual
      ? scatteredText(random, tracks, clock, form, variable)
      : binaryForm(random, tracks, clock, time, variable)
    const placing = random.pick(['together', 'together', 'scattered', 'among media'])
    description.push(placing)
    placed.forEach(({ track, point }, index) => {
      const record = write(track, point, index)
      if (index < 2)
        description.push(
          Buffer.from(record)
            .toString('latin1')
            .replaceAll(/[^\x20-\x7e]/g, '.'),
          Buffer.from(record).toString('hex'),
        )
      parts.push(record)
      if (placing === 'scattered') parts.push(noise(random, random.between(0, 200)))
      if (placing === 'among media' && random.chance(0.4)) parts.push(noise(random, random.between(300, 2_000)))
      if (kind === 'mixed' && !textual && random.chance(0.05)) {
        // The marker alone: what follows it is chance.
        parts.push(record.subarray(0, random.between(2, 6)), noise(random, random.between(30, 90)))
      }
    })
  }
  if (random.chance(0.5)) parts.push(filler(random))
  return {
    seed,
    bytes: joined(parts),
    durationMs,
    pages: random.chance(0.5) ? pages : null,
    events: truthOf(tracks, clock),
    description: description.join(' | '),
  }
}

function growing(track: Track): boolean {
  return track.points.every((point, index) => index === 0 || point.t >= track.points[index - 1]!.t)
}

function truthOf(tracks: readonly Track[], clock: Clock): { t: number; value: number }[] {
  const points = tracks.filter((track) => track.real).flatMap((track) => track.points)
  const stamped = points.map((point) => ({ t: stampedMs(clock, point.t), value: point.value! }))
  const first = clock.origin === 'first' ? Math.min(...stamped.map((point) => point.t)) : 0
  return stamped.map((point) => ({ t: point.t - first, value: point.value })).sort((a, b) => a.t - b.t)
}

function tracksOf(random: Random, kind: ArchiveClass, lengthMs: number): { tracks: Track[]; pages: number } {
  const [slides, speakers, others] = random.pick([
    ['slide', 'speaker', ['tick', 'level', 'stats', 'cursor', 'sync']],
    ['PageChange', 'ActiveSpeaker', ['KeepAlive', 'Volume', 'Bitrate', 'Pointer', 'Clock']],
    ['flip', 'talk', ['ping', 'meter', 'load', 'move', 'beat']],
    ['goto_page', 'floor', ['alive', 'vu', 'rate', 'mouse', 'timer']],
  ] as [string, string, string[]][])
  const made = slideTrack(random, slides, lengthMs)
  const tracks = [made.track]
  if (random.chance(0.6)) tracks.push(speakerTrack(random, speakers, lengthMs))
  const [beat, meter, unstepped, pointer, clock] = others as [string, string, string, string, string]
  const wrong = () => [
    ...(random.chance(0.5) ? [heartbeatTrack(random, beat, lengthMs, random.chance(0.6))] : []),
    ...(random.chance(0.35) ? [meterTrack(random, meter, lengthMs)] : []),
    ...(random.chance(0.35) ? [unsteppedTrack(random, unstepped, lengthMs, random.pick([255, 1_000, 30_000]))] : []),
    ...(random.chance(0.3) ? [fallingTrack(random, pointer, lengthMs)] : []),
    ...(random.chance(0.2) ? [heartbeatTrack(random, clock, lengthMs, true)] : []),
  ]
  if (kind === 'empty') return { tracks: wrong(), pages: made.pages }
  if (kind === 'mixed' || (kind === 'units' && random.chance(0.3))) tracks.push(...wrong())
  return { tracks, pages: made.pages }
}

function chosenClock(random: Random, kind: ArchiveClass, durationMs: number): Clock {
  const all: Unit[] = ['ms', 'us', '100ns', 's', 'float-s']
  if (kind === 'units' || kind === 'empty') {
    return clockOf(random, random.pick(all), random.pick<Origin>(['zero', 'first', 'head']), random.chance(0.7))
  }
  const unit = random.chance(0.7) ? 'ms' : random.pick(all)
  return clockOf(random, durationMs < 100 ? 'ms' : unit, 'zero', true)
}

/** A clock that shows hours of the day must not pass midnight. */
function keepWithinADay(clock: Clock): void {
  const ofDay = clock.baseMs % 86_400_000
  if (ofDay < 64_000_000) return
  clock.baseMs -= 40_000_000
  clock.base -= 40_000_000n
}

function headOf(
  random: Random,
  clock: Clock,
  textual: boolean,
  form: Parameters<typeof stampText>[2],
  time: BinaryField,
): Uint8Array {
  const encoder = new TextEncoder()
  const magic = encoder.encode(random.pick(['RECF', 'MTG1', 'arc\x00', 'CONF-REC', 'PK2x']))
  const pieces: Uint8Array[] = [magic, Uint8Array.of(random.between(0, 3), random.between(0, 9))]
  if (random.chance(0.5)) pieces.push(random.bytes(random.between(2, 24)))
  if (clock.origin === 'head') {
    if (textual)
      pieces.push(
        encoder.encode(
          `${random.pick(['start=', 'begin: ', '"started":"', 'T0 '])}${stampText(clock, 0, form)}${random.pick(['\n', '"\n', '\0'])}`,
        ),
      )
    else pieces.push(writeField(time, stamp(clock, 0)))
  }
  if (random.chance(0.5)) pieces.push(new Uint8Array(random.between(1, 16)))
  return joined(pieces)
}

/** Keywords with text numbers among bytes of any kind. */
function scatteredText(
  random: Random,
  tracks: readonly Track[],
  clock: Clock,
  form: Parameters<typeof stampText>[2],
  variable: boolean,
): RecordWriter {
  const encoder = new TextEncoder()
  const close = random.pick(['\0', ';', '\n', '\r\n'])
  const join = random.pick([' ', ',', '\0', '/'])
  const [t, n] = random.pick([
    ['T=', 'N='],
    ['time:', 'no:'],
    ['', ''],
  ] as [string, string][])
  const timeFirst = random.chance(0.6)
  void tracks
  return (track, point, index) => {
    const fields = [`${t}${stampText(clock, point.t, form)}`, ...(point.value === null ? [] : [`${n}${point.value}`])]
    if (!timeFirst) fields.reverse()
    const extra = variable && index % 3 === 1 ? `${join}note` : ''
    return encoder.encode(`\0${track.name}${join}${fields.join(join)}${extra}${close}`)
  }
}
