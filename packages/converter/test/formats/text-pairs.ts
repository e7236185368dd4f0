import { type Part, type Room, TIME, VALUE } from './room.ts'
import type { Entry, Track } from './tracks.ts'

/** One named field of a text record. */
export interface Pair {
  readonly key: string
  readonly slot: 'time' | 'value' | 'text' | 'count' | 'nonce' | 'fixed'
  readonly fixed?: string
  /** What the number is part of: `page-7.png`. */
  readonly dress?: readonly [string, string]
  /** Quoted where the syntax tells strings from numbers. */
  readonly quoted: boolean
}

const DRESSES = [
  ['page-', '.png'],
  ['img_', '.jpg'],
  ['#', ''],
] as const

/** Which fields a track's records have, in which order. Drawn once for a blob, so all its records are alike. */
function drawPairs(room: Room, track: Track, counting: boolean, dress: readonly [string, string]): Pair[] {
  const { draw, spelling, time } = room
  const named = (text: string): string => spelling.cased(text)
  const dated = time.form === 'clock' || time.form === 'date'
  const pairs: Pair[] = []
  if (track.timed) pairs.push({ key: spelling.timeName, slot: 'time', quoted: dated })
  if (track.valued) pairs.push({ key: spelling.valueName(track.kind), slot: 'value', dress, quoted: dress[0] !== '' })
  if (track.entries[0]?.text !== undefined) {
    pairs.push({ key: named(track.kind === 'chat' ? 'text' : 'title'), slot: 'text', quoted: true })
  }
  if (room.kind === 'mixed') {
    if (draw.chance(0.3)) pairs.push({ key: named('guid'), slot: 'nonce', quoted: true })
    if (draw.chance(0.3)) pairs.push({ key: named('user'), slot: 'fixed', fixed: 'moderator', quoted: true })
    if (draw.chance(0.2)) pairs.push({ key: named('zoom'), slot: 'fixed', fixed: '100', quoted: false })
  }
  const ordered = draw.shuffled(pairs)
  return counting ? [{ key: named('seq'), slot: 'count', quoted: false }, ...ordered] : ordered
}

/** The same for all tracks; records carry a running number only together. */
export function drawAllPairs(room: Room): Map<Track, Pair[]> {
  const counting = room.mayCount && room.draw.chance(0.4)
  const plain = room.kind === 'plain' || room.draw.chance(0.85)
  const dress = plain ? (['', ''] as const) : room.draw.pick(DRESSES)
  return new Map(room.tracks.map((track) => [track, drawPairs(room, track, counting, dress)]))
}

/** What a pair shows for an entry, the `count`th record of the file. */
export function slotParts(room: Room, pair: Pair, entry: Entry, count: number): Part[] {
  if (pair.slot === 'time') return [TIME]
  if (pair.slot === 'value') return [pair.dress?.[0] ?? '', VALUE, pair.dress?.[1] ?? '']
  return [pair.slot === 'text' ? (entry.text ?? '') : otherSlot(room, pair, count)]
}

function otherSlot(room: Room, pair: Pair, count: number): string {
  if (pair.slot === 'count') return String(count)
  if (pair.slot === 'fixed') return pair.fixed ?? ''
  return Array.from(room.draw.bytes(8), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Prose for heads of files that would be too short to be anybody's. */
export function prefaceLength(room: Room): number {
  const records = room.tracks.reduce((sum, track) => sum + track.entries.length, 0)
  return records < 160 ? 2100 : room.draw.whole(0, 600)
}
