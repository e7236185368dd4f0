// HTTP Live Streaming: RFC 8216 and draft-pantos-hls-rfc8216bis.
import {
  averageBandwidth,
  longestSegment,
  type MediaPresentation,
  type PlaylistGap,
  type PlaylistRepresentation,
  type PlaylistSegment,
  peakBandwidth,
} from './media-presentation.ts'

// RFC 8216bis §8: EXT-X-MAP in a playlist that is not of I-frames alone needs 6; fragmented MP4 goes with 7.
const version = '#EXT-X-VERSION:7'
const everySegmentIsIndependent = '#EXT-X-INDEPENDENT-SEGMENTS'

/**
 * The multivariant playlist of a set, by default the first: variants are its video (§4.4.6.2), its sound is a group of
 * renditions, and other sets' sound are alternatives in that group (§4.4.6.1). Representations without a segment are left
 * out. Each set has its own playlist, since few players know video renditions (EXT-X-MEDIA of TYPE=VIDEO).
 */
export function multivariantPlaylist(
  presentation: MediaPresentation,
  set: string | undefined = presentation.representations[0]?.set,
): string {
  const begun = presentation.representations.filter(({ segments }) => segments.length > 0)
  const ofKind = (kind: 'video' | 'audio'): PlaylistRepresentation[] =>
    begun.filter((each) => each.kind === kind && each.set === set).sort((a, b) => a.bandwidth - b.bandwidth)
  const audio = begun.filter(({ kind }) => kind === 'audio')
  const ownAudio = ofKind('audio')
  // A camera without sound beside a desk with it: the desk's is then the sound of both.
  const groups = ownAudio.length > 0 ? ownAudio : audio.slice(0, 1)
  const variants = ofKind('video')
  const lines = ['#EXTM3U', version, everySegmentIsIndependent]
  if (variants.length === 0) return text([...lines, ...groups.flatMap((each) => variant(each, null))])
  const paired = variants.map((each, rank) => ({ each, group: groups[groupOf(rank, variants.length, groups.length)] }))
  for (const group of new Set(paired.map(({ group }) => group))) {
    if (group !== undefined) lines.push(...renditions(group, audio))
  }
  // The first variant is what players begin with: the best, as it is what the recording itself shows.
  for (const { each, group } of paired.reverse()) lines.push(...variant(each, group ?? null))
  return text(lines)
}

/** A representation's media playlist (§4.4.3); it grows, and nothing of it ever changes or goes. */
export function mediaPlaylist(representation: PlaylistRepresentation, gaps: readonly PlaylistGap[]): string {
  const { segments, timescale, init, ended } = representation
  const lines = [
    '#EXTM3U',
    version,
    // §4.4.3.1: each duration, rounded, is at most this.
    `#EXT-X-TARGETDURATION:${Math.max(1, Math.round(longestSegment(representation)))}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:EVENT',
    everySegmentIsIndependent,
    `#EXT-X-MAP:URI="${uri(init)}"`,
  ]
  const breaks = gaps.filter(({ set }) => set === representation.set).map(({ from, to }) => (from + to) / 2)
  let before: PlaylistSegment | null = null
  for (const segment of segments) {
    if (before !== null && isDiscontinuous(before, segment, timescale, breaks)) lines.push('#EXT-X-DISCONTINUITY')
    lines.push(
      `#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.wallClock).toISOString()}`,
      `#EXTINF:${(segment.duration / timescale).toFixed(6)},`,
      // RFC 8216bis §4.4.4.7: it is not loaded, and players take another variant for it.
      ...(segment.isMissing === true ? ['#EXT-X-GAP'] : []),
      uri(segment.uri),
    )
    before = segment
  }
  if (ended) lines.push('#EXT-X-ENDLIST')
  return text(lines)
}

/** Seconds; what encoders round stays below, so that sound and picture are broken at the same places. */
const tolerableJump = 0.5

/** §4.4.4.3: times jump, or a gap lies between the middles of two segments. */
function isDiscontinuous(
  before: PlaylistSegment,
  segment: PlaylistSegment,
  timescale: number,
  breaks: readonly number[],
): boolean {
  if (segment.start - before.start - before.duration > tolerableJump * timescale) return true
  const middle = ({ wallClock, duration }: PlaylistSegment): number => wallClock + (500 * duration) / timescale
  return breaks.some((at) => at >= middle(before) && at < middle(segment))
}

/** The poorest picture goes with the poorest sound, the best with the best. */
function groupOf(rank: number, variants: number, groups: number): number {
  return variants === 1 ? groups - 1 : Math.round((rank * (groups - 1)) / (variants - 1))
}

/** One group: a representation and, of every other set, the sound that is nearest to it. */
function renditions(group: PlaylistRepresentation, audio: readonly PlaylistRepresentation[]): string[] {
  const sets = new Set(audio.map(({ set }) => set).filter((set) => set !== group.set))
  const distance = ({ bandwidth }: PlaylistRepresentation): number => Math.abs(bandwidth - group.bandwidth)
  const others = [...sets].map(
    (set) => audio.filter((each) => each.set === set).sort((a, b) => distance(a) - distance(b))[0]!,
  )
  return [group, ...others].map((each) => {
    const isDefault = each === group
    const attributes = [
      'TYPE=AUDIO',
      `GROUP-ID="${quoted(group.id)}"`,
      `NAME="${quoted(each.set)}"`,
      `DEFAULT=${isDefault ? 'YES' : 'NO'}`,
      `AUTOSELECT=${isDefault ? 'YES' : 'NO'}`,
      ...(each.channels === undefined ? [] : [`CHANNELS="${each.channels}"`]),
      `URI="${uri(each.playlist)}"`,
    ]
    return `#EXT-X-MEDIA:${attributes.join(',')}`
  })
}

function variant(representation: PlaylistRepresentation, group: PlaylistRepresentation | null): string[] {
  const { width, height, frameRate, codecs, playlist } = representation
  const both = [representation, ...(group === null ? [] : [group])]
  const sum = (each: (one: PlaylistRepresentation) => number): number =>
    both.reduce((total, one) => total + each(one), 0)
  const attributes = [
    `BANDWIDTH=${sum(peakBandwidth)}`,
    `AVERAGE-BANDWIDTH=${sum((one) => averageBandwidth(one) ?? one.bandwidth)}`,
    `CODECS="${quoted([codecs, ...(group === null ? [] : [group.codecs])].join(','))}"`,
    ...(width === undefined || height === undefined ? [] : [`RESOLUTION=${width}x${height}`]),
    ...(frameRate === undefined ? [] : [`FRAME-RATE=${frameRate.toFixed(3)}`]),
    ...(group === null ? [] : [`AUDIO="${quoted(group.id)}"`]),
  ]
  return [`#EXT-X-STREAM-INF:${attributes.join(',')}`, uri(playlist)]
}

/** §4.2: a quoted string has no line feed, carriage return or double quote. */
function quoted(value: string): string {
  return value.replaceAll(/[\r\n"]/g, "'")
}

/** A line that begins with `#` would be a tag, and an attribute ends at a quote. */
function uri(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come through
  return value.replaceAll(/[\u0000-\u0020"\u007f]/g, encodeURIComponent).replace(/^#/, '%23')
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}
