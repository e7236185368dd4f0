import { describe, expect, it } from 'vitest'
import { PolledWork } from './polled-work.ts'

/** Work that goes on when it is told to. */
function heldWork() {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const held = { begun: 0, signal: null as AbortSignal | null, tell: (_: number) => {}, resolve, reject }
  const work = (signal: AbortSignal, onProgress: (fraction: number) => void) => {
    held.begun++
    held.signal = signal
    held.tell = onProgress
    return promise
  }
  return { held, work }
}

describe('work that is asked after', () => {
  it('is begun once, tells how far it is, and its result to whoever asks then', async () => {
    const { held, work } = heldWork()
    const polled = new PolledWork<string>()
    expect(await polled.ask('a', work, 0)).toEqual({ state: 'running', progress: 0 })
    held.tell(0.5)
    expect(await polled.ask('a', work, 5)).toEqual({ state: 'running', progress: 0.5 })
    held.resolve('made')
    expect(await polled.ask('a', work, 1000)).toEqual({ state: 'done', result: 'made' })
    expect(held.begun).toBe(1)
    expect(await polled.ask('a', work, 1000)).toEqual({ state: 'done', result: 'made' })
    expect(held.begun).toBe(2)
  })

  it('may be far already when it is asked for', async () => {
    const polled = new PolledWork<string>()
    const begun = (_: AbortSignal, onProgress: (fraction: number) => void) => {
      onProgress(0.7)
      return new Promise<string>(() => {})
    }
    expect(await polled.ask('a', begun, 5)).toEqual({ state: 'running', progress: 0.7 })
  })

  it('that failed between two asks is told of by the second', async () => {
    const { held, work } = heldWork()
    const polled = new PolledWork<string>()
    await polled.ask('a', work, 0)
    held.reject(new Error('broken'))
    await expect(polled.ask('a', work, 1000)).rejects.toThrow('broken')
    expect(held.begun).toBe(1)
  })

  it('is given up when nobody asks any more, and not while somebody waits', async () => {
    const { held, work } = heldWork()
    const polled = new PolledWork<string>(20)
    const waiting = polled.ask('a', work, 200)
    await polled.ask('a', work, 0)
    expect(await waiting).toEqual({ state: 'running', progress: 0 })
    expect(held.signal!.aborted).toBe(false)
    await expect.poll(() => held.signal!.aborted).toBe(true)
    const begun = heldWork()
    await polled.ask('a', begun.work, 0)
    expect(begun.held.begun).toBe(1)
    begun.held.resolve('made')
  })
})
