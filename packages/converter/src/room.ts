// How much may come out of archives in one job: archives within archives multiply, and each for itself is small.
import type { JobState } from '@rushes/pipeline'
import { MOST_FILES } from './input/found-file.ts'

export type Room = { files: number; bytes: number }

const freeBytes = 2 ** 30
/** Of what was given: more than anybody's recording is packed. */
const mostRatio = 250

/** Counts a job's files as they come. */
export class RoomCount {
  #state: JobState | null = null
  #seen = 0
  #files = 0
  #given = 0
  #unpacked = 0

  /** What is left, by what has come so far: tasks that run at once don't know of each other's. */
  left(state: JobState | null): Room {
    if (state !== this.#state) {
      this.#state = state
      this.#seen = this.#files = this.#given = this.#unpacked = 0
    }
    for (; this.#seen < (state?.added.length ?? 0); this.#seen++) {
      const { kind, data, bytes = 0 } = state!.added[this.#seen]!
      if (!kind.startsWith('file/')) continue
      this.#files++
      const { depth = 0 } = data as { depth?: number }
      if (depth > 0) this.#unpacked += bytes
      else this.#given += bytes
    }
    return {
      files: Math.max(0, MOST_FILES - this.#files),
      bytes: Math.max(0, freeBytes + mostRatio * this.#given - this.#unpacked),
    }
  }
}
