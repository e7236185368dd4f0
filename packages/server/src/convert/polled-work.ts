// Work that somebody asks after now and then, instead of waiting for it:
//
//   ask ──▶ under way ──▶ ended, until somebody was told ──▶ forgotten
//              └── nobody asked for a while ──▶ given up
import { setTimeout as sleep } from 'node:timers/promises'

/** Between two asks of one who has not left. */
const patienceMs = 15_000

export type Told<Result> = { state: 'done'; result: Result } | { state: 'running'; progress: number }

type Work<Result> = (signal: AbortSignal, onProgress: (fraction: number) => void) => Promise<Result>

type Entry<Result> = {
  result: Promise<Result>
  progress: number
  giveUp: AbortController
  asking: number
  timer: NodeJS.Timeout | undefined
}

export class PolledWork<Result> {
  readonly #entries = new Map<string, Entry<Result>>()
  readonly #patienceMs: number

  constructor(patience: number = patienceMs) {
    this.#patienceMs = patience
  }

  /**
   * How far it is, or its result where that is there within `waitMs`. What it throws is told once as well.
   *
   * @param key of the work; what is under way under it already is asked after
   */
  async ask(key: string, work: Work<Result>, waitMs: number): Promise<Told<Result>> {
    const entry = this.#entries.get(key) ?? this.#begin(key, work)
    clearTimeout(entry.timer)
    entry.asking++
    const waited = new AbortController()
    let isTold = true
    try {
      const done = await Promise.race([
        entry.result.then((result) => ({ state: 'done', result }) as const),
        sleep(waitMs, null, { signal: waited.signal }),
      ])
      if (done !== null) return done
      isTold = false
      return { state: 'running', progress: entry.progress }
    } finally {
      waited.abort()
      entry.asking--
      if (isTold) this.#forget(key, entry)
      else if (entry.asking === 0) {
        entry.timer = setTimeout(() => {
          this.#forget(key, entry)
          entry.giveUp.abort()
        }, this.#patienceMs).unref()
      }
    }
  }

  #begin(key: string, work: Work<Result>): Entry<Result> {
    const giveUp = new AbortController()
    const { promise: result, resolve } = Promise.withResolvers<Result>()
    const entry: Entry<Result> = { result, progress: 0, giveUp, asking: 0, timer: undefined }
    // It may tell of its progress at once: others may have begun the same.
    const onProgress = (fraction: number) => {
      entry.progress = fraction
    }
    resolve(work(giveUp.signal, onProgress))
    // Whoever asks next is told.
    entry.result.catch(() => {})
    this.#entries.set(key, entry)
    return entry
  }

  #forget(key: string, entry: Entry<Result>): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key)
  }
}
