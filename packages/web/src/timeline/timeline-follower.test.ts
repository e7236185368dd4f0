import { ApiError, type TimelineView } from '@rushes/protocol'
import { describe, expect, it } from 'vitest'
import type { Moment } from './moment.ts'
import { followTimeline } from './timeline-follower.ts'

const mark = (number: number, t: number) => ({ number, t, kind: 'mark', data: { label: `mark ${number}` } })
const page = (change: Partial<TimelineView>): TimelineView => ({
  ...{ state: 'growing', durationMs: 0, events: [], next: 0 },
  ...change,
})

describe('followTimeline', () => {
  it('reads page after page, waits while it grows, tries again what failed, and ends with the recording', async () => {
    const answers: (TimelineView | Error)[] = [
      page({ events: [mark(0, 500), mark(1, 100)], next: 2 }),
      page({ next: 2 }),
      new ApiError(0, 'unreachable', 'away'),
      page({ events: [mark(2, 300)], next: 3 }),
      page({ state: 'complete', events: [{ number: 3, t: 1, kind: 'join', data: {} }], next: null }),
    ]
    const asked: number[] = []
    const seen: Moment[][] = []
    followTimeline({
      everyMs: 1,
      async load(from) {
        asked.push(from)
        const answer = answers.shift()!
        if (answer instanceof Error) throw answer
        return answer
      },
      onMoments: (moments) => seen.push([...moments]),
    })
    await expect.poll(() => answers.length).toBe(0)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(asked).toEqual([0, 2, 2, 2, 3])
    expect(seen.map((moments) => moments.map(({ number }) => number))).toEqual([
      [1, 0],
      [1, 2, 0],
    ])
  })

  it('asks no more when it is closed, or refused', async () => {
    let asked = 0
    const load = async () => {
      asked++
      return page({})
    }
    const followed = followTimeline({ everyMs: 1, load, onMoments() {} })
    await expect.poll(() => asked).toBeGreaterThan(2)
    followed.close()
    const then = asked
    followTimeline({
      everyMs: 1,
      load: () => Promise.reject(new ApiError(404, 'not-found', 'nothing here')),
      onMoments() {},
    })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(asked).toBeLessThanOrEqual(then + 1)
  })
})
