// One recording's spool as recording and delivery use it: ordered appends, in memory only until the store has them.
//
//   storing ── the store refuses (quota, failure) ──> overflowing ── room again ──> storing
//
// While overflowing, the bytes that found no room can be delivered from memory, up to a bound.
import { Emitter } from '../listeners.ts'
import { EventLog } from './event-log.ts'
import { SpoolError } from './spool-error.ts'
import type { SpoolFile, SpoolMeta, SpoolTarget } from './spool-store.ts'

export type DurableSpoolEvents = {
  /** More of the body, or more events, can be read. */
  grown: null
  /** The store refuses; bytes wait in memory. */
  full: SpoolError
  /** The store takes bytes again, and has them all. */
  recovered: null
}

export type DurableSpoolOptions = {
  /** Most bytes that may wait in memory. */
  memoryBytes?: number
  /** How long to wait before a store that refused is tried again, ms. */
  retryMs?: number
}

/** Acknowledgements are written down this often; what is delivered twice after a crash is no more than that. */
const describeEveryMs = 2000
const describeEveryBytes = 1024 * 1024
/** Kept behind the last acknowledgement, so that a rest can begin at a whole fragment (see rest.ts). */
const keepBehindBytes = 2 * 1024 * 1024
const joinBytes = 1024 * 1024

export class DurableSpool extends Emitter<DurableSpoolEvents> {
  readonly events: EventLog
  readonly #file: SpoolFile
  readonly #memoryBytes: number
  readonly #retryMs: number
  /** Not yet in the store; the first one begins at #pendingFrom. */
  #pending: Uint8Array[] = []
  #pendingFrom: number
  #pendingBytes = 0
  #headEnd: number
  #meta: SpoolMeta
  #overflowing = false
  #cutShort = false
  /** By the clock that nobody sets. */
  #retryAt = 0
  #storing: Promise<void> | null = null
  #described = { at: Number.NEGATIVE_INFINITY, offset: 0 }
  #turn: Promise<unknown> = Promise.resolve()

  constructor(file: SpoolFile, options: DurableSpoolOptions = {}) {
    super()
    this.#file = file
    this.#meta = file.meta
    this.#headEnd = file.meta.headBytes
    this.#pendingFrom = file.size
    this.#memoryBytes = options.memoryBytes ?? 64 * 1024 * 1024
    this.#retryMs = options.retryMs ?? 5000
    this.events = new EventLog(file, this.#retryMs, () => this.emit('grown', null))
  }

  get meta(): SpoolMeta {
    return this.#meta
  }

  /** End of what can be read: durable, or else in memory because the store refuses. */
  get size(): number {
    return this.#overflowing ? this.#pendingFrom + this.#pendingBytes : this.#file.size
  }

  /** First byte that is still held, after the head. */
  get start(): number {
    return this.#file.start
  }

  /** All that was appended, stored or not. */
  get appended(): number {
    return this.#pendingFrom + this.#pendingBytes
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /**
   * Takes the next bytes of the body. `sync`: media begins here; what comes before the first such place is the head.
   *
   * @throws SpoolError `memory-full`
   */
  append(bytes: Uint8Array, sync: boolean): void {
    // Once one piece found no room no later one may follow it: there would be a hole.
    this.#cutShort ||= this.#pendingBytes + bytes.length > this.#memoryBytes
    if (this.#cutShort) {
      throw new SpoolError('memory-full', `${this.#pendingBytes} bytes wait in memory and the store takes no more`)
    }
    if (sync && this.#headEnd === 0) this.#headEnd = this.appended
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    if (this.#overflowing) this.emit('grown', null)
    this.#store()
  }

  /** Settles when all that was appended is durable, or known not to become so. */
  async flushed(): Promise<void> {
    while (this.#storing !== null) await this.#storing
    await this.events.flushed()
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset < this.#file.size) return this.#file.read(offset, length)
    let begin = this.#pendingFrom
    for (const chunk of this.#pending) {
      if (offset < begin + chunk.length) return chunk.subarray(offset - begin, offset - begin + length)
      begin += chunk.length
    }
    return new Uint8Array(0)
  }

  /** Replaces parts of the metadata; kept in memory where the store refuses. */
  async describe(change: Partial<SpoolMeta>): Promise<void> {
    this.#meta = { ...this.#meta, ...change }
    await this.#writeMeta()
  }

  /** The target has everything up to `target.offset`; `bodyOffset` is the same place in the body. */
  async acknowledge(target: SpoolTarget, bodyOffset: number): Promise<void> {
    this.#meta = { ...this.#meta, target }
    this.events.store()
    const now = performance.now()
    if (now - this.#described.at < describeEveryMs && bodyOffset - this.#described.offset < describeEveryBytes) return
    this.#described = { at: now, offset: bodyOffset }
    await this.#writeMeta()
    await this.#release(bodyOffset)
  }

  async close(): Promise<void> {
    await this.flushed()
    await this.#writeMeta()
    await this.#file.close()
  }

  async #writeMeta(): Promise<void> {
    const write = this.#turn.then(() => this.#file.describe(this.#meta))
    this.#turn = write.catch(() => {}) // the next one carries it; the one before stays valid
    await this.#turn
  }

  async #release(bodyOffset: number): Promise<void> {
    if (this.#overflowing && bodyOffset > this.#file.size) {
      // All of the store is delivered: forget it, and what memory holds of it, and begin anew after that.
      await this.#file.release(bodyOffset)
      this.#dropPending(bodyOffset)
      this.#retryAt = 0
    } else {
      await this.#file.release(bodyOffset - keepBehindBytes)
    }
    this.#store()
  }

  #dropPending(until: number): void {
    while (this.#pending[0] !== undefined && this.#pendingFrom < until) {
      const chunk = this.#pending[0]
      const drop = Math.min(chunk.length, until - this.#pendingFrom)
      if (drop === chunk.length) this.#pending.shift()
      else this.#pending[0] = chunk.subarray(drop)
      this.#pendingFrom += drop
      this.#pendingBytes -= drop
    }
  }

  #store(): void {
    if (this.#storing !== null || this.#pending.length === 0) return
    if (this.#overflowing && performance.now() < this.#retryAt) return
    this.#storing = this.#storePending().finally(() => {
      this.#storing = null
    })
  }

  async #storePending(): Promise<void> {
    while (this.#pending.length > 0) {
      const { bytes, chunks } = this.#join()
      try {
        await this.#file.append(bytes)
      } catch (cause) {
        this.#refused(cause)
        return
      }
      this.#pending.splice(0, chunks)
      this.#pendingFrom += bytes.length
      this.#pendingBytes -= bytes.length
      if (this.#meta.headBytes === 0 && this.#headEnd > 0 && this.#file.size >= this.#headEnd) {
        await this.describe({ headBytes: this.#headEnd })
      }
      this.emit('grown', null)
    }
    if (this.#overflowing) {
      this.#overflowing = false
      this.emit('recovered', null)
    }
  }

  #refused(cause: unknown): void {
    this.#retryAt = performance.now() + this.#retryMs
    if (this.#overflowing) return
    this.#overflowing = true
    this.emit('full', cause instanceof SpoolError ? cause : new SpoolError('unavailable', String(cause), { cause }))
    this.emit('grown', null)
  }

  /** The first pending chunks as one: fewer, larger syncs when the disk is slow. */
  #join(): { bytes: Uint8Array; chunks: number } {
    let length = 0
    let chunks = 0
    for (const chunk of this.#pending) {
      if (chunks > 0 && length + chunk.length > joinBytes) break
      length += chunk.length
      chunks++
    }
    if (chunks === 1) return { bytes: this.#pending[0]!, chunks }
    const bytes = new Uint8Array(length)
    let at = 0
    for (const chunk of this.#pending.slice(0, chunks)) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    return { bytes, chunks }
  }
}
