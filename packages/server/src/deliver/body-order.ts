import type { ListedFile } from '@rushes/protocol'
import type { Manifest } from './manifest.ts'

/** Where a segment lies in the recording's body. */
export type Placement = { file: ListedFile; offset: number }

/**
 * The order of a delivery's segments in the recording's body: after the header, sequence by sequence, of each sequence the
 * video before the audio. It follows from the manifest alone, whatever order the files came in, so that nothing about it
 * needs to be stored. A representation without a segment of some sequence is waited for until the manifest has ended.
 */
export class BodyOrder {
  readonly #manifest: Manifest
  #sequence = 0
  #index = 0
  /** End of what was placed. */
  offset: number

  constructor(manifest: Manifest, headerBytes: number) {
    this.#manifest = manifest
    this.offset = headerBytes
  }

  /** The next segment, or null when none is listed (yet). */
  peek(): Placement | null {
    const representations = this.#manifest.bodyRepresentations()
    for (;;) {
      const segments = representations[this.#index]?.segments
      if (segments === undefined) {
        if (!representations.some(({ segments: all }) => all.length > this.#sequence)) return null
        this.#sequence++
        this.#index = 0
        continue
      }
      const segment = segments[this.#sequence]
      if (segment !== undefined) return { file: segment.file, offset: this.offset }
      if (!this.#manifest.ended) return null
      this.#index++
    }
  }

  /** Goes on behind what peek() answered. */
  take(): void {
    const next = this.peek()
    if (next === null) return
    this.offset += next.file.size
    this.#index++
  }
}
