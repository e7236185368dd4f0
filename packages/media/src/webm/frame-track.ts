import { av1CFromTemporalUnit } from '../codec/av1.ts'
import { avcCFromAnnexB } from '../codec/avc.ts'
import { opusPacketSamples } from '../codec/opus.ts'
import { vpcCFromKeyFrame } from '../codec/vp9.ts'
import type { SampleSink } from '../sample-sink.ts'
import { DecodingOrder } from './decoding-order.ts'
import type { TrackEntry } from './track-entry.ts'

/** As much of a frame as decoder configurations are found in: they stand in front. */
export const HEAD_BYTES = 4096

/** The one of a track's bytes that the reader must look at; the rest is only counted. */
export type Look = 'nothing' | 'toc' | 'head' | 'annex-b'

/** How the frames of one track become samples: ticks, durations, the configuration in its first key frame. */
export class FrameTrack {
  readonly entry: TrackEntry
  readonly id: number
  readonly isAudio: boolean
  readonly #sink: SampleSink
  readonly #nanosecondsPerTick: number
  /** Ticks of the track for a tick of the segment, where that is a whole number, else 0. */
  readonly #factor: number
  readonly #timescale: number
  readonly #frameTicks: number
  readonly #order: DecodingOrder | null
  #lastDts = Number.NEGATIVE_INFINITY
  look: Look

  constructor(entry: TrackEntry, timestampScale: number, sink: SampleSink) {
    const { track } = entry
    this.entry = entry
    this.id = track.id
    this.isAudio = track.kind === 'audio'
    this.#sink = sink
    this.#nanosecondsPerTick = timestampScale
    this.#timescale = track.timescale
    const factor = (timestampScale * track.timescale) / 1e9
    this.#factor = Number.isInteger(factor) ? factor : 0
    this.#frameTicks = frameTicks(entry)
    const reordered = track.codec === 'hevc' || (track.codec === 'avc' && track.parameterSets === 'config')
    // Chromium's own H.264 comes from real-time encoders, which have no B frames: nothing waits there.
    this.#order = reordered ? new DecodingOrder(track.id, sink.sample.bind(sink)) : null
    if (entry.encoded !== null) this.look = 'nothing'
    else if (track.codec === 'opus') this.look = 'toc'
    else if (track.codec === 'avc' && track.parameterSets === 'in-band') this.look = 'annex-b'
    else if (needsConfig(entry)) this.look = 'head'
    else this.look = 'nothing'
  }

  /** Not rounded. */
  ticks(segmentTicks: number): number {
    if (this.#factor !== 0) return segmentTicks * this.#factor
    return (segmentTicks * this.#nanosecondsPerTick * this.#timescale) / 1e9
  }

  ticksOfNanoseconds(nanoseconds: number): number {
    return (nanoseconds * this.#timescale) / 1e9
  }

  /** Length of the Opus packet that begins with these bytes: it knows its own, whatever its block says. */
  packetTicks(head: Uint8Array): number {
    return opusPacketSamples(head)
  }

  /** Length of a frame, not rounded, 0 where unknown; `share` is its part of BlockDuration, -1 where there is none. */
  frameTicks(share: number): number {
    return share >= 0 ? share : this.#frameTicks
  }

  get lacksConfig(): boolean {
    return this.entry.track.config === null
  }

  /** Tries to build the decoder configuration from the head of a key frame. */
  findConfig(head: Uint8Array): void {
    const { track } = this.entry
    if (track.config !== null) return
    const config = configFromFrame(this.entry, head)
    if (config === null) return
    const configured = { ...track, config }
    this.entry.track = configured
    if (this.look === 'head') this.look = 'nothing'
    this.#sink.track(configured)
  }

  sample(offset: number, size: number, pts: number, duration: number, sync: boolean): void {
    if (this.#order !== null) {
      this.#order.add(offset, size, pts, duration, sync)
      return
    }
    // Without B frames both times are the same, but for writers whose clock goes back.
    if (pts > this.#lastDts) this.#lastDts = pts
    this.#sink.sample(this.id, offset, size, this.#lastDts, pts, duration, sync)
  }

  finish(): void {
    this.#order?.finish()
  }
}

function needsConfig({ track }: TrackEntry): boolean {
  return track.config === null && (track.codec === 'vp9' || track.codec === 'av1')
}

function configFromFrame({ track }: TrackEntry, head: Uint8Array): Uint8Array | null {
  switch (track.codec) {
    case 'vp9':
      return vpcCFromKeyFrame(head)
    case 'av1':
      return av1CFromTemporalUnit(head, track.codecPrivate)
    case 'avc':
      return avcCFromAnnexB(head)
    default:
      return null
  }
}

/** DefaultDuration, else what the codec fixes (frames of a lace have no times of their own). */
function frameTicks({ track, defaultDuration }: TrackEntry): number {
  if (defaultDuration > 0) return (defaultDuration * track.timescale) / 1e9
  const rate = track.audio?.sampleRate ?? 0
  if (rate === 0) return 0
  // ISO 14496-3 §4.5.1.1: 1024 samples a frame; ISO 11172-3: 1152, ISO 13818-3 (low rates): 576.
  if (track.codec === 'aac') return (1024 * track.timescale) / rate
  if (track.codec === 'mp3') return ((rate < 32_000 ? 576 : 1152) * track.timescale) / rate
  return 0
}
