import type { TimelineEvent } from '@rushes/umf'
import { describe, expect, it } from 'vitest'
import { laterBy, MendedEvents, type PlacedEvent } from './mended-events.ts'

const placed = (t: number, data: unknown, more: Partial<TimelineEvent> = {}): PlacedEvent => ({
  item: 'timeline.json',
  event: { t, kind: 'event', data, ...more },
})
const all = () => true
const counted = (...values: number[]) => values.map((value, at) => placed(1000 * at, { label: 'SL', value }))
const slides = (events: MendedEvents) => events.of('timeline.json').map(({ kind, data }) => [kind, data])

describe('events that are mended', () => {
  it('are numbered by time, whatever was done to others in the same request', () => {
    const events = new MendedEvents([placed(20, 'b'), placed(10, 'a'), placed(30, 'c')], all)
    events.drop(0)
    events.shift(1, -15)
    events.shift(2, 0.5)
    expect(events.of('timeline.json').map(({ t, data }) => [t, data])).toEqual([
      [5, 'b'],
      [30.5, 'c'],
    ])
    expect(() => events.shift(0, 1)).toThrow('there is no event 0')
    expect([...events.changed]).toEqual(['timeline.json'])
  })

  it('are slides of the smallest deck that has as many pages, counted as they were found', () => {
    const decks = [
      { name: 'long', pages: 90 },
      { name: 'short', pages: 2 },
      { name: 'right', pages: 4 },
    ]
    const fromOne = new MendedEvents(counted(1, 3, 2), all, decks)
    fromOne.nameKind({ do: 'name-kind', kind: 'event', label: 'SL', as: 'slide' })
    const deck = (index: number, value: number, name: string) => ['slide', { deck: name, label: 'SL', value, index }]
    expect(slides(fromOne)).toEqual([deck(0, 1, 'right'), deck(2, 3, 'right'), deck(1, 2, 'right')])
    const fromZero = new MendedEvents(counted(0, 1), all, decks)
    fromZero.nameKind({ do: 'name-kind', kind: 'event', as: 'slide' })
    expect(slides(fromZero)).toEqual([deck(0, 0, 'short'), deck(1, 1, 'short')])
    const tooMany = new MendedEvents(counted(500), all, decks)
    tooMany.name(0, { kind: 'slide', label: undefined })
    expect(slides(tooMany)).toEqual([deck(499, 500, 'long')])
    const none = new MendedEvents(counted(1), all)
    none.name(0, { kind: 'slide', label: 'Pages' })
    expect(slides(none)).toEqual([['slide', { deck: 'Pages', label: 'Pages', value: 1, index: 0 }]])
  })

  it('keep what is known of them, and what is no object', () => {
    const events = new MendedEvents([placed(0, { deck: 'd', index: 7, value: 1 }), placed(1, 'plain')], all)
    events.name(0, { kind: 'slide', label: undefined })
    events.name(1, { kind: 'speaker', label: 'Ada' })
    expect(slides(events)).toEqual([
      ['slide', { deck: 'd', index: 7, value: 1 }],
      ['speaker', { label: 'Ada' }],
    ])
  })

  it('are on the timeline, to the microsecond', () => {
    expect(laterBy(0.1, 0.2)).toBe(0.3)
    expect(() => laterBy(1, -1.001)).toThrow('not on the timeline')
    expect(() => laterBy(1e12, 1)).toThrow('not on the timeline')
  })
})
