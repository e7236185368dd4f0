import { flipLike } from './flip-likeness.ts'
import { humanTicks, type Meeting } from './meeting.ts'
import type { Draw } from './seeded-draw.ts'
import type { FormatKind } from './time-draws.ts'
import { TICKS_PER_MS, type Track, type TrackKind } from './tracks.ts'
import { sentence } from './vocabulary.ts'

type DecoyKind = Exclude<TrackKind, 'slide' | 'speaker'>

/** What a decoy may know of the rest of the blob. */
interface Setting {
  draw: Draw
  meeting: Meeting
  /** The largest number that the format's field holds. */
  most: number
}

const DECOYS: Record<DecoyKind, (setting: Setting) => Track> = {
  beat: (setting) => regular('beat', setting, setting.draw.chance(0.7), false, () => 0),
  counter: (setting) => {
    const first = setting.draw.whole(0, 3)
    return regular('counter', setting, setting.draw.chance(0.8), true, (i) => (first + i) % (setting.most + 1))
  },
  meter: (setting) => {
    let level = setting.draw.whole(20, 80)
    const step = setting.draw.whole(2, 25)
    return regular('meter', setting, setting.draw.chance(0.7), true, () => {
      level = Math.max(0, Math.min(100, level + setting.draw.whole(-step, step)))
      return level
    })
  },
  // 4 to 240 characters, all as likely: the lengths, where they are written, jump about.
  chat: ({ draw, meeting }) => {
    const track: Track = { kind: 'chat', timed: true, valued: false, entries: [] }
    for (const tick of humanTicks(draw, meeting.audioTicks, 80)) {
      const text = sentence(draw, 60).slice(0, draw.whole(4, 240))
      track.entries.push({ track, place: tick, tick, value: 0, text })
    }
    return track
  },
  token: ({ draw, meeting, most }) => irregular('token', draw, meeting, () => draw.whole(0, most)),
  still: ({ draw, meeting, most }) => {
    // Far from what beats and meters have, so that among those it is no small step.
    const stays = most < 255 ? most - 5 : draw.whole(160, 250)
    return irregular('still', draw, meeting, () => stays)
  },
  fallback: ({ draw, meeting, most }) => {
    const track: Track = { kind: 'fallback', timed: true, valued: true, entries: [] }
    const count = draw.whole(20, 120)
    const saw = draw.chance(0.5)
    let value = draw.whole(0, 1)
    let tick = 0
    for (let i = 0; i < count; i++) {
      // A saw's teeth have at most four points; else the times have no order at all.
      const tooth = saw && i % 4 !== 0
      const farthest = Math.round(meeting.audioTicks * 0.98)
      tick = draw.whole(tooth ? tick : 0, tooth ? farthest : saw ? Math.round(farthest / 3) : farthest)
      track.entries.push({ track, place: evenly(i, count, meeting), tick, value })
      value = Math.min(value + draw.pick([1, 1, 1, 2]), most, 250)
    }
    return track
  },
  list: ({ draw, meeting, most }) => {
    const track: Track = { kind: 'list', timed: false, valued: true, entries: [] }
    const count = Math.min(draw.whole(8, 60), most)
    for (let i = 0; i < count; i++)
      track.entries.push({ track, place: evenly(i, count, meeting), tick: 0, value: i + 1 })
    return track
  },
}

/** Other things beside the events; `mixed` blobs get the most, `plain` ones none, empty ones nothing else. */
export function drawDecoys(draw: Draw, kind: FormatKind, meeting: Meeting, most: number): Track[] {
  if (kind === 'plain') return []
  let tracks = chooseDecoys(draw, kind, meeting, most)
  while (kind === 'empty' && flipLike(tracks, meeting.audioTicks).length > 0) {
    tracks = chooseDecoys(draw, kind, meeting, most)
  }
  return tracks
}

function chooseDecoys(draw: Draw, kind: Exclude<FormatKind, 'plain'>, meeting: Meeting, most: number): Track[] {
  // Random numbers below 128 could be jumps in a deck; those of a whole byte or more hardly.
  const fitting = (Object.keys(DECOYS) as DecoyKind[]).filter((name) => name !== 'token' || most >= 255)
  const kinds = draw.shuffled(fitting)
  const steady = kinds.filter((name) => ['beat', 'counter', 'meter'].includes(name))
  const others = kinds.filter((name) => !steady.includes(name))
  const [few, many] = { mixed: [1, 2], units: [0, 1], empty: [0, 3] }[kind] as [number, number]
  let chosen = steady.slice(0, draw.whole(few, many))
  const more = kind === 'units' ? draw.whole(0, 1) : draw.whole(0, 2)
  // An empty blob has one track at irregular times at most: two of them, read as one, could be taken for changes.
  const irregularKinds = ['chat', 'token', 'still']
  for (const name of others.slice(0, Math.max(more, chosen.length === 0 && kind === 'empty' ? 1 : 0))) {
    const taken = chosen.some((other) => irregularKinds.includes(other))
    if (!(kind === 'empty' && taken && irregularKinds.includes(name))) chosen = [...chosen, name]
  }
  return chosen.map((name) => DECOYS[name]({ draw, meeting, most }))
}

/** Every so many seconds, to the ms or a hundredth of that off. */
function regular(
  kind: 'beat' | 'counter' | 'meter',
  { draw, meeting }: Setting,
  timed: boolean,
  valued: boolean,
  value: (index: number) => number,
): Track {
  const track: Track = { kind, timed, valued, entries: [] }
  const shortest = meeting.audioTicks / TICKS_PER_MS / 900
  const period = draw.pick([500, 1000, 2000, 5000, 10_000, 15_000, 20_000].filter((ms) => ms > shortest)) * TICKS_PER_MS
  const late = draw.chance(0.5) ? 0 : period / 100
  const from = draw.chance(0.5) ? 0 : draw.whole(0, period)
  for (let i = 0; from + i * period + late < meeting.audioTicks * 0.995; i++) {
    const tick = Math.round(from + i * period + late * draw.fraction())
    track.entries.push({ track, place: tick, tick, value: value(i) })
  }
  return track
}

function irregular(kind: 'token' | 'still', draw: Draw, meeting: Meeting, value: () => number): Track {
  const track: Track = { kind, timed: true, valued: true, entries: [] }
  for (const tick of humanTicks(draw, meeting.audioTicks))
    track.entries.push({ track, place: tick, tick, value: value() })
  return track
}

function evenly(index: number, count: number, meeting: Meeting): number {
  return Math.round(((index + 0.5) / count) * meeting.audioTicks * 0.99)
}
