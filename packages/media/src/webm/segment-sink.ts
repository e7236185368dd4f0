import type { TrackEntry } from './track-entry.ts'

/** What the WebM view needs to know beyond samples. Offsets are bytes from the start of the body. */
export interface SegmentSink {
  /** Info and Tracks are known; comes before the first cluster. `timestampScale`: nanoseconds a tick. */
  segment(timestampScale: number, entries: readonly TrackEntry[]): void
  /** A Cluster's header: `offset` to `dataOffset`. `patchable`: its unknown size has 8 bytes, so a patch will tell it. */
  clusterBegins(offset: number, dataOffset: number, sizeKnown: boolean, patchable: boolean): void
  /** A Cluster of unknown size turned out to end here. */
  clusterEnds(offset: number): void
  /** Anything between or behind clusters that isn't one (Cues, Tags), `Void` excepted. */
  foreign(offset: number, end: number): void
  /** One whole block; `time` in ticks of the segment; `end` is that of the BlockGroup where it has one. */
  block(trackId: number, time: number, sync: boolean, end: number): void
  /** A block of this track has BlockAdditions (alpha, among others). */
  blockAdditions(trackId: number): void
}
