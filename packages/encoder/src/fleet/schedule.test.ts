import type { ScheduleEntry } from '@rushes/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dueOccurrence, nextOccurrence, occurrenceTitle } from './schedule.ts'

function entryOf(change: Partial<ScheduleEntry> = {}): ScheduleEntry {
  return {
    ...{ id: 'a', title: 'Service', weekdays: [7], time: '09:30', timeZone: 'Europe/Berlin', durationSeconds: 5400 },
    from: '2020-01-01T00:00:00.000Z',
    ...change,
  }
}
const at = (text: string): number => Date.parse(text)
const starts = (entry: ScheduleEntry, now: string): string =>
  new Date(nextOccurrence([entry], at(now))!.startsAt).toISOString()

describe('a schedule', () => {
  it('[FL4] follows the clock of its place, summer and winter', () => {
    expect(starts(entryOf(), '2026-01-01T00:00:00Z')).toBe('2026-01-04T08:30:00.000Z')
    expect(starts(entryOf(), '2026-07-01T00:00:00Z')).toBe('2026-07-05T07:30:00.000Z')
    expect(starts(entryOf({ timeZone: 'Pacific/Auckland' }), '2026-01-01T00:00:00Z')).toBe('2026-01-03T20:30:00.000Z')
    expect(starts(entryOf({ weekdays: [1, 3] }), '2026-01-05T12:00:00Z')).toBe('2026-01-07T08:30:00.000Z')
  })

  it('[FL4] takes a time that the clock leaves out at the change, and one that comes twice the first time, once', () => {
    const night = entryOf({ time: '02:30', durationSeconds: 4 * 3600 })
    expect(starts(night, '2026-03-28T12:00:00Z')).toBe('2026-03-29T01:00:00.000Z')
    expect(starts(night, '2026-10-24T12:00:00Z')).toBe('2026-10-25T00:30:00.000Z')
    expect(starts(night, '2026-10-25T00:30:00Z')).toBe('2026-11-01T01:30:00.000Z')
    expect(dueOccurrence([night], { a: at('2026-10-25T00:30:00Z') }, at('2026-10-25T01:31:00Z'))).toBeNull()
  })

  it('[FL4] leaves out what began before the entry was made', () => {
    const made = entryOf({ from: '2026-01-04T09:00:00.000Z' })
    expect(dueOccurrence([made], {}, at('2026-01-04T09:10:00Z'))).toBeNull()
    expect(dueOccurrence([entryOf()], {}, at('2026-01-04T09:10:00Z'))).not.toBeNull()
    expect(starts(made, '2026-01-01T00:00:00Z')).toBe('2026-01-11T08:30:00.000Z')
  })

  it('[FL4] is due from its start to its end, once', () => {
    const entry = entryOf()
    const start = at('2026-01-04T08:30:00Z')
    const offset = fc.integer({ min: -86_400_000, max: 86_400_000 })
    fc.assert(
      fc.property(offset, fc.boolean(), (ms, isTaken) => {
        const due = dueOccurrence([entry], isTaken ? { a: start } : {}, start + ms)
        const isWithin = ms >= 0 && ms <= 5400_000 - 1000
        expect(due === null ? null : due.startsAt).toBe(isWithin && !isTaken ? start : null)
      }),
    )
  })

  it('[FL4] names events by the day of the place', () => {
    const [entry] = [entryOf({ timeZone: 'Pacific/Auckland' })]
    expect(occurrenceTitle(nextOccurrence([entry], at('2026-01-01T00:00:00Z'))!)).toBe('Service, 2026-01-04')
  })

  it('[FL4] records one of two that overlap, then the other as far as it still goes', () => {
    const both = [entryOf(), entryOf({ id: 'b', title: 'Concert', time: '10:30' })]
    const now = at('2026-01-04T09:45:00Z')
    expect(dueOccurrence(both, {}, now)!.entry.id).toBe('a')
    expect(dueOccurrence(both, { a: at('2026-01-04T08:30:00Z') }, now)!.entry.id).toBe('b')
  })
})
