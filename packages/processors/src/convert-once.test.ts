import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ConvertOnce } from './convert-once.ts'

/** Work that ends when it is told to. */
function pending<T>(value: T) {
  let end = (): void => {}
  let report = (_fraction: number): void => {}
  const seen = { begun: 0, aborted: false }
  const work = (signal: AbortSignal, onProgress: (fraction: number) => void): Promise<T> => {
    seen.begun++
    report = onProgress
    return new Promise((resolve, reject) => {
      end = () => resolve(value)
      signal.addEventListener('abort', () => {
        seen.aborted = true
        reject(new Error('stopped'))
      })
    })
  }
  return { work, seen, end: () => end(), report: (fraction: number) => report(fraction) }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

it('50 who ask at once get the one result of the one run, and all see its progress', async () => {
  const once = new ConvertOnce<object>({ concurrency: 2, mostWaiting: 100 })
  const result = {}
  const { work, seen, end, report } = pending(result)
  const told: number[][] = Array.from({ length: 50 }, () => [])
  const asked = told.map((list) => once.ask('key', work, { onProgress: (fraction) => list.push(fraction) }))
  await turn()
  for (const fraction of [0.2, 0.1, 0.6]) report(fraction)
  const late: number[] = []
  asked.push(once.ask('key', work, { onProgress: (fraction) => late.push(fraction) }))
  end()
  expect(new Set(await Promise.all(asked))).toEqual(new Set([result]))
  expect(seen.begun).toBe(1)
  for (const list of told) expect(list).toEqual([0.2, 0.6])
  expect(late).toEqual([0.6])
  // Afterwards it is asked anew: whoever keeps results knows better whether there is one.
  const again = pending(result)
  const asking = once.ask('key', again.work)
  await turn()
  again.end()
  expect(await asking).toBe(result)
})

it('goes on while anybody waits, stops when nobody does, and then begins anew', async () => {
  const once = new ConvertOnce<string>({ concurrency: 1, mostWaiting: 100 })
  const first = pending('first')
  const [a, b] = [new AbortController(), new AbortController()]
  const asked = [once.ask('key', first.work, { signal: a.signal }), once.ask('key', first.work, { signal: b.signal })]
  const rejected = asked.map((each) => expect(each).rejects.toMatchObject({ code: 'cancelled' }))
  await turn()
  a.abort()
  await turn()
  expect(first.seen.aborted).toBe(false)
  b.abort()
  expect(first.seen.aborted).toBe(true)
  const second = pending('second')
  const asking = once.ask('key', second.work)
  await Promise.all(rejected)
  await turn()
  second.end()
  expect(await asking).toBe('second')
  await expect(once.ask('key', second.work, { signal: a.signal })).rejects.toMatchObject({ code: 'cancelled' })
})

it('tells all who asked what went wrong, and says when too many wait', async () => {
  const once = new ConvertOnce<string>({ concurrency: 1, mostWaiting: 2 })
  const fails = async (): Promise<string> => {
    throw new Error('broken')
  }
  await Promise.all([1, 2, 3].map(() => expect(once.ask('key', fails)).rejects.toThrow('broken')))
  const works = ['a', 'b', 'c', 'd'].map((value) => ({ key: value, ...pending(value) }))
  const asked: Promise<string>[] = []
  for (const { key, work } of works.slice(0, 3)) {
    asked.push(once.ask(key, work))
    await turn()
  }
  expect(works.map(({ seen }) => seen.begun)).toEqual([1, 0, 0, 0])
  await expect(once.ask('d', works[3]!.work)).rejects.toMatchObject({ code: 'busy' })
  const settled = asked.map((each) => expect(each).rejects.toThrow())
  await once.close()
  await Promise.all(settled)
  expect(works.map(({ seen }) => seen.begun)).toEqual([1, 0, 0, 0])
})

it('whatever is asked, given up and ended in whatever order: never more at once than allowed, and nobody waits forever', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('ask' as const), key: fc.integer({ min: 0, max: 4 }) }),
    fc.record({ do: fc.constantFrom('leave' as const, 'end' as const), which: fc.nat(30) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const once = new ConvertOnce<number>({ concurrency: 2, mostWaiting: 100 })
      const running = new Map<number, { key: number; end(): void }>()
      let count = 0
      const work =
        (key: number) =>
        (signal: AbortSignal): Promise<number> => {
          const id = count++
          return new Promise<number>((resolve, reject) => {
            signal.addEventListener('abort', () => reject(new Error('stopped')))
            running.set(id, { key, end: () => resolve(key) })
            expect(running.size).toBeLessThanOrEqual(2)
            expect(new Set([...running.values()].map((each) => each.key)).size).toBe(running.size)
          }).finally(() => running.delete(id))
        }
      const askers: { leave: AbortController; settled: Promise<unknown> }[] = []
      for (const each of steps) {
        if (each.do === 'ask') {
          const leave = new AbortController()
          const asked = once.ask(String(each.key), work(each.key), { signal: leave.signal })
          askers.push({
            leave,
            settled: asked.then(
              (got) => expect(got).toBe(each.key),
              () => 'gone',
            ),
          })
        } else if (each.do === 'leave') askers[each.which % Math.max(1, askers.length)]?.leave.abort()
        else [...running.values()][each.which % Math.max(1, running.size)]?.end()
        await turn()
      }
      while (askers.length > 0) {
        for (const { end } of running.values()) end()
        const done = await Promise.race([Promise.all(askers.map(({ settled }) => settled)), turn()])
        if (done !== undefined) break
      }
    }),
    { numRuns: 60 },
  )
})
