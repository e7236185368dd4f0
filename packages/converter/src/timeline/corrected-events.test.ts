import type { TimelineEvent } from '@rushes/umf'
import { describe, expect, it } from 'vitest'
import { correctedEvents } from './corrected-events.ts'

const slide = (t: number, index: number, deck = 'a'): TimelineEvent => ({ t, kind: 'slide', data: { deck, index } })
const chat = (t: number, text: string, more = {}): TimelineEvent => ({
  ...{ t, kind: 'chat', data: { sender: 'Ada', text, ...more } },
})
const brief = (events: readonly TimelineEvent[]) => {
  const corrected = correctedEvents(events)
  return [corrected.events.map(({ t }) => t), corrected.notes.map(({ code }) => code)]
}

describe('events that are wrong by themselves', () => {
  it('that are right stay as they are, and nothing is said', () => {
    const events = [slide(0, 0), slide(500, 1), slide(1200, 0), chat(300.5, 'x'), chat(700, 'x')]
    expect(brief(events)).toEqual([[0, 500, 1200, 300.5, 700], []])
    expect(correctedEvents(events).events).toEqual(events)
  })

  it('are told to be in no order where those of one kind are in none', () => {
    expect(brief([chat(900.5, 'a'), chat(300, 'b'), slide(0, 0)])[1]).toEqual(['events-unsorted'])
    expect(brief([slide(900, 0), chat(300, 'b')])[1]).toEqual([])
  })

  it('count once where they are told twice, but not where a clock of seconds can’t tell', () => {
    expect(brief([chat(100.5, 'a'), chat(200, 'b'), chat(100.5, 'a')])).toEqual([
      [100.5, 200],
      ['events-unsorted', 'events-doubled'],
    ])
    expect(brief([chat(100.5, 'a'), chat(100.5, 'b')])).toEqual([[100.5, 100.5], []])
    expect(brief([chat(1000, 'ok'), chat(1000, 'ok'), chat(2000, 'x')])).toEqual([[1000, 1000, 2000], []])
    expect(brief([chat(1000, 'ok', { id: 'm1' }), chat(1000, 'ok', { id: 'm1' })])[0]).toEqual([1000])
    expect(brief([slide(1000, 1), slide(1000, 1)])[0]).toEqual([1000])
  })

  it('that flicker leave the slide where it was; who turns back by hand is believed', () => {
    expect(brief([slide(0, 0), slide(1000, 1), slide(1040, 0), slide(5000, 2)])).toEqual([[0, 5000], ['flips-flicker']])
    // Back and forth several times.
    expect(brief([slide(0, 0), slide(1000, 1), slide(1040, 0), slide(1060, 1), slide(1090, 0)])[0]).toEqual([0])
    expect(brief([slide(0, 0), slide(1000, 1), slide(1140, 0)])[0]).toEqual([0, 1000, 1140])
    // On the way to another, it is a flip for itself.
    expect(brief([slide(0, 0), slide(1000, 1), slide(1040, 2)])[0]).toEqual([0, 1000, 1040])
    expect(brief([slide(0, 0), slide(1000, 0, 'b'), slide(1040, 0)])[0]).toEqual([0])
  })
})
