// Dynamic adaptive streaming over HTTP: ISO/IEC 23009-1, with the CMAF profile of its §8.12.
import {
  longestSegment,
  type MediaPresentation,
  type PlaylistRepresentation,
  peakBandwidth,
} from './media-presentation.ts'
import { segmentTemplate, segmentTimeline } from './segment-address.ts'

/**
 * The media presentation description: `dynamic` while segments may follow, then `static`. One adaptation set for each
 * set, kind and codec family, since players switch inside of one. Representations without a segment are left out, and
 * those with a missing one: a timeline can't say so of one representation alone.
 *
 * @param publishedAt ms since the Unix epoch
 * @param ownUri relative to itself: players of what is `dynamic` read the server's clock from its Date field
 */
export function dashManifest(presentation: MediaPresentation, publishedAt: number, ownUri: string): string {
  const begun = presentation.representations.filter(
    ({ segments }) => segments.length > 0 && !segments.some(({ isMissing }) => isMissing),
  )
  const ended = begun.length > 0 && presentation.representations.every((each) => each.ended)
  const origin = originOf(begun)
  const longest = Math.max(1, ...begun.map(longestSegment))
  const attributes = {
    xmlns: 'urn:mpeg:dash:schema:mpd:2011',
    profiles: 'urn:mpeg:dash:profile:cmaf:2019',
    type: ended ? 'static' : 'dynamic',
    minBufferTime: seconds(longest),
    ...(ended
      ? { mediaPresentationDuration: seconds(endOf(begun) - origin.time) }
      : {
          availabilityStartTime: new Date(origin.wallClock).toISOString(),
          publishTime: new Date(publishedAt).toISOString(),
          minimumUpdatePeriod: seconds(longest),
          // Segments come over a network that may be bad: a player at the very edge would stall at each of its moods.
          suggestedPresentationDelay: seconds(3 * longest),
        }),
  }
  const mainSet = presentation.representations[0]?.set
  const sets = [...adaptationSets(begun).values()].map((members, id) =>
    adaptationSet(members, id, members[0]!.set === mainSet, origin.time),
  )
  const body = [
    element('ProgramInformation', {}, [element('Title', {}, [escaped(presentation.title)])]),
    element('Period', { id: '0', start: 'PT0S' }, sets),
    // §5.8.4.11: without one, players ask a stranger's server for the time.
    ...(ended ? [] : [element('UTCTiming', { schemeIdUri: 'urn:mpeg:dash:utc:http-head:2014', value: ownUri })]),
  ]
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('MPD', attributes, body)}\n`
}

/** The period's time 0: a whole second of the media's time, so that it stays while representations join. */
function originOf(begun: readonly PlaylistRepresentation[]): { time: number; wallClock: number } {
  let earliest = { time: Number.POSITIVE_INFINITY, wallClock: 0 }
  for (const { segments, timescale } of begun) {
    const { start, wallClock } = segments[0]!
    if (start / timescale < earliest.time) earliest = { time: start / timescale, wallClock }
  }
  if (!Number.isFinite(earliest.time)) return { time: 0, wallClock: 0 }
  const time = Math.floor(earliest.time)
  return { time, wallClock: Math.round(earliest.wallClock - 1000 * (earliest.time - time)) }
}

function endOf(begun: readonly PlaylistRepresentation[]): number {
  return Math.max(
    ...begun.map(({ segments, timescale }) => {
      const last = segments.at(-1)!
      return (last.start + last.duration) / timescale
    }),
  )
}

function adaptationSets(begun: readonly PlaylistRepresentation[]): Map<string, PlaylistRepresentation[]> {
  const sets = new Map<string, PlaylistRepresentation[]>()
  for (const each of begun) {
    const key = `${each.set} ${each.kind} ${each.codecs.split('.')[0]}`
    sets.set(key, [...(sets.get(key) ?? []), each])
  }
  return sets
}

function adaptationSet(
  members: readonly PlaylistRepresentation[],
  id: number,
  isMain: boolean,
  originTime: number,
): string {
  const { kind, set } = members[0]!
  const attributes = {
    id: String(id),
    contentType: kind,
    mimeType: `${kind}/mp4`,
    segmentAlignment: 'true',
    startWithSAP: '1',
  }
  return element('AdaptationSet', attributes, [
    element('Label', {}, [escaped(set)]),
    element('Role', { schemeIdUri: 'urn:mpeg:dash:role:2011', value: isMain ? 'main' : 'alternate' }),
    ...members.map((each) => representation(each, originTime)),
  ])
}

function representation(each: PlaylistRepresentation, originTime: number): string {
  const { id, codecs, width, height, frameRate, sampleRate, channels } = each
  const attributes = {
    id,
    codecs,
    bandwidth: String(peakBandwidth(each)),
    ...(width !== undefined && { width: String(width) }),
    ...(height !== undefined && { height: String(height) }),
    ...(frameRate !== undefined && { frameRate: rational(frameRate) }),
    ...(sampleRate !== undefined && { audioSamplingRate: String(sampleRate) }),
  }
  return element('Representation', attributes, [
    ...(channels === undefined
      ? []
      : [
          element('AudioChannelConfiguration', {
            schemeIdUri: 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011',
            value: String(channels),
          }),
        ]),
    segmentInformation(each, originTime),
  ])
}

/** §5.3.9: by a template where the names follow one, since a day's list would be megabytes; else one by one. */
function segmentInformation(each: PlaylistRepresentation, originTime: number): string {
  const { timescale, segments, init } = each
  const template = segmentTemplate(each)
  const attributes = {
    timescale: String(timescale),
    presentationTimeOffset: String(Math.round(originTime * timescale)),
    startNumber: String(segments[0]!.sequence),
  }
  const runs = segmentTimeline(segments).map(({ start, duration, repeats }, index) =>
    element('S', {
      ...(index === 0 && { t: String(start) }),
      d: String(duration),
      ...(repeats > 0 && { r: String(repeats) }),
    }),
  )
  const timeline = element('SegmentTimeline', {}, runs)
  if (template !== null) {
    const addresses = { initialization: init.replaceAll('$', '$$$$'), media: template }
    return element('SegmentTemplate', { ...attributes, ...addresses }, [timeline])
  }
  return element('SegmentList', attributes, [
    element('Initialization', { sourceURL: init }),
    timeline,
    ...segments.map(({ uri }) => element('SegmentURL', { media: uri })),
  ])
}

/** §5.3.7.2: a rate is a whole number or a fraction of two; 29.97 and its kin are exact over 1001. */
function rational(rate: number): string {
  if (Number.isInteger(rate)) return String(rate)
  const ntsc = Math.round(rate * 1001) / 1000
  return Math.abs(ntsc - Math.round(ntsc)) < 0.002
    ? `${1000 * Math.round(ntsc)}/1001`
    : `${Math.round(rate * 1000)}/1000`
}

function seconds(value: number): string {
  return `PT${Number(value.toFixed(3))}S`
}

function element(name: string, attributes: Record<string, string>, children: readonly string[] = []): string {
  const inside = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`)
  const open = `<${name}${inside.join('')}`
  return children.length === 0 ? `${open}/>` : `${open}>${children.join('')}</${name}>`
}

/** XML 1.0 §2.4, §2.2: markup's characters by reference; what no document may contain is dropped. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
}
