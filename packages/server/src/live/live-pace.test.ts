import { describe, expect, it } from 'vitest'
import { LivePace } from './live-pace.ts'

/** The end moves by `step` every so many seconds, from second `from` to `to`. */
function run(pace: LivePace, step: number, from: number, to: number): void {
  for (let at = from; at <= to; at += step) pace.moved(at, 1000 * at)
}

describe('how far players stay behind', () => {
  it('follows from the longest step of late, and two parts', () => {
    const pace = new LivePace()
    run(pace, 0.25, 100, 112)
    expect(pace.holdBack(0.3, 112_000)).toBeCloseTo(0.25 + 0.6 + 0.1)
    run(pace, 2, 112, 124)
    expect(pace.holdBack(0.3, 124_000)).toBeCloseTo(2.7)
    run(pace, 0.25, 124, 136)
    expect(pace.holdBack(0.3, 136_000)).toBeCloseTo(0.95)
  })

  it('takes a second for it at first, and what is already there for no step', () => {
    const pace = new LivePace()
    pace.moved(3600, 0)
    pace.moved(3600.25, 250)
    expect(pace.holdBack(0.3, 300)).toBeCloseTo(1.7)
  })

  it('is not moved far by what a sender brings after it was away', () => {
    const pace = new LivePace()
    run(pace, 0.25, 0, 20)
    pace.moved(80, 80_000)
    expect(pace.holdBack(0.3, 80_000)).toBeLessThan(7)
    run(pace, 0.25, 80, 92)
    expect(pace.holdBack(0.3, 92_000)).toBeCloseTo(0.95)
  })
})
