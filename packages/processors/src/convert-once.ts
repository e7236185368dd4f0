// A piece of work that several ask for:
//
//   ask ─▶ waiting ──a place is free──▶ running ──▶ done: all who asked get the one result
//             └────────── nobody waits any more ──▶ given up: its signal is aborted, and the next ask begins anew
import { ConversionError } from './conversion-error.ts'

export type Asker = {
  /** Aborted: this one waits no more. */
  signal?: AbortSignal | undefined
  /** 0 to 1, never falling. */
  onProgress?: ((fraction: number) => void) | undefined
}

export type Work<T> = (signal: AbortSignal, onProgress: (fraction: number) => void) => Promise<T>

type Shared<T> = { askers: Set<Asker>; progress: number; abort: AbortController; result: Promise<T> }

/** Does the same work once, however many ask for it at once, and so many works at a time. */
export class ConvertOnce<T> {
  private readonly concurrency: number
  private readonly mostWaiting: number
  private readonly shared = new Map<string, Shared<T>>()
  private readonly underWay = new Set<Promise<unknown>>()
  private readonly waiting: (() => void)[] = []
  private running = 0

  constructor(options: { concurrency: number; mostWaiting: number }) {
    this.concurrency = options.concurrency
    this.mostWaiting = options.mostWaiting
  }

  /**
   * @param key the same for all that one result serves
   * @throws ConversionError `busy`, `cancelled`; what the work throws
   */
  async ask(key: string, work: Work<T>, asker: Asker = {}): Promise<T> {
    if (asker.signal?.aborted) throw cancelled()
    const shared = this.shared.get(key) ?? this.begin(key, work)
    const own = { ...asker }
    shared.askers.add(own)
    if (shared.progress > 0) own.onProgress?.(shared.progress)
    return await new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        this.leave(key, shared, own)
        reject(cancelled())
      }
      asker.signal?.addEventListener('abort', leave, { once: true })
      const settle = (): void => asker.signal?.removeEventListener('abort', leave)
      shared.result.then(resolve, reject).finally(settle)
    })
  }

  /** Gives up all that is under way, and waits until it has ended. */
  async close(): Promise<void> {
    for (const [key, shared] of this.shared) this.giveUp(key, shared)
    await Promise.allSettled(this.underWay)
  }

  private begin(key: string, work: Work<T>): Shared<T> {
    if (this.waiting.length >= this.mostWaiting) throw new ConversionError('busy', 'too many conversions wait already')
    const abort = new AbortController()
    const askers = new Set<Asker>()
    const shared: Shared<T> = {
      askers,
      progress: 0,
      abort,
      result: this.run(work, abort.signal, (f) => tell(shared, f)),
    }
    this.shared.set(key, shared)
    const ended = shared.result.then(
      () => {},
      () => {},
    )
    this.underWay.add(ended)
    void ended.then(() => {
      this.underWay.delete(ended)
      if (this.shared.get(key) === shared) this.shared.delete(key)
    })
    return shared
  }

  private async run(work: Work<T>, signal: AbortSignal, onProgress: (fraction: number) => void): Promise<T> {
    await this.place(signal)
    try {
      return await work(signal, onProgress)
    } finally {
      const next = this.waiting.shift()
      if (next === undefined) this.running--
      else next()
    }
  }

  /** A place among those that run; whoever ends hands it to the first who waits. */
  private async place(signal: AbortSignal): Promise<void> {
    // Who asks is entered before anything runs.
    await null
    if (signal.aborted) throw cancelled()
    if (this.running < this.concurrency) {
      this.running++
      return
    }
    await new Promise<void>((resolve, reject) => {
      this.waiting.push(resolve)
      const leave = (): void => {
        const index = this.waiting.indexOf(resolve)
        // Whose turn came just now runs, and finds the signal aborted.
        if (index === -1) return
        this.waiting.splice(index, 1)
        reject(cancelled())
      }
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  private leave(key: string, shared: Shared<T>, asker: Asker): void {
    shared.askers.delete(asker)
    if (shared.askers.size === 0) this.giveUp(key, shared)
  }

  private giveUp(key: string, shared: Shared<T>): void {
    if (this.shared.get(key) === shared) this.shared.delete(key)
    shared.abort.abort()
  }
}

function tell<T>(shared: Shared<T>, fraction: number): void {
  if (fraction <= shared.progress) return
  shared.progress = fraction
  for (const { onProgress } of shared.askers) onProgress?.(fraction)
}

function cancelled(): ConversionError {
  return new ConversionError('cancelled', 'nobody waits for it any more')
}
