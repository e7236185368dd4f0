// One time line for pictures and sound: ms of media, without pauses.
//
// Pictures are placed by the clock of this machine, sound by counting its samples; the two run apart by up to some 100
// parts in a million (0.4 s an hour), more where sound was lost. Sound is never bent for that: the clock follows the
// sound, slowly, and pictures follow the clock. Only a hole in the sound (a device that went away) is filled with silence,
// and only what comes after such a filling in its place is dropped. A machine that sleeps records neither: it is a pause.

/** How fast the clock may be bent, ms each ms: not to be seen. */
const slewRate = 0.001
/** Over how long the smallest delay of sound is taken for the real one; what is above it is scheduling, ms. */
const windowMs = 1500
/** A difference that came within one window and is larger than this is lost sound, not drift, ms. */
const stepMs = 40
/** About a third of a second of sound, which comes in pieces of 10 ms. */
const rememberedReads = 32
/** Its thread runs many times a second, if not on a very busy machine: where it did not for this long, the machine slept, ms. */
export const asleepMs = 10_000

export class MediaClock {
  readonly #startMs: number
  #pausedMs = 0
  #pausedAt: number | null = null
  #slewMs = 0
  #slewTargetMs = 0
  #slewedAt: number
  #awakeAt: number
  #window: { since: number; leastMs: number } | null = null

  /** @param nowMs of a monotonic clock, e.g. performance.now() */
  constructor(nowMs: number) {
    this.#startMs = nowMs
    this.#slewedAt = nowMs
    this.#awakeAt = nowMs
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
    this.#awakeAt = nowMs
    this.#window = null
  }

  /**
   * To be called whenever its thread runs, before anything else is asked. A sleep is taken for a pause.
   *
   * @returns how long the machine slept until now, ms; 0 nearly always, and in a pause
   */
  wake(nowMs: number): number {
    const sleptAt = this.#awakeAt
    const sleptMs = nowMs - sleptAt
    this.#awakeAt = nowMs
    if (this.paused || sleptMs < asleepMs) return 0
    this.pause(sleptAt)
    this.resume(nowMs)
    return sleptMs
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
   * Sound up to `soundMs` (counted in samples) was there at `nowMs`. Answers how much is missing before it (positive) or
   * too much (negative), ms; 0 nearly always.
   */
  heard(nowMs: number, soundMs: number): number {
    const lagMs = this.at(nowMs) - soundMs
    this.#window ??= { since: nowMs, leastMs: lagMs }
    this.#window.leastMs = Math.min(this.#window.leastMs, lagMs)
    if (nowMs - this.#window.since < windowMs) return 0
    const { leastMs } = this.#window
    this.#window = null
    if (Math.abs(leastMs) > stepMs) return leastMs
    this.#slewTargetMs = this.#slewMs - leastMs
    return 0
  }
}

/**
 * When sound was there. The times that the browser writes on it count samples: they say nothing about the machine's clock,
 * and jump against it when the browser itself was held up. But among the pieces that were read last, the one that waited
 * least for its reader tells how the two stand; the others were there earlier than they were read.
 */
export class SoundTimes {
  readonly #waits: number[] = []
  readonly #notBeforeMs: number
  #caughtUp = false

  /** @param notBeforeMs nothing is placed before this, e.g. the end of a sleep */
  constructor(notBeforeMs: number = Number.NEGATIVE_INFINITY) {
    this.#notBeforeMs = notBeforeMs
  }

  /** @param nowMs when it was read @param endMs by its own time, the end of it @returns on the clock of `nowMs` */
  place(nowMs: number, endMs: number): number {
    const waitedMs = nowMs - endMs
    this.#waits.push(waitedMs)
    if (this.#waits.length > rememberedReads) this.#waits.shift()
    const leastMs = Math.min(...this.#waits)
    this.#caughtUp = this.#waits.length === rememberedReads && waitedMs - leastMs < stepMs
    return Math.max(this.#notBeforeMs, endMs + leastMs)
  }

  /** Enough was read, and as fast as it comes: what {@link place} says can be relied on. */
  get caughtUp(): boolean {
    return this.#caughtUp
  }
}
