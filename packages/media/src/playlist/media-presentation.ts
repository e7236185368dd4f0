// What playlists are made of: plain values, so that whoever keeps a manifest can hand them in.

/** A segment that is there. Times `start` and `duration` are in the representation's timescale. */
export type PlaylistSegment = {
  /** From 0. */
  sequence: number
  start: number
  duration: number
  /** When its first sample was made: ms since the Unix epoch. */
  wallClock: number
  /** Relative to the playlist. */
  uri: string
  /** Bytes. */
  size: number
  /** It was given up: there is nothing at its URI, and never will be. */
  isMissing?: boolean
}

/** One track at one quality (ISO/IEC 23009-1 §3.1.37). */
export type PlaylistRepresentation = {
  id: string
  /** Representations of one set show the same thing. */
  set: string
  kind: 'video' | 'audio'
  /** RFC 6381. */
  codecs: string
  /** Bits a second. */
  bandwidth: number
  /** Units a second. */
  timescale: number
  width?: number | undefined
  height?: number | undefined
  frameRate?: number | undefined
  sampleRate?: number | undefined
  channels?: number | undefined
  /** Its CMAF header, relative to the playlist. */
  init: string
  /** Its HLS media playlist, relative to the multivariant playlist. */
  playlist: string
  /** In order, without one missing before any of them. */
  segments: readonly PlaylistSegment[]
  /** No segment follows. */
  ended: boolean
}

/** Nothing was acquired for a set between two moments, ms since the Unix epoch. */
export type PlaylistGap = { set: string; from: number; to: number }

/** What shows one event: the first representation's set is the one that is shown by default. */
export type MediaPresentation = {
  title: string
  representations: readonly PlaylistRepresentation[]
  gaps: readonly PlaylistGap[]
}

/**
 * Whether players may begin: each kind of the set, by default the first, has a segment. Players read the list of
 * representations once, so one that came sooner would never know of the sound.
 */
export function isPlayable(
  presentation: MediaPresentation,
  set: string | undefined = presentation.representations[0]?.set,
): boolean {
  const shown = presentation.representations.filter((each) => each.set === set)
  const begun = new Set(shown.filter(({ segments }) => segments.length > 0).map(({ kind }) => kind))
  return begun.size > 0 && shown.every(({ kind }) => begun.has(kind))
}

/** RFC 8216 §4.3.4.2: the highest bit rate of what lasts half to one and a half target durations. */
export function peakBandwidth({ segments, timescale, bandwidth }: PlaylistRepresentation): number {
  const longest = longestOf(segments)
  let peak = bandwidth
  for (const { size, duration, isMissing } of segments) {
    if (isMissing !== true && 2 * duration >= longest)
      peak = Math.max(peak, Math.ceil((8 * size * timescale) / duration))
  }
  return peak
}

/** Bits a second over all segments; null without one. */
export function averageBandwidth({ segments, timescale }: PlaylistRepresentation): number | null {
  let bytes = 0
  let duration = 0
  for (const segment of segments) {
    if (segment.isMissing === true) continue
    bytes += segment.size
    duration += segment.duration
  }
  return duration === 0 ? null : Math.ceil((8 * bytes * timescale) / duration)
}

/** Duration of the longest segment in seconds; 0 without one. */
export function longestSegment(representation: PlaylistRepresentation): number {
  return longestOf(representation.segments) / representation.timescale
}

/** There may be a hundred thousand: too many to be the arguments of one call. */
function longestOf(segments: readonly PlaylistSegment[]): number {
  let longest = 0
  for (const { duration } of segments) longest = Math.max(longest, duration)
  return longest
}
