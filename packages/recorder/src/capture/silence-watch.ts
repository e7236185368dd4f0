// Tells a microphone that gives nothing (switched off at its side, the wrong one, muted by the system) from a person who
// says nothing: nothing at all for several seconds, whereas a quiet room has some noise and a talker comes back.

/** Peaks below this (−60 dB of full scale) are silence. */
const quiet = 0.001
const patienceMs = 6000

export class SilenceWatch {
  #heardAt: number
  #silent = false

  constructor(nowMs: number) {
    this.#heardAt = nowMs
  }

  get silent(): boolean {
    return this.#silent
  }

  /** True when `silent` changed. @param peak since the last call, 0 to 1; null where nobody listens (muted, no device) */
  hear(peak: number | null, nowMs: number): boolean {
    if (peak === null || peak >= quiet) this.#heardAt = nowMs
    const silent = nowMs - this.#heardAt >= patienceMs
    const changed = silent !== this.#silent
    this.#silent = silent
    return changed
  }
}
