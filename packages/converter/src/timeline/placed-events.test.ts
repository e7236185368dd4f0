import type { TimelineEvent } from '@rushes/umf'
import { describe, expect, it } from 'vitest'
import { KeptTime } from './kept-time.ts'
import { placedEvents } from './placed-events.ts'

// Recorded from 1 to 2 s and from 4 to 6 s.
const kept = new KeptTime([
  { startMs: 1000, endMs: 2000 },
  { startMs: 4000, endMs: 6000 },
])
const slide = (t: number, index: number, deck = 'a'): TimelineEvent => ({ t, kind: 'slide', data: { deck, index } })
const screen = (t: number, on: boolean): TimelineEvent => ({ t, kind: 'screen', data: { on } })
const presence = (t: number, kind: 'join' | 'leave', id: string): TimelineEvent => ({ t, kind, data: { id, name: id } })
const brief = (events: readonly TimelineEvent[]) =>
  placedEvents(events, kept).map(({ t, data }) => [t, Object.values(data as object).at(-1)])

describe('events on the timeline', () => {
  it('are left out where they were said while nothing was recorded', () => {
    const chat = [0, 1000, 1500, 2000, 3000, 4000, 5999, 6000, 6001].map(
      (t): TimelineEvent => ({ t, kind: 'chat', data: { t } }),
    )
    expect(brief(chat)).toEqual([
      [0, 1000],
      [500, 1500],
      [1000, 2000],
      [1000, 4000],
      [2999, 5999],
      [3000, 6000],
    ])
  })

  it('hold from the next recorded moment on where they are states, and the last of several is the one', () => {
    expect(brief([slide(0, 0), slide(900, 1), slide(1500, 2), slide(2500, 3), slide(3900, 4), slide(7000, 5)])).toEqual(
      [
        [0, 1],
        [500, 2],
        [1000, 4],
      ],
    )
    // Turned away and back again while nothing was recorded: nothing changed.
    expect(brief([slide(1500, 2), slide(2500, 3), slide(3900, 2)])).toEqual([[500, 2]])
    expect(brief([slide(1500, 2), slide(2500, 2, 'b'), slide(5000, 2)])).toEqual([
      [500, 2],
      [1000, 2],
      [2000, 2],
    ])
  })

  it('tell of a screen only when it changes', () => {
    expect(brief([screen(0, true), screen(500, false), screen(1200, true), screen(3000, false)])).toEqual([
      [200, true],
      [1000, false],
    ])
    expect(brief([screen(2100, true), screen(3000, false)])).toEqual([])
  })

  it('have whoever is there when it begins join then, and nobody who came and went before', () => {
    const events = [
      ...[presence(0, 'join', 'early'), presence(100, 'join', 'gone'), presence(500, 'leave', 'gone')],
      ...[presence(1200, 'join', 'late'), presence(2500, 'leave', 'late'), presence(7000, 'leave', 'early')],
    ]
    expect(placedEvents(events, kept).map(({ t, kind, data }) => [t, kind, (data as { id: string }).id])).toEqual([
      [0, 'join', 'early'],
      [200, 'join', 'late'],
      [1000, 'leave', 'late'],
    ])
  })

  it('last as long as was recorded of them', () => {
    const speech = (t: number, endMs: number): TimelineEvent => ({ t, kind: 'speaker', data: { name: 'x', endMs } })
    expect(brief([speech(0, 900), speech(1500, 4500), speech(2100, 3000)])).toEqual([[500, 1500]])
  })
})
