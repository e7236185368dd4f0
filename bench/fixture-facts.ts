// What the fixtures' manifest states of a file, beside what is in the archive that came of it.
import { parseVtt } from '../packages/processors/src/index.ts'
import type { Archive, Item, TimelineEvent } from '../packages/umf/src/index.ts'

export type Facts = Record<string, unknown>
export type Fact = readonly [what: string, stated: unknown, found: unknown]

export type Stated = { name: string; bytes: number; sha256: string; facts: Facts | readonly Facts[] | null }

/** All that is asked of an archive. */
export type Made = {
  archive: Archive
  items: readonly Item[]
  events: readonly TimelineEvent[]
  /** Codes of what was noted. */
  notes: readonly { code: string; message: string }[]
  durationMs: number
  text(item: Item): Promise<string>
}

/**
 * What the manifest's program guesses by the bitrate, where there is no count of frames: sound lasts as long as its frames. And
 * of Opus it counts the pre-skip, which RFC 7845 §4.3 says not to play.
 */
const guessedLengths: ReadonlySet<string> = new Set([
  'mp3/100kB-garbage-prefix.mp3',
  'mp3/bear-id3.mp3',
  'mp3/testMP3id3v1_v2.mp3',
  'mediabunny/mp3.ts',
  'ogg/bear.opus',
])

type Stream = { type: string; packets: number; min_pts_ms?: number; max_pts_ms?: number; w?: number; h?: number }

/** Of the form that the facts have, each for itself. */
const checks: readonly ((stated: Stated, facts: Facts, made: Made) => Fact[] | Promise<Fact[]>)[] = [
  mediaFacts,
  wordFacts,
  timedTextFacts,
  pageFacts,
  pictureFacts,
  namesFacts,
  publishedFacts,
  meetingFacts,
  paellaFacts,
  smilFacts,
  connectFacts,
]

export async function factsOf(stated: Stated, made: Made): Promise<Fact[]> {
  const facts = stated.facts
  const all: Fact[] = [...keptFacts(stated, made)]
  if (facts === null) return all
  if (Array.isArray(facts)) return [...all, ...segmentFacts(facts as readonly Facts[], made)]
  for (const check of checks) all.push(...(await check(stated, facts as Facts, made)))
  return all
}

/** The original is kept byte for byte, or is what is presented (which has the same samples in another order). */
function keptFacts({ sha256, facts }: Stated, { archive, items }: Made): Fact[] {
  // Of an archive there is what lies in it.
  if (facts !== null && !Array.isArray(facts) && 'names' in facts) return []
  const isThere = items.some(({ digest }) => digest === `sha256:${sha256}`)
  if (isThere || archive.presentation !== null) return []
  return [['kept', sha256, items.map(({ name }) => name)]]
}

function mediaFacts({ name }: Stated, facts: Facts, { archive, items, durationMs }: Made): Fact[] {
  const { streams, duration_ms: stated } = facts
  if (!Array.isArray(streams) || typeof stated !== 'number') return []
  const all = streams as Stream[]
  const hasVideo = all.some(({ type, w }) => type === 'video' && w !== undefined)
  const hasAudio = all.some(({ type }) => type === 'audio')
  const checked: Fact[] = []
  if (hasVideo || hasAudio) {
    // A picture on the cover of a sound is no film.
    const isFilm = all.some(({ type, packets }) => type === 'video' && packets > 1)
    checked.push(['presentation', isFilm ? 'video' : 'audio', archive.presentation?.type])
  }
  const words = all.filter(({ type }) => type === 'subtitle').length
  if (words > 0) {
    const found = items.filter(({ type }) => type === 'captions' || type === 'transcript').length
    checked.push(['tracks of words', words, found])
  }
  const isGuess = guessedLengths.has(name) && Math.abs(durationMs - framesMs(all)) <= 60
  const isNear = isGuess || Math.abs(durationMs - stated) <= 1
  checked.push(['duration_ms', stated, isNear ? stated : durationMs])
  return checked
}

/** From the first to the last of its packets. */
function framesMs(streams: readonly Stream[]): number {
  const ends = streams.map(({ min_pts_ms: min = 0, max_pts_ms: max = 0 }) => max - min)
  return Math.max(...ends)
}

async function wordFacts(_: Stated, facts: Facts, { items, text }: Made): Promise<Fact[]> {
  const cues = facts['cues_timing_regex_lenient'] ?? facts['timing_lines']
  if (typeof cues !== 'number') return []
  const words = items.filter(({ type }) => type === 'transcript' || type === 'captions')
  if (words.length === 0) return [['words', true, false]]
  const parsed = words.filter(({ contentType }) => contentType.startsWith('text/vtt'))
  const checked: Fact[] = []
  const end = facts['max_end_ms'] ?? facts['last_end_ms']
  checked.push(['last_end_ms', end, words.find(({ endMs }) => endMs === end)?.endMs ?? words[0]?.endMs])
  for (const item of parsed.slice(-1)) {
    const read = parseVtt((await text(item)).replace(/^\ufeff/, '').replaceAll(/\r\n?/g, '\n'))
    checked.push(['cues', cues, read.length])
    checked.push(['first_start_ms', facts['first_start_ms'], read[0]?.startMs])
  }
  return checked
}

function timedTextFacts(_: Stated, facts: Facts, { items }: Made): Fact[] {
  if (typeof facts['p_elements'] !== 'number') return []
  const words = items.find(({ type }) => type === 'transcript' || type === 'captions')
  const checked: Fact[] = [['words', true, words !== undefined]]
  const ends = (facts['ends'] as (string | null)[]).map((end) => plainTime(end))
  // Those that count from what they are in, or in frames, are another matter.
  if (ends.every((end) => end !== null)) checked.push(['last_end_ms', Math.max(...ends), words?.endMs])
  return checked
}

/** `18s`, `0:00:05.00` */
function plainTime(text: string | null): number | null {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(text ?? '')
  if (seconds !== null) return Number(seconds[1]) * 1000
  const [, hours, minutes, rest] = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(text ?? '') ?? []
  return rest === undefined ? null : Math.round(((Number(hours) * 60 + Number(minutes)) * 60 + Number(rest)) * 1000)
}

function pageFacts(_: Stated, facts: Facts, { items, notes }: Made): Fact[] {
  const count = facts['pages'] ?? facts['slides']
  if (typeof count !== 'number' || facts['encrypted'] === true) return []
  const checked: Fact[] = []
  const isDrawn = !notes.some(({ code }) => code === 'no-pages' || code === 'not-drawn')
  if (isDrawn) checked.push(['pages', count, items.filter(({ type }) => type === 'slide').length])
  else if (Array.isArray(facts['pictures'])) {
    checked.push(['pictures taken', facts['pictures'].length, items.filter(({ type }) => type === 'image').length])
  }
  const document = items.find(({ type }) => type === 'document' || type === 'slides')
  checked.push(['pages told', count, document?.metadata?.['pages']])
  const pictures = facts['pictures'] ?? facts['media']
  if (Array.isArray(pictures) && pictures.length > 0) {
    checked.push(['pictures', pictures.length, document?.metadata?.['pictures']])
  }
  return checked
}

function pictureFacts(_: Stated, facts: Facts, { items }: Made): Fact[] {
  if (typeof facts['fmt'] !== 'string') return []
  const image = items.find(({ type }) => type === 'image')
  const checked: Fact[] = [['image', `image/${facts['fmt'].toLowerCase()}`, image?.contentType]]
  const { width, height } = (image?.metadata ?? {}) as { width?: number; height?: number }
  checked.push(['size', facts['size'], [width, height]])
  if (typeof facts['frames'] === 'number' && facts['frames'] > 1) {
    checked.push(['frames', facts['frames'], image?.metadata?.['frames']])
  }
  if (typeof facts['embedded_mp4_at'] === 'number') {
    const film = items.find(({ type }) => type === 'video')
    const { offset } = (film?.metadata?.['origin'] ?? {}) as { offset?: number }
    checked.push(['embedded_mp4_at', facts['embedded_mp4_at'], offset])
  }
  return checked
}

function namesFacts(_: Stated, facts: Facts, { items }: Made): Fact[] {
  if (!Array.isArray(facts['names'])) return []
  const there = new Set(items.map((item) => item.name))
  return [['names', [], (facts['names'] as string[]).filter((each) => !there.has(each))]]
}

function publishedFacts(_: Stated, facts: Facts, { durationMs, archive }: Made): Fact[] {
  if (typeof facts['playback_duration_ms'] !== 'string') return []
  return [
    ['playback_duration_ms', Number(facts['playback_duration_ms']), durationMs],
    ['format', 'bigbluebutton-published', archive.metadata['format']],
  ]
}

type State = { recorded_ms: number; presentation: string; slide_index0: number; deskshare: boolean }

function meetingFacts(_: Stated, facts: Facts, { durationMs, archive, events }: Made): Fact[] {
  if (!Array.isArray(facts['slide_states'])) return []
  const all = facts['slide_states'] as State[]
  // Of several states at one time the last is seen; the first, of no deck, is none of ours.
  const states = all.filter((state, index) => all[index + 1]?.recorded_ms !== state.recorded_ms)
  const flips = states.filter(({ presentation, slide_index0: index }, at) => {
    const before = states[at - 1]
    return presentation !== '' && (before?.presentation !== presentation || before.slide_index0 !== index)
  })
  const of = (kind: string) => events.filter((event) => event.kind === kind)
  const data = <Key extends string>(event: TimelineEvent, key: Key) => (event.data as Record<Key, unknown>)[key]
  const chat = (facts['chat'] as { recorded_ms: number | null; sender: string; text: string }[]).filter(
    ({ recorded_ms: t }) => t !== null,
  )
  return [
    ['format', 'bigbluebutton', archive.metadata['format']],
    ['recording_length_ms', facts['recording_length_ms'], durationMs],
    [
      'slides',
      flips.map((state) => [state.recorded_ms, state.presentation, state.slide_index0]),
      of('slide').map((event) => [event.t, data(event, 'deck'), data(event, 'index')]),
    ],
    [
      'chat',
      chat.map(({ recorded_ms: t, sender, text }) => [t, sender, text]),
      of('chat').map((event) => [event.t, data(event, 'sender'), data(event, 'text')]),
    ],
  ]
}

function paellaFacts(_: Stated, facts: Facts, { durationMs, archive, events }: Made): Fact[] {
  if (typeof facts['duration_s'] !== 'number') return []
  const times = [...(facts['frameList_times_s'] as number[])].sort((left, right) => left - right)
  return [
    ['format', 'paella', archive.metadata['format']],
    ['duration', facts['duration_s'] * 1000, durationMs],
    ['frames', times.map((s) => s * 1000), events.filter(({ kind }) => kind === 'slide').map(({ t }) => t)],
  ]
}

function segmentFacts(facts: readonly Facts[], { events }: Made): Fact[] {
  const stated = facts.flatMap((each) => (each['segments_id_start_dur_raw'] ?? []) as [string, number, number][])
  if (!facts.some((each) => each['n_segments'] !== undefined)) return []
  return [['segments', stated.map(([, at]) => at), events.filter(({ kind }) => kind === 'slide').map(({ t }) => t)]]
}

function smilFacts(_: Stated, facts: Facts, { durationMs }: Made): Fact[] {
  if (!Array.isArray(facts['clips'])) return []
  const clips = facts['clips'] as { clipBegin: string; clipEnd: string }[]
  const stated = clips.reduce(
    (sum, { clipBegin, clipEnd }) => sum + Number.parseInt(clipEnd, 10) - Number.parseInt(clipBegin, 10),
    0,
  )
  return [['kept', stated, durationMs]]
}

function connectFacts(_: Stated, facts: Facts, { archive }: Made): Fact[] {
  if (!Array.isArray(facts['message_times'])) return []
  return [['format', 'adobe-connect', archive.metadata['format']]]
}

/** Of a file of pieces, whose truth stands beside it. */
export function pieceFacts(
  truth: { items: { offset: number; sha256: string; from: string }[] },
  { items }: Made,
): Fact[] {
  return truth.items.map(({ offset, sha256, from }) => {
    const found = items.find(({ digest }) => digest === `sha256:${sha256}`)
    const origin = (found?.metadata?.['origin'] ?? {}) as { offset?: number }
    return [`piece ${from}`, offset, origin.offset]
  })
}
