// The events of one spool as recording and delivery use them: in the store, or, while that refuses, in memory.
import { maxEvents } from '@rushes/protocol'
import { SpoolError } from './spool-error.ts'
import type { SpoolFile } from './spool-store.ts'

/** An event's JSON, and how long the body was when it was noted: what it belongs to comes after that. */
export type NotedEvent = { text: string; bodyBytes: number }

export class EventLog {
  readonly #file: SpoolFile
  readonly #retryMs: number
  readonly #changed: () => void
  #stored: number
  /** Not yet in the store. */
  #pending: string[] = []
  #refused = false
  /** By the clock that nobody sets. */
  #retryAt = 0
  #storing: Promise<void> | null = null

  /** @param changed more can be read */
  constructor(file: SpoolFile, retryMs: number, changed: () => void) {
    this.#file = file
    this.#stored = file.events
    this.#retryMs = retryMs
    this.#changed = changed
  }

  /** End of what can be read: durable, or else in memory because the store refuses. */
  get count(): number {
    return this.#stored + (this.#refused ? this.#pending.length : 0)
  }

  /** All that were noted, stored or not. */
  get noted(): number {
    return this.#stored + this.#pending.length
  }

  /** @throws SpoolError `memory-full` where a recording takes no more */
  append({ text, bodyBytes }: NotedEvent): void {
    if (this.noted >= maxEvents) throw new SpoolError('memory-full', `a recording has at most ${maxEvents} events`)
    this.#pending.push(`${bodyBytes} ${text}`)
    if (this.#refused) this.#changed()
    this.store()
  }

  /** Tries to store what is not. */
  store(): void {
    if (this.#storing !== null || this.#pending.length === 0 || performance.now() < this.#retryAt) return
    this.#storing = this.#storePending().finally(() => {
      this.#storing = null
    })
  }

  async flushed(): Promise<void> {
    while (this.#storing !== null) await this.#storing
  }

  async read(first: number, most: number): Promise<NotedEvent[]> {
    const stored = this.#stored
    const lines =
      first < stored
        ? await this.#file.readEvents(first, Math.min(most, stored - first))
        : this.#pending.slice(first - stored, first - stored + most)
    return lines.map((line) => {
      const space = line.indexOf(' ')
      return { bodyBytes: Number(line.slice(0, space)), text: line.slice(space + 1) }
    })
  }

  /** Number of the first event that was noted when the body had come to `bodyBytes`; the count where there is none. */
  async firstAfter(bodyBytes: number): Promise<number> {
    for (let first = 0; first < this.count; ) {
      const events = await this.read(first, 1000)
      const found = events.findIndex((event) => event.bodyBytes >= bodyBytes)
      if (found >= 0) return first + found
      if (events.length === 0) break
      first += events.length
    }
    return this.count
  }

  async #storePending(): Promise<void> {
    while (this.#pending.length > 0) {
      const taken = [...this.#pending]
      try {
        await this.#file.appendEvents(taken)
      } catch {
        this.#refused = true
        this.#retryAt = performance.now() + this.#retryMs
        this.#changed()
        return
      }
      this.#stored += taken.length
      this.#pending = this.#pending.slice(taken.length)
      this.#refused = false
      this.#changed()
    }
  }
}
