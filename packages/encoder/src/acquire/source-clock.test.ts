import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SourceClock } from './source-clock.ts'

it('never gives a later sample an earlier wall clock, however late samples come', () => {
  const delays = fc.array(fc.tuple(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 0, max: 20_000 })), {
    minLength: 2,
  })
  fc.assert(
    fc.property(delays, (steps) => {
      const clock = new SourceClock()
      let media = 0
      let last = Number.NEGATIVE_INFINITY
      for (const [step, delay] of steps) {
        media += step
        clock.observe(1_700_000_000_000 + media + delay, media)
        const told = clock.wallClock(media)
        expect(told).toBeGreaterThan(last)
        last = told
      }
    }),
  )
})

it('finds the true beginning under jitter, and follows a source whose clock is fast or slow', () => {
  for (const drift of [0, 200e-6, -200e-6]) {
    const clock = new SourceClock()
    const began = 1_700_000_000_000
    let told = 0
    let truth = 0
    for (let media = 0; media < 3_600_000; media += 100) {
      truth = began + media * (1 + drift)
      // A burst at the beginning, as servers send what they have; then up to half a second late.
      const delay = media < 5000 ? 5000 - media : 40 + 460 * Math.abs(Math.sin(media * 12.9898))
      clock.observe(truth + delay, media)
      told = clock.wallClock(media)
    }
    expect(Math.abs(told - truth)).toBeLessThan(60)
  }
})
