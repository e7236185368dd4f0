import { av1CFromTemporalUnit } from '../codec/av1.ts'
import type { SampleSink } from '../sample-sink.ts'
import type { Track } from '../track.ts'
import type { SampleCursor } from './sample-cursor.ts'

/** A sequence header OBU stands in the first few bytes of its temporal unit. */
const HEAD_BYTES = 4096

type Wanted = { track: Track; start: number; end: number; head: Uint8Array; filled: number }

/**
 * Completes configurations that lack what only the first sample has: Chromium's `av1C` is 4 bytes, without the
 * sequence header that AV1 ISO Media File Format Binding §2.3.4 has in configOBUs.
 */
export class ConfigCapture {
  private readonly sink: SampleSink
  private readonly tracks = new Map<number, Track>()
  private readonly wanted: Wanted[] = []

  constructor(sink: SampleSink) {
    this.sink = sink
  }

  addTrack(track: Track): void {
    if (track.codec === 'av1' && (track.config?.length ?? 0) <= 4) this.tracks.set(track.id, track)
  }

  get isIdle(): boolean {
    return this.wanted.length === 0
  }

  /** `first` stands on the track's first sample, whose bytes are still to come. */
  expect(trackId: number, first: SampleCursor): void {
    const track = this.tracks.get(trackId)
    if (track === undefined) return
    this.tracks.delete(trackId)
    const length = Math.min(first.size, HEAD_BYTES)
    const start = first.offset
    this.wanted.push({ track, start, end: start + length, head: new Uint8Array(length), filled: 0 })
  }

  /** Bytes of the body at `position` go by, before the samples in them are told. */
  pass(position: number, bytes: Uint8Array): void {
    for (let index = this.wanted.length - 1; index >= 0; index--) {
      const wanted = this.wanted[index]!
      const from = Math.max(wanted.start, position)
      const to = Math.min(wanted.end, position + bytes.length)
      if (from < to) {
        wanted.head.set(bytes.subarray(from - position, to - position), from - wanted.start)
        wanted.filled += to - from
      }
      if (position + bytes.length < wanted.end) continue
      this.wanted.splice(index, 1)
      if (wanted.filled === wanted.head.length) this.complete(wanted)
    }
  }

  private complete({ track, head }: Wanted): void {
    const config = av1CFromTemporalUnit(head, track.config)
    if (config !== null && config !== track.config) this.sink.track({ ...track, config })
  }
}
