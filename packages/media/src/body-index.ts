import type { Layout } from './layout.ts'
import type { MediaError } from './media-error.ts'
import type { Track } from './track.ts'

/** A published form of a body: there at once, or why not. */
export type View =
  | { state: 'ready'; layout: Layout }
  | { state: 'needs-encode'; reason: string }
  | { state: 'unsupported'; reason: string }

/**
 * What a body holds, kept as it grows: push the bytes in order, cut anywhere, and ask at any time.
 * Hostile bytes never throw: the first fault is kept in `damage`, what was whole before it stays usable, and later
 * bytes are counted but not read.
 */
export interface BodyIndex {
  push(bytes: Uint8Array): void
  /** No more bytes come: the last sample's duration is settled, buffers are let go. */
  finish(): void
  /** Bytes pushed so far. */
  readonly bytes: number
  /** End of the last whole sample (bytes from the start of the body). */
  readonly wholeBytes: number
  readonly container: 'webm' | 'matroska' | 'mp4' | 'unknown'
  readonly tracks: readonly Track[]
  readonly damage: MediaError | null
  /** Longest track: max(pts + duration), ms. */
  readonly durationMs: number
  sampleCount(trackId: number): number
  /** Complete, seekable MP4 (`moov` in front) of the whole samples so far. */
  mp4View(): View
  /** Complete, seekable WebM (Cues in front) of the whole samples so far. */
  webmView(): View
}
