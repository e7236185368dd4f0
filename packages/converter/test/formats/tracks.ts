/** A tick is 100 ns of the meeting: the finest clock that any made-up format keeps. */
export const TICKS_PER_MS = 10_000

/**
 * What a format's record can carry. `slide` and `speaker` are the truth; all others are other things that a meeting
 * product stores beside them:
 * - `beat` at regular times, `counter` the same with a counted number, `meter` with a level that wanders;
 * - `chat` at irregular times, with text; `token` with a number from its whole range; `still` with one that stays;
 * - `fallback` has numbers that step by small amounts, but times in no order;
 * - `list` counts up and has no times.
 */
export type TrackKind =
  | 'slide'
  | 'speaker'
  | 'beat'
  | 'counter'
  | 'meter'
  | 'chat'
  | 'token'
  | 'still'
  | 'fallback'
  | 'list'

export interface Track {
  readonly kind: TrackKind
  readonly timed: boolean
  readonly valued: boolean
  readonly entries: Entry[]
}

export interface Entry {
  readonly track: Track
  /** Where among the others it is written, in ticks. */
  readonly place: number
  /** What is written as its time, in ticks; only in a timed track. */
  readonly tick: number
  readonly value: number
  /** A line of chat or a slide's title; without digits. */
  readonly text?: string
}

export function isTrue(track: Track): boolean {
  return track.kind === 'slide' || track.kind === 'speaker'
}

/** All entries of all tracks, as they would have come in a meeting. */
export function inOrder(tracks: readonly Track[]): Entry[] {
  return tracks.flatMap((track) => track.entries).sort((a, b) => a.place - b.place)
}
