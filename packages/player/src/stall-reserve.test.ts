import { describe, expect, it } from 'vitest'
import { StallReserve } from './stall-reserve.ts'

describe('how much further behind a viewer stays who stalled', () => {
  it('grows with each stall, to a second and no more', () => {
    const reserve = new StallReserve()
    expect(reserve.seconds(0)).toBe(0)
    const grown = Array.from({ length: 40 }, (_, count) => {
      reserve.stalled(100 * count)
      return reserve.seconds(100 * count)
    })
    expect(grown.slice(0, 4)).toEqual([0.25, 0.5, 0.75, 1])
    expect(Math.max(...grown)).toBe(1)
    expect(reserve.stalls).toBe(40)
  })

  it('is gone a minute after the last stall', () => {
    const reserve = new StallReserve()
    reserve.stalled(0)
    reserve.stalled(30_000)
    expect([59_999, 60_000, 89_999, 90_000].map((now) => reserve.seconds(now))).toEqual([0.5, 0.25, 0.25, 0])
  })
})
