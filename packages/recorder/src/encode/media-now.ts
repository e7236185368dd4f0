// The media clock of the encoding worker, as the page sees it: it tells now and then what it showed, and in between time
// goes on at the same rate. The two threads' clocks have other zeros, so it is known only how late a message was at most:
// the fastest of them tells how the zeros stand. Where nothing was told for long the machine has slept, and that is no
// time of the media.
//
//   unknown ── told ──> running <── pause, resume ──> paused
import { asleepMs } from './media-clock.ts'

export class MediaNow {
  /** The page's clock less the worker's, ms. */
  #apartMs = Number.POSITIVE_INFINITY
  #last: { mediaMs: number; workerMs: number } | null = null
  #pausedAtMs: number | null = null

  /** The media clock showed `mediaMs` when the worker's showed `workerMs`, and the page heard of it at `nowMs`. */
  told(mediaMs: number, workerMs: number, nowMs: number): void {
    this.#apartMs = Math.min(this.#apartMs, nowMs - workerMs)
    this.#last = { mediaMs, workerMs }
  }

  pause(nowMs: number): void {
    this.#pausedAtMs ??= this.at(nowMs)
  }

  resume(nowMs: number): void {
    if (this.#pausedAtMs === null) return
    if (this.#last !== null) this.#last = { mediaMs: this.#pausedAtMs, workerMs: nowMs - this.#apartMs }
    this.#pausedAtMs = null
  }

  /** Ms of media at `nowMs` of the page's clock; stands still in a pause, 0 before the first picture. */
  at(nowMs: number): number {
    if (this.#pausedAtMs !== null) return this.#pausedAtMs
    if (this.#last === null) return 0
    const sinceMs = nowMs - this.#apartMs - this.#last.workerMs
    return Math.max(0, this.#last.mediaMs + Math.min(sinceMs, asleepMs))
  }
}
