import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MediaNow } from './media-now.ts'

describe('the media clock as the page sees it', () => {
  it('is 0 before the first picture, then goes on from what it was told', () => {
    const clock = new MediaNow()
    expect(clock.at(500)).toBe(0)
    clock.told(0, 10_000, 600)
    expect([clock.at(600), clock.at(1600)]).toEqual([0, 1000])
    clock.told(1003, 11_000, 1600) // the worker's clock follows the sound
    expect(clock.at(1610)).toBe(1013)
  })

  it('is as late as the fastest message, however long the page kept the others waiting', () => {
    const delays = fc.array(fc.nat({ max: 2000 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(delays, fc.integer({ min: -1e6, max: 1e6 }), (late, apart) => {
        const clock = new MediaNow()
        for (const [second, delayMs] of late.entries()) {
          clock.told(second * 1000, second * 1000, second * 1000 + apart + delayMs)
        }
        const now = late.length * 1000 + 2000
        expect(now - clock.at(now + apart)).toBeCloseTo(Math.min(...late), 6)
      }),
    )
  })

  it('does not count on where the worker told nothing for an hour: the machine slept', () => {
    const clock = new MediaNow()
    clock.told(0, 0, 5)
    clock.told(9000, 9000, 9005)
    expect(clock.at(3_609_005)).toBeLessThan(20_000)
    clock.told(9020, 3_609_000, 3_609_005)
    expect(clock.at(3_609_105)).toBe(9120)
  })

  it('stands still in a pause and goes on where it stood, whatever is told meanwhile', () => {
    const clock = new MediaNow()
    clock.told(0, 0, 5)
    clock.pause(1005)
    clock.pause(1500)
    expect(clock.at(4000)).toBe(1000)
    clock.resume(5005)
    expect([clock.at(5005), clock.at(5505)]).toEqual([1000, 1500])
    clock.told(1490, 5500, 5505) // what it really was
    expect(clock.at(5505)).toBe(1490)
  })
})
