import type { ScheduleEntry } from '@rushes/protocol'
import { Cron } from 'croner'

/** An event that a schedule asks for; times are ms since 1970. */
export type Occurrence = { entry: ScheduleEntry; startsAt: number; endsAt: number }

/** A rest that is shorter is not worth an event. */
const leastMs = 1000

/**
 * What should be recorded at `now`: of the occurrences that have begun and not ended, and that `taken` (the start of the last
 * occurrence that was recorded, by entry) does not name, the one that began first.
 */
export function dueOccurrence(
  schedule: readonly ScheduleEntry[],
  taken: Readonly<Record<string, number>>,
  now: number,
): Occurrence | null {
  const due = schedule
    .map((entry) => firstAfter(entry, now - entry.durationSeconds * 1000))
    .filter((occurrence) => occurrence !== null)
    .filter(({ startsAt, endsAt }) => startsAt <= now && endsAt - now >= leastMs)
    .filter(({ entry, startsAt }) => startsAt >= Date.parse(entry.from) && startsAt > (taken[entry.id] ?? 0))
  return earliest(due)
}

/** The next event that begins after `now`. */
export function nextOccurrence(schedule: readonly ScheduleEntry[], now: number): Occurrence | null {
  return earliest(
    schedule
      .map((entry) => firstAfter(entry, Math.max(now, Date.parse(entry.from) - 1)))
      .filter((occurrence) => occurrence !== null),
  )
}

/** `Service, 2026-01-04`: by the calendar of the place. */
export function occurrenceTitle({ entry, startsAt }: Occurrence): string {
  return `${entry.title}, ${new Date(startsAt).toLocaleDateString('sv-SE', { timeZone: entry.timeZone })}`
}

function firstAfter(entry: ScheduleEntry, time: number): Occurrence | null {
  const [hour, minute] = entry.time.split(':').map(Number)
  // cron's days: 7 is Sunday too.
  const pattern = `0 ${minute} ${hour} * * ${entry.weekdays.join(',')}`
  const startsAt = new Cron(pattern, { timezone: entry.timeZone, paused: true }).nextRun(new Date(time))?.getTime()
  if (startsAt === undefined) return null
  return { entry, startsAt, endsAt: startsAt + entry.durationSeconds * 1000 }
}

function earliest(occurrences: readonly Occurrence[]): Occurrence | null {
  return occurrences.toSorted((one, other) => one.startsAt - other.startsAt)[0] ?? null
}
