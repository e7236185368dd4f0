import { codecString } from '../codec/codec-string.ts'
import type { ContainerReader } from '../container-reader.ts'
import { SNIFF_BYTES, sniffContainer } from '../container-sniff.ts'
import { type Extent, type Layout, makeLayout } from '../layout.ts'
import { MediaError } from '../media-error.ts'
import { fragmentInit } from '../mp4/fragment-init.ts'
import { openFragmentReader } from '../mp4/fragments.ts'
import { type FragmentRow, fragmentHead } from '../mp4/movie-fragment.ts'
import type { Track } from '../track.ts'
import { type ClusterFrame, clusterHeads, webmInit } from '../webm/fragment.ts'
import { openWebmReader } from '../webm/reader.ts'
import {
  type LivePart,
  type LiveRun,
  type LiveSegment,
  LiveTimeline,
  type LiveTrack,
  saysHowLong,
} from './live-timeline.ts'

/** What live parts are: fragments for HLS, or clusters where the codecs have no place in MP4. */
export type LiveForm = {
  container: 'mp4' | 'webm'
  /** MIME type with codecs. */
  type: string
  /** What players need first. */
  init: Uint8Array
}

/**
 * A body that is watched while it grows: push its bytes in order, cut anywhere. Hostile bytes never throw; what came
 * before the first fault stays.
 */
export interface LiveBody {
  push(bytes: Uint8Array): void
  /** No more bytes come. */
  finish(): void
  /** Null until something can be shown. */
  readonly form: LiveForm | null
  readonly segments: readonly LiveSegment[]
  readonly ended: boolean
  /** Where the next part is expected. */
  readonly next: { sequence: number; part: number }
  /** A part as a file of its own: a header, and its samples as they lie in the body. */
  partLayout(part: LivePart): Layout
  /** A segment that ended: its parts, one after the other. */
  segmentLayout(segment: LiveSegment): Layout
}

export function openLiveBody(): LiveBody {
  return new GrowingBody()
}

class GrowingBody implements LiveBody {
  readonly #timeline = new LiveTimeline()
  #reader: ContainerReader | null = null
  #head: Uint8Array = new Uint8Array(0)
  #isDamaged = false
  #form: LiveForm | null = null

  push(bytes: Uint8Array): void {
    if (this.#isDamaged || bytes.length === 0) return
    this.#guard(() => {
      if (this.#reader === null) this.#sniff(bytes)
      else this.#reader.push(bytes)
    })
  }

  finish(): void {
    this.#guard(() => this.#reader?.finish())
    this.#guard(() => this.#timeline.finish())
  }

  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      this.#isDamaged = true
    }
  }

  #sniff(bytes: Uint8Array): void {
    const head = new Uint8Array(this.#head.length + bytes.length)
    head.set(this.#head)
    head.set(bytes, this.#head.length)
    this.#head = head
    if (head.length < SNIFF_BYTES) return
    this.#head = new Uint8Array(0)
    const container = sniffContainer(head)
    if (container === 'unknown') throw new MediaError('not-media', 'neither Matroska nor MP4', 0)
    this.#reader = container === 'ebml' ? openWebmReader(this.#timeline) : openFragmentReader(this.#timeline)
    this.#reader.push(head)
  }

  get form(): LiveForm | null {
    if (this.#form === null && this.segments.length > 0) this.#form = formOf(this.#timeline.shown ?? [])
    return this.#form
  }

  get segments(): readonly LiveSegment[] {
    return this.#timeline.segments
  }

  get ended(): boolean {
    return this.#timeline.ended
  }

  get next(): { sequence: number; part: number } {
    return this.#timeline.next
  }

  partLayout(part: LivePart): Layout {
    return this.#layout([part])
  }

  segmentLayout(segment: LiveSegment): Layout {
    return this.#layout(segment.parts)
  }

  #layout(parts: readonly LivePart[]): Layout {
    const { form } = this
    if (form === null) throw new Error('nothing can be shown yet')
    const tracks = this.#timeline.shown ?? []
    const pieces = parts.flatMap((part) => (form.container === 'mp4' ? fragment(part, tracks) : cluster(part, tracks)))
    const type = `${tracks[0]?.track.kind === 'video' ? 'video' : 'audio'}/${form.container}`
    return makeLayout(type, joined(pieces), form.container === 'mp4' ? this.#timeline.patches : null)
  }
}

/** Tracks are numbered from 1 here, whatever the body calls them. */
function numbered(tracks: readonly LiveTrack[]): Track[] {
  return tracks.map(({ track }, index) => ({ ...track, id: index + 1 }))
}

function formOf(shown: readonly LiveTrack[]): LiveForm | null {
  const tracks = numbered(shown)
  const codecs = tracks.map(codecString)
  const asMp4 = fragmentInit(tracks)
  const init = asMp4 ?? webmInit(tracks)
  if (init === null || codecs.includes(null)) return null
  const container = asMp4 === null ? 'webm' : 'mp4'
  return { container, init, type: `${tracks[0]!.kind}/${container}; codecs="${codecs.join(',')}"` }
}

/**
 * Fragments' clock is so much ahead of the recording's, s: what is decoded before it is shown, or before 0, still has a
 * time that a fragment can say. Players take the first fragment's time for the playlist's beginning.
 */
const fragmentLead = 1

/**
 * Matroska's decode times follow from sorting, by which a picture may be shown before it is decoded. That is taken off
 * them again, as much as 16 pictures may take: ffmpeg misreads offsets below 0.
 */
const reorderLead = 0.5

function leadOf({ codec, codecId, parameterSets }: Track): number {
  const isSorted = codecId.startsWith('V_') && ['avc', 'hevc'].includes(codec) && parameterSets === 'config'
  return isSorted ? reorderLead : 0
}

function numberOf(run: LiveRun, tracks: readonly LiveTrack[]): number {
  return tracks.indexOf(run.track) + 1
}

function fragment(part: LivePart, tracks: readonly LiveTrack[]): Extent[] {
  const runs = part.runs.map((run) => {
    const { samples, shift, track } = run.track
    const start = samples.decodeTime(run.from) + shift + (fragmentLead - leadOf(track)) * track.timescale
    const trackId = numberOf(run, tracks)
    return { trackId, start: Math.max(0, Math.round(start)), rows: rowsOf(run, trackId === 1) }
  })
  const head: Extent[] = fragmentHead(part.number, runs).map((bytes) => ({ kind: 'bytes', bytes }))
  return [...head, ...part.runs.flatMap(samplesOf)]
}

/**
 * Each sample lasts until the next one of its part; the last as long as its body says. Where it doesn't, that of the track
 * that leads lasts until the first one of the next part, which was there when the part was cut, any other as long as one
 * before it.
 */
function rowsOf({ track: { samples, track }, from, to }: LiveRun, leads: boolean): FragmentRow[] {
  const rows: FragmentRow[] = []
  const lead = leadOf(track) * track.timescale
  for (let index = from; index < to; index++) {
    const time = Math.round(samples.decodeTime(index))
    const isFollowed = index + 1 < to || (leads && index + 1 < samples.count && !saysHowLong(track))
    const duration = isFollowed ? Math.round(samples.decodeTime(index + 1)) - time : samples.duration(index)
    rows.push({
      size: samples.size(index),
      duration: Math.max(0, Math.round(duration)),
      offset: Math.round(samples.shift(index) + lead),
      sync: samples.isSync(index),
    })
  }
  return rows
}

function samplesOf({ track: { samples }, from, to }: LiveRun): Extent[] {
  const extents: Extent[] = []
  for (let index = from; index < to; index++) {
    extents.push({ kind: 'body', offset: samples.offset(index), length: samples.size(index) })
  }
  return extents
}

function cluster(part: LivePart, tracks: readonly LiveTrack[]): Extent[] {
  type Placed = ClusterFrame & { offset: number }
  const frames = part.runs.flatMap((run): Placed[] => {
    const { samples, shift, track } = run.track
    const trackId = numberOf(run, tracks)
    return Array.from({ length: run.to - run.from }, (_, at) => {
      const index = run.from + at
      // CodecDelay stays in the track's entry, by which players take it off (RFC 9559 §5.1.4.1.25).
      const ticks = samples.decodeTime(index) + samples.shift(index) + shift + track.codecDelay
      return {
        trackId,
        time: Math.max(0, Math.round((1000 * ticks) / track.timescale)),
        size: samples.size(index),
        sync: samples.isSync(index),
        offset: samples.offset(index),
      }
    })
  })
  frames.sort((a, b) => a.time - b.time)
  const heads = clusterHeads(frames[0]!.time, frames)
  const extents: Extent[] = [{ kind: 'bytes', bytes: heads.cluster }]
  for (const [index, { offset, size }] of frames.entries()) {
    extents.push({ kind: 'bytes', bytes: heads.blocks[index]! }, { kind: 'body', offset, length: size })
  }
  return extents
}

/** Ranges of the body that touch are one. */
function joined(extents: readonly Extent[]): Extent[] {
  const result: Extent[] = []
  for (const extent of extents) {
    const last = result.at(-1)
    if (last?.kind === 'body' && extent.kind === 'body' && last.offset + last.length === extent.offset) {
      result[result.length - 1] = { ...last, length: last.length + extent.length }
    } else result.push(extent)
  }
  return result
}
