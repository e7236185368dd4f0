import { readAacConfig } from '../codec/aac.ts'
import { flacStreamOfConfig } from '../codec/flac.ts'
import { OPUS_RATE } from '../codec/opus.ts'
import { MediaError } from '../media-error.ts'
import type { Track } from '../track.ts'
import { type Rows, RunLengths } from './run-lengths.ts'

/** What the time tables of a track come to if the body ended now; all in `timescale` ticks. */
export type TrackTiming = {
  timescale: number
  /** Time of the first sample's decoding on the body's clock; the tables count from here. */
  start: number
  durations: Rows
  /** Composition offsets. */
  offsets: Rows
  /** Sum of the durations. */
  mediaDuration: number
  /** max(pts + duration), from `start`. */
  end: number
  /** How far every presentation time was moved back so that no offset is negative (rule T4). */
  shift: number
}

/**
 * Turns the times that a body gives into `stts` and `ctts` (TIMING.md). A sample's row is settled when its successor's
 * time is known, so some last samples always wait; `timing` adds them as they would be if nothing more came.
 */
export interface TrackClock {
  add(dts: number, pts: number, duration: number): void
  timing(): TrackTiming
}

/** The clock that fits what the container and codec are known to give. */
export function trackClock(track: Track): TrackClock {
  const isMatroska = /^[AV]_/.test(track.codecId)
  if (!isMatroska) return new GivenClock(track)
  if (track.codec === 'avc' || track.codec === 'hevc') return new ReorderingClock(track)
  const packets = packetClock(track)
  return packets === null ? new GivenClock(track) : new PacketClock(track, packets.rate, packets.samples)
}

/** Largest duration and offset that 32 bits hold, signed as `ctts` version 1 is. */
const LARGEST = 2 ** 31 - 1

class TimeTables {
  readonly durations = new RunLengths()
  readonly offsets = new RunLengths()
  mediaDuration = 0
  end = 0

  /** `dts` from the track's start. */
  settle(dts: number, duration: number, offset: number): void {
    if (duration > LARGEST || Math.abs(offset) > LARGEST) {
      throw new MediaError('malformed', 'the time from one sample to the next is over 31 bits of ticks')
    }
    this.durations.push(duration)
    this.offsets.push(offset)
    this.mediaDuration = dts + duration
    this.end = Math.max(this.end, dts + offset + duration)
  }
}

/** Rule T2: a sample whose duration nothing tells lasts as long as a frame at 30 a second. */
function guessedDuration(timescale: number): number {
  return Math.max(1, Math.round(timescale / 30))
}

/** T1, T2: decode times as they are; durations are their differences. */
class GivenClock implements TrackClock {
  private readonly timescale: number
  private readonly tables = new TimeTables()
  private start = 0
  private hasSample = false
  private dts = 0
  private pts = 0
  private ownDuration = 0
  private lastDifference = 0

  constructor(track: Track) {
    this.timescale = track.timescale
  }

  add(dts: number, pts: number, duration: number): void {
    if (this.hasSample) {
      // The sink promises times that never fall; one that does is held.
      const at = Math.max(dts, this.dts)
      this.lastDifference = at - this.dts
      this.tables.settle(this.dts - this.start, this.lastDifference, this.pts - this.dts)
      this.dts = at
    } else {
      this.hasSample = true
      this.start = dts
      this.dts = dts
    }
    this.pts = pts
    this.ownDuration = duration
  }

  timing(): TrackTiming {
    const { timescale, start, tables } = this
    const last = this.ownDuration || this.lastDifference || guessedDuration(timescale)
    const dts = this.dts - start
    return {
      timescale,
      start,
      durations: tables.durations.rows([last]),
      offsets: tables.offsets.rows([this.pts - this.dts]),
      mediaDuration: dts + last,
      end: Math.max(tables.end, this.pts - start + last),
      shift: 0,
    }
  }
}

/** H.264 and H.265 reorder by at most 16 pictures (max_num_reorder_frames, H.264 Annex A; MaxDpbSize, H.265 A.4.2). */
const REORDER_WINDOW = 16

/** T4: only presentation times are known, in decoding order; the i-th sample is decoded at the i-th smallest of them. */
class ReorderingClock implements TrackClock {
  private readonly timescale: number
  private readonly tables = new TimeTables()
  /** Presentation times of samples that are not settled, in decoding order. */
  private readonly waiting: number[] = []
  /** The decode times that these samples will get, ascending. */
  private readonly sorted: number[] = []
  private start: number | null = null
  private settledDts = 0
  private ownDuration = 0
  private shift = 0

  constructor(track: Track) {
    this.timescale = track.timescale
  }

  add(_dts: number, pts: number, duration: number): void {
    let place = this.sorted.length
    while (place > 0 && this.sorted[place - 1]! > pts) place--
    this.sorted.splice(place, 0, pts)
    this.waiting.push(pts)
    this.ownDuration = duration
    if (this.waiting.length > REORDER_WINDOW + 1) this.settleFirst()
  }

  private settleFirst(): void {
    const first = this.waiting.shift()!
    this.start ??= this.sorted[0]!
    const dts = Math.max(this.sorted.shift()! - this.start, this.settledDts)
    const next = Math.max(this.sorted[0]! - this.start, dts)
    const offset = first - this.start - dts
    this.tables.settle(dts, next - dts, offset)
    this.shift = Math.max(this.shift, -offset)
    this.settledDts = next
  }

  timing(): TrackTiming {
    const { timescale, tables, sorted, waiting } = this
    const start = this.start ?? sorted[0] ?? 0
    const durations: number[] = []
    const offsets: number[] = []
    let shift = this.shift
    let end = tables.end
    let dts = this.settledDts
    waiting.forEach((pts, index) => {
      dts = Math.max(sorted[index]! - start, dts)
      const next = sorted[index + 1]
      const difference = index > 0 ? durations[index - 1]! : 0
      const duration =
        next === undefined
          ? this.ownDuration || difference || guessedDuration(timescale)
          : Math.max(next - start, dts) - dts
      durations.push(duration)
      offsets.push(pts - start - dts)
      shift = Math.max(shift, dts - (pts - start))
      end = Math.max(end, pts - start + duration)
    })
    return {
      timescale,
      start,
      durations: tables.durations.rows(durations),
      offsets: tables.offsets.rows(offsets, shift),
      mediaDuration: dts + (durations.at(-1) ?? 0),
      end,
      shift,
    }
  }
}

/**
 * T5: block times wander by ±4 ms (Chromium) and are rounded to milliseconds, while the packets themselves last a
 * whole number of samples. Twice that wander is 10 ms: more would let a lost packet of 10 ms pass unseen, less would
 * break the run-lengths for nothing; people notice sound 45 ms early at the soonest (ITU-R BT.1359).
 */
const TOLERANCE_SECONDS = 0.01

/** T5: time runs on by the packets' own lengths for as long as the body's clock agrees. */
class PacketClock implements TrackClock {
  private readonly timescale: number
  private readonly bodyTimescale: number
  private readonly packetSamples: number
  private readonly tables = new TimeTables()
  private start: number | null = null
  /** Of the last sample, from `start`. */
  private at = 0
  private length = 0

  constructor(track: Track, rate: number, packetSamples: number) {
    this.timescale = rate
    this.bodyTimescale = track.timescale
    this.packetSamples = packetSamples
  }

  add(_dts: number, pts: number, duration: number): void {
    const time = (pts * this.timescale) / this.bodyTimescale
    const length = this.packetSamples || this.opusLength(duration)
    if (this.start === null) {
      this.start = Math.round(time)
      this.length = length
      return
    }
    const given = Math.max(Math.round(time) - this.start, this.at)
    const expected = this.at + this.length
    const isInStep = this.length > 0 && Math.abs(given - expected) <= TOLERANCE_SECONDS * this.timescale
    const at = isInStep ? expected : given
    this.tables.settle(this.at, at - this.at, 0)
    this.at = at
    this.length = length || this.length
  }

  /** Packets last a multiple of 2.5 ms (RFC 6716 §2), which milliseconds can't say. */
  private opusLength(duration: number): number {
    return Math.round((duration / this.bodyTimescale) * 400) * 120
  }

  timing(): TrackTiming {
    const last = this.length || guessedDuration(this.timescale)
    const mediaDuration = this.at + last
    return {
      timescale: this.timescale,
      start: this.start ?? 0,
      durations: this.tables.durations.rows([last]),
      offsets: this.tables.offsets.rows([0]),
      mediaDuration,
      end: mediaDuration,
      shift: 0,
    }
  }
}

/** Samples of each packet, 0 where only the packet tells (Opus); null where the codec has no such length. */
function packetClock(track: Track): { rate: number; samples: number } | null {
  switch (track.codec) {
    case 'opus':
      return { rate: OPUS_RATE, samples: 0 }
    case 'aac': {
      const config = track.config === null ? null : readAacConfig(track.config)
      return config === null ? null : { rate: config.sampleRate, samples: config.frameSamples }
    }
    case 'mp3': {
      // ISO 11172-3 §2.4.2.1 and ISO 13818-3: layer III has two granules of 576, one below 32 kHz.
      const rate = track.audio?.sampleRate ?? 0
      return rate > 0 ? { rate, samples: rate >= 32000 ? 1152 : 576 } : null
    }
    case 'flac': {
      const stream = track.config === null ? null : flacStreamOfConfig(track.config)
      const isFixed = stream !== null && stream.sampleRate > 0 && stream.minBlock === stream.maxBlock
      return isFixed ? { rate: stream.sampleRate, samples: stream.minBlock } : null
    }
    default:
      return null
  }
}
