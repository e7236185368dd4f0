// One time line for pictures and sound: ms of media, without pauses.
//
// Pictures are placed by the clock of this machine, sound by counting its samples; the two run apart by up to some 100
// parts in a million (0.4 s an hour), more where sound was lost. Sound is never bent for that: the clock follows the
// sound, slowly, and pictures follow the clock. Only a hole in the sound (a device that went away, a machine that
// slept) is filled with silence, and only a burst that comes after such a filling is dropped.

/** How fast the clock may be bent, ms each ms: not to be seen. */
const slewRate = 0.001
/** Over how long the smallest delay of sound is taken for the real one; what is above it is scheduling, ms. */
const windowMs = 2000
/** Sound that is missing for longer than this is a hole, ms. */
export const holeMs = 600

export class MediaClock {
  readonly #startMs: number
  #pausedMs = 0
  #pausedAt: number | null = null
  #slewMs = 0
  #slewTargetMs = 0
  #slewedAt: number
  #window: { since: number; leastMs: number } | null = null
  #usualLagMs: number | null = null

  /** @param nowMs of a monotonic clock, e.g. performance.now() */
  constructor(nowMs: number) {
    this.#startMs = nowMs
    this.#slewedAt = nowMs
  }

  get paused(): boolean {
    return this.#pausedAt !== null
  }

  pause(nowMs: number): void {
    this.#pausedAt ??= nowMs
  }

  resume(nowMs: number): void {
    if (this.#pausedAt === null) return
    this.#pausedMs += nowMs - this.#pausedAt
    this.#pausedAt = null
    this.#slewedAt = nowMs
    this.#window = null
  }

  /** Ms of media at `nowMs`; stands still in a pause. */
  at(nowMs: number): number {
    const until = this.#pausedAt ?? nowMs
    const most = Math.max(0, until - this.#slewedAt) * slewRate
    const step = Math.max(-most, Math.min(most, this.#slewTargetMs - this.#slewMs))
    if (most > 0) {
      this.#slewMs += step
      this.#slewedAt = until
    }
    return until - this.#startMs - this.#pausedMs + this.#slewMs
  }

  /**
   * Sound up to `soundMs` (counted in samples) came at `nowMs`. Answers how much of it is too much (negative) or missing
   * before it (positive), ms; 0 nearly always.
   */
  heard(nowMs: number, soundMs: number): number {
    const lagMs = this.at(nowMs) - soundMs
    if (lagMs > holeMs || lagMs < -holeMs) {
      this.#window = null
      return lagMs - (this.#usualLagMs ?? 0)
    }
    this.#window ??= { since: nowMs, leastMs: lagMs }
    this.#window.leastMs = Math.min(this.#window.leastMs, lagMs)
    if (nowMs - this.#window.since >= windowMs) {
      this.#usualLagMs ??= this.#window.leastMs
      this.#slewTargetMs = this.#slewMs - (this.#window.leastMs - this.#usualLagMs)
      this.#window = null
    }
    return 0
  }
}
