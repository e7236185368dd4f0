import { describe, expect, it } from 'vitest'
import { liveStanding } from './live-standing.ts'

const stream = { edge: 100, livePosition: 94, liveSpan: 2, ended: false }

describe('the standing of a viewer', () => {
  it('is live from the live position on, and while it has jumped a segment ahead', () => {
    expect(liveStanding(stream, 94)).toEqual({ isLive: true, behindSeconds: 6 })
    expect(liveStanding(stream, 91)?.isLive).toBe(true)
    expect(liveStanding(stream, 89.9)?.isLive).toBe(false)
    expect(liveStanding(stream, 120)).toEqual({ isLive: true, behindSeconds: 0 })
  })

  it('has no meaning before anything arrived and after all did', () => {
    expect(liveStanding(null, 0)).toBeNull()
    expect(liveStanding({ ...stream, livePosition: null }, 0)).toBeNull()
    expect(liveStanding({ ...stream, ended: true }, 0)).toBeNull()
  })
})
