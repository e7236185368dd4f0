import type { ScheduleEntry } from '@rushes/protocol'

export const weekdayNames: readonly string[] = [
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Sunday',
]

const daySeconds = 86_400

/** `Sundays, 9:30 to 11:00`. */
export function scheduleWords({
  weekdays,
  time,
  durationSeconds,
}: Pick<ScheduleEntry, 'weekdays' | 'time' | 'durationSeconds'>): string {
  const end = endTime(time, durationSeconds)
  return `${daysWords(weekdays)}, ${time} to ${end}${end <= time ? ' the next day' : ''}`
}

/** Local time at which it ends, `HH:MM`; seconds are left out. */
export function endTime(time: string, durationSeconds: number): string {
  const end = (secondsOf(time) + durationSeconds) % daySeconds
  return `${two(Math.floor(end / 3600))}:${two(Math.floor(end / 60) % 60)}`
}

/** Seconds from one local time to the next that shows `to`; the same time is a day later. */
export function secondsBetween(from: string, to: string): number {
  const between = secondsOf(to) - secondsOf(from)
  return between > 0 ? between : between + daySeconds
}

function daysWords(weekdays: readonly number[]): string {
  if (weekdays.length === 7) return 'Every day'
  if (weekdays.join() === '1,2,3,4,5') return 'Mondays to Fridays'
  const names = weekdays.map((day) => `${weekdayNames[day - 1]}s`)
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

function secondsOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 3600 + minutes * 60
}

function two(count: number): string {
  return String(count).padStart(2, '0')
}
