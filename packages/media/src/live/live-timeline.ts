// Cuts a body that grows into segments and parts, for those who watch while it is recorded (RFC 8216bis §3.1, §4.4.4.9):
//
//   sample of the picture ──▶ open part ── long enough ──▶ closing ── the sound has come as far ──▶ in a segment
//                                  └─ key frame, and the segment is long enough: the next part begins another segment
//
// Where it cuts follows from the samples alone, never from when they came: a server that starts again cuts alike, and
// what players were told before goes on to be true.
import type { PatchTable } from '../layout.ts'
import { MediaError } from '../media-error.ts'
import { PatchList } from '../mp4/patch-list.ts'
import { presentationOffset } from '../mp4/presentation.ts'
import type { SampleSink } from '../sample-sink.ts'
import type { Track } from '../track.ts'
import { SampleColumns } from './sample-columns.ts'

/** Samples `from` to `to` (exclusive) of a track. */
export type LiveRun = { track: LiveTrack; from: number; to: number }

/** Times are seconds, as the finished recording will show them. */
export type LivePart = {
  /** Of all parts, from 1. */
  number: number
  start: number
  end: number
  /** Begins with a key frame. */
  isIndependent: boolean
  runs: readonly LiveRun[]
}

export type LiveSegment = {
  start: number
  /** Null while it grows. */
  end: number | null
  parts: readonly LivePart[]
  isIndependent: boolean
}

export type LiveTrack = {
  track: Track
  samples: SampleColumns
  /** Ticks that are added to decode times, so that they count from the recording's beginning. */
  shift: number
}

/** A part ends with the first sample that makes it so long; with pictures of up to 45 ms it stays below 0.3 s. */
const partSeconds = 0.255
/** A segment ends before the first key frame from here on. */
const segmentSeconds = 1.95
/** Whatever has no key frame for so long is cut all the same. */
const longestSegment = 12
/** How far sound may end before its part does. */
const soundSlack = 0.1
/** What is that late is not waited for: a microphone that was unplugged. */
const soundWait = 1
/** A first picture, or sound, that comes later than this is left out of the live view. */
const beginWait = 2
/** 27 hours; a playlist of more is no playlist. */
const mostSegments = 50_000
/** Between one part's end and the next one's first picture; more is a hole. */
const tolerableJump = 0.1
/** TIMING.md T7. */
const latestStart = 10
/** Of comparing sums of ticks. */
const epsilon = 1e-6

type OpenPart = { from: number; start: number; isIndependent: boolean; beginsSegment: boolean }
type ClosingPart = OpenPart & { to: number; end: number }

/** The first video and the first audio track of a body, in segments and parts. */
export class LiveTimeline implements SampleSink {
  readonly segments: LiveSegment[] = []
  ended = false
  readonly #tracks = new Map<number, LiveTrack>()
  #shown: { lead: LiveTrack; other: LiveTrack | null } | null = null
  /** Lead samples that were looked at. */
  #seen = 0
  #open: OpenPart | null = null
  /** Start of the segment that the open part is in. */
  #segmentStart = 0
  #closing: ClosingPart[] = []
  /** Of the last part that was closed. */
  #end = 0
  /** Sound that is in a part. */
  #otherTaken = 0
  #parts = 0
  readonly #patches = new PatchList()

  /** What is shown, the track that leads first; null before it is known. */
  get shown(): readonly LiveTrack[] | null {
    if (this.#shown === null) return null
    const { lead, other } = this.#shown
    return other === null ? [lead] : [lead, other]
  }

  /** NAL unit lengths to lay over the body for MP4. */
  get patches(): PatchTable | null {
    return this.#patches.table()
  }

  track(track: Track): void {
    const known = this.#tracks.get(track.id)
    if (known !== undefined) known.track = track
    else if (track.kind !== 'other') {
      // Others of a kind have no place in the live view.
      const isFirst = [...this.#tracks.values()].every((each) => each.track.kind !== track.kind)
      if (isFirst) this.#tracks.set(track.id, { track, samples: new SampleColumns(), shift: 0 })
    }
  }

  sample(
    trackId: number,
    offset: number,
    size: number,
    dts: number,
    pts: number,
    duration: number,
    sync: boolean,
  ): void {
    const track = this.#tracks.get(trackId)
    if (track === undefined) return
    track.samples.add(offset, size, dts, pts, duration, sync)
    if (this.#shown === null && !this.#begin(false)) return
    this.#cut()
    this.#emit(false)
  }

  patch(view: 'mp4' | 'webm', offset: number, bytes: 4 | 7 | 8, value: number): void {
    if (view === 'mp4') this.#patches.add(offset, bytes, value)
  }

  cluster(): void {}

  /** No more samples come. */
  finish(): void {
    if (this.ended) return
    if (this.#shown !== null || this.#begin(true)) {
      this.#cut()
      const { lead } = this.#shown!
      if (this.#open !== null && lead.samples.count > this.#open.from) this.#close(endOf(lead, lead.samples.count - 1))
      this.#emit(true)
    }
    const last = this.segments.at(-1)
    if (last !== undefined) last.end ??= last.parts.at(-1)!.end
    this.ended = true
  }

  /** Decides what is shown, once each track has begun or is not waited for any more. */
  #begin(isLast: boolean): boolean {
    const all = [...this.#tracks.values()]
    const begun = all.filter(({ samples, track }) => samples.count > 0 && isDescribed(track))
    const lead = begun.find(({ track }) => track.kind === 'video') ?? begun[0]
    if (lead === undefined) return false
    const span = (lead.samples.decodeTime(lead.samples.count - 1) - lead.samples.decodeTime(0)) / lead.track.timescale
    if (begun.length < all.length && span < beginWait && !isLast) return false
    const starts = begun.map(
      ({ track, samples }) => samples.decodeTime(0) / track.timescale + presentationOffset(track),
    )
    const earliest = Math.min(...starts)
    const origin = earliest > latestStart ? earliest : 0
    for (const each of begun) each.shift = (presentationOffset(each.track) - origin) * each.track.timescale
    this.#shown = { lead, other: begun.find((each) => each !== lead) ?? null }
    return true
  }

  /** Cuts the lead's samples that are new. */
  #cut(): void {
    const { lead } = this.#shown!
    for (; this.#seen < lead.samples.count; this.#seen++) {
      const index = this.#seen
      const start = startOf(lead, index)
      const sync = lead.samples.isSync(index)
      const inSegment = start - this.#segmentStart
      const ends = (sync && inSegment > segmentSeconds - epsilon) || inSegment > longestSegment
      if (this.#open !== null && (ends || start - this.#open.start > partSeconds - epsilon)) {
        // A hole, where pictures were left out, is in no part: players stay behind by the longest.
        this.#close(Math.min(start, endOf(lead, index - 1) + tolerableJump))
      }
      if (this.#open === null) {
        const beginsSegment = ends || this.#parts + this.#closing.length === 0
        // What was told of the part before stands, where the time from picture to picture wanders.
        const follows = !beginsSegment && Math.abs(start - this.#end) < tolerableJump
        this.#open = { from: index, start: follows ? this.#end : start, isIndependent: sync, beginsSegment }
        if (beginsSegment) this.#segmentStart = start
      }
      // Where the body says how long it lasts, the next one is not waited for.
      if (!saysHowLong(lead.track)) continue
      const end = endOf(lead, index)
      if (end - this.#open.start > partSeconds - epsilon) this.#close(end, index + 1)
    }
  }

  #close(end: number, to: number = this.#seen): void {
    const open = this.#open!
    this.#end = Math.max(end, open.start)
    this.#closing.push({ ...open, to, end: this.#end })
    this.#open = null
  }

  /** Puts parts that are complete into their segments. */
  #emit(isLast: boolean): void {
    const { lead, other } = this.#shown!
    while (this.#closing.length > 0) {
      const part = this.#closing[0]!
      if (!isLast && other !== null && !this.#hasCome(other, lead, part.end)) return
      this.#closing.shift()
      const to = other === null ? 0 : this.#soundUntil(other, isLast ? Number.POSITIVE_INFINITY : part.end)
      const runs: LiveRun[] = [{ track: lead, from: part.from, to: part.to }]
      if (other !== null && to > this.#otherTaken) runs.push({ track: other, from: this.#otherTaken, to })
      this.#otherTaken = to
      const { start, end, isIndependent } = part
      const entry: LivePart = { number: ++this.#parts, start, end, isIndependent, runs }
      const segment = this.segments.at(-1)
      if (part.beginsSegment || segment === undefined) {
        if (this.segments.length >= mostSegments)
          throw new MediaError('too-large', `over ${mostSegments} segments to watch`)
        if (segment !== undefined) segment.end = start
        this.segments.push({ start, end: null, parts: [entry], isIndependent })
      } else (segment.parts as LivePart[]).push(entry)
      // Known as soon as the next key frame is: players need not wait for what begins with it.
      const next = this.#closing[0] ?? this.#open
      if (next?.beginsSegment === true) this.segments.at(-1)!.end = next.start
    }
  }

  /** Where the next part will most likely be: key frames are taken to go on as they came. */
  get next(): { sequence: number; part: number } {
    const last = this.segments.at(-1)
    if (last === undefined) return { sequence: 0, part: 0 }
    const isLong = last.parts.at(-1)!.end - last.start > segmentSeconds - epsilon
    if (last.end !== null || isLong) return { sequence: this.segments.length, part: 0 }
    return { sequence: this.segments.length - 1, part: last.parts.length }
  }

  #hasCome(other: LiveTrack, lead: LiveTrack, end: number): boolean {
    const { count } = other.samples
    if (count > 0 && endOf(other, count - 1) > end - soundSlack) return true
    return startOf(lead, lead.samples.count - 1) > end + soundWait
  }

  #soundUntil(other: LiveTrack, end: number): number {
    let to = this.#otherTaken
    while (to < other.samples.count && startOf(other, to) < end) to++
    return to
  }
}

/** Some decoder configurations are found in the first key frame. */
function isDescribed({ codec, config }: Track): boolean {
  return config !== null || ['vp8', 'mp3', 'vorbis'].includes(codec)
}

/**
 * Matroska has nominal durations at most (RFC 9559 §5.1.4.1.13): how long a picture lasts is known when the next one is
 * there. A part must not say too little: Media Source Extensions (§3.5.8) drop all pictures up to the next key frame where
 * one comes later than twice the last one's duration, as it does whenever a busy machine leaves some out.
 */
export function saysHowLong({ codecId }: Track): boolean {
  return !/^[AV]_/.test(codecId)
}

/** When a sample is decoded, seconds of the recording. */
function startOf({ track, samples, shift }: LiveTrack, index: number): number {
  return (samples.decodeTime(index) + shift) / track.timescale
}

function endOf(track: LiveTrack, index: number): number {
  return startOf(track, index) + track.samples.duration(index) / track.track.timescale
}
