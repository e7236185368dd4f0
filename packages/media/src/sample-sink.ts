import type { Track } from './track.ts'

/**
 * Where a parser puts what it finds, in the order of the body. Plain numbers instead of objects: an hour of video has
 * half a million samples, and nothing should be allocated for any of them.
 */
export interface SampleSink {
  /** A track became known, or (same id) its `config` did. Comes before the track's first sample. */
  track(track: Track): void
  /**
   * One whole sample. `offset` and `size` are bytes in the body; `dts`, `pts` and `duration` are ticks of the track
   * (`dts` in decoding order and never falling; `duration` 0 where only the next sample can tell).
   */
  sample(trackId: number, offset: number, size: number, dts: number, pts: number, duration: number, sync: boolean): void
  /** Same-size bytes that the views lay over the body at `offset` (NAL unit lengths; 7: the
   * size behind the 0x01 of an 8-byte EBML size, which is the same for an unknown size and a known one). */
  patch(view: 'mp4' | 'webm', offset: number, bytes: 4 | 7 | 8, value: number): void
  /** Matroska: a cluster begins at `offset`, its timestamp in ticks of the segment. */
  cluster(offset: number, timestamp: number): void
}
