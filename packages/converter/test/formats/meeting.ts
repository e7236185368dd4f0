import type { Draw } from './seeded-draw.ts'
import { type Entry, TICKS_PER_MS, type Track } from './tracks.ts'
import { sentence } from './vocabulary.ts'

export interface Meeting {
  readonly audioTicks: number
  /** Pages of the deck. */
  readonly pages: number
  /** Number of the first page or speaker: 0 or 1. */
  readonly base: 0 | 1
}

/** 5 minutes to 4 hours, as long decks as fit. */
export function drawMeeting(draw: Draw, maxValue: number): Meeting {
  const audioMs = draw.logUniform(5 * 60_000, 4 * 3_600_000) + draw.whole(0, 999)
  const base = draw.chance(0.4) ? 0 : 1
  const most = Math.min(maxValue, draw.chance(0.1) ? 230 : 90)
  return { audioTicks: audioMs * TICKS_PER_MS, pages: draw.logUniform(6, most), base }
}

/** Flips of a deck: mostly on, sometimes back, sometimes a jump. */
export function slideTrack(draw: Draw, meeting: Meeting, titled: boolean): Track {
  const ticks = humanTicks(draw, meeting.audioTicks)
  const last = meeting.base + meeting.pages - 1
  const straight = ticks.length <= meeting.pages && draw.chance(0.3)
  const titles = Array.from({ length: meeting.pages }, () => sentence(draw, draw.whole(1, 6)))
  const track: Track = { kind: 'slide', timed: true, valued: true, entries: [] }
  let page: number = meeting.base
  for (const tick of ticks) {
    if (track.entries.length > 0) page = straight ? page + 1 : nextPage(draw, page, meeting.base, last)
    const title = titled ? { text: titles[page - meeting.base]! } : {}
    track.entries.push({ track, place: tick, tick, value: page, ...title })
  }
  return track
}

function nextPage(draw: Draw, page: number, first: number, last: number): number {
  const dice = draw.fraction()
  let next = page + 1
  if (dice < 0.13) next = page - 1
  else if (dice < 0.17) next = page + 2
  else if (dice < 0.2) next = draw.whole(first, last)
  if (next > last) next = draw.chance(0.25) ? page - 1 : draw.whole(first, last)
  if (next < first || next === page) next = page === last ? page - 1 : page + 1
  return next
}

/** Who has the floor: a handful of numbers, never twice the same in a row. */
export function speakerTrack(draw: Draw, meeting: Meeting, firstId: number): Track {
  const people = draw.whole(2, 9)
  const track: Track = { kind: 'speaker', timed: true, valued: true, entries: [] }
  let who = 0
  for (const tick of humanTicks(draw, meeting.audioTicks)) {
    // A chairperson (the first) gets the floor back more often.
    if (track.entries.length > 0) {
      who = who !== 0 && draw.chance(0.4) ? 0 : (who + draw.whole(1, people - 1)) % people
    }
    track.entries.push({ track, place: tick, tick, value: firstId + who })
  }
  return track
}

/**
 * 12 to 200 moments with the gaps that people leave, spread over most of the audio: the first at the start or soon
 * after, the last not long before the end, never two within 1.2 s.
 */
export function humanTicks(draw: Draw, audioTicks: number, most = 200): number[] {
  const smallest = 1200 * TICKS_PER_MS
  const count = draw.logUniform(12, Math.max(12, Math.min(most, Math.floor(audioTicks / (smallest * 3)))))
  const sigma = 0.5 + 0.6 * draw.fraction()
  const gaps = Array.from({ length: count - 1 }, () => draw.logNormal(1, sigma))
  const first = draw.chance(0.4) ? 0 : Math.round(audioTicks * (0.002 + 0.05 * draw.fraction()))
  const last = audioTicks * (0.72 + 0.27 * draw.fraction())
  const scale = (last - first - smallest * (count - 1)) / gaps.reduce((sum, gap) => sum + gap, 0)
  const ticks = [first]
  let exact = first
  for (const gap of gaps) {
    exact += smallest + gap * scale
    ticks.push(Math.round(exact))
  }
  return ticks
}

/** The same meeting heard from its first event on, for formats that keep only a clock without its start. */
export function fromFirst(tracks: readonly Track[], start: number): Track[] {
  return tracks.map((old) => {
    const track: Track = { ...old, entries: [] }
    const shifted = (entry: Entry): Entry => ({
      ...entry,
      track,
      place: entry.place - start,
      tick: entry.tick - start,
    })
    track.entries.push(...old.entries.map(shifted).filter((entry) => entry.place >= 0 && entry.tick >= 0))
    return track
  })
}
