import fc from 'fast-check'
import { expect, it } from 'vitest'
import { endTime, scheduleWords, secondsBetween } from './schedule-words.ts'

it.each([
  [[7], '09:30', 5400, 'Sundays, 09:30 to 11:00'],
  [[1, 3], '18:00', 3600, 'Mondays and Wednesdays, 18:00 to 19:00'],
  [[1, 2, 6], '18:00', 3600, 'Mondays, Tuesdays and Saturdays, 18:00 to 19:00'],
  [[1, 2, 3, 4, 5], '08:00', 60, 'Mondays to Fridays, 08:00 to 08:01'],
  [[1, 2, 3, 4, 5, 6, 7], '23:00', 7200, 'Every day, 23:00 to 01:00 the next day'],
  [[6], '10:00', 86_400, 'Saturdays, 10:00 to 10:00 the next day'],
])('says %j at %s for %i s as “%4$s”', (weekdays, time, durationSeconds, words) => {
  expect(scheduleWords({ weekdays, time, durationSeconds })).toBe(words)
})

it('gives back the length that an end stands for', () => {
  const minute = fc.integer({ min: 0, max: 1439 })
  const clock = (minutes: number) => new Date(minutes * 60_000).toISOString().slice(11, 16)
  fc.assert(
    fc.property(minute, fc.integer({ min: 1, max: 1440 }), (start, length) => {
      expect(secondsBetween(clock(start), endTime(clock(start), length * 60))).toBe(length * 60)
    }),
  )
})
