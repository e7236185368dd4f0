/**
 * Reads one container incrementally and tells a `SampleSink` what it finds.
 * Hostile bytes make `push` throw a `MediaError`; after that nothing more may be pushed.
 */
export interface ContainerReader {
  push(bytes: Uint8Array): void
  /** No more bytes come: what was held back for its successor is told now. */
  finish(): void
  /** End of the last whole sample, in bytes from the start of the body. */
  readonly wholeBytes: number
  /** After `finish`: what a header had announced and did not come, in words; null where nothing is missing. */
  readonly cutShort: string | null
}
