import type { Span } from '../../timeline/kept-time.ts'
import type { MeetingEvent, MeetingEvents } from './events-xml.ts'

export type MeetingClock = {
  /** Time of the first event in the file: 0 of the event's clock. */
  firstMs: number
  /** From it to the last event in the file. */
  lengthMs: number
  kept: Span[]
  /** When the first event was, ms since 1970; null where nothing says it. */
  startedAt: number | null
}

/** An epoch in ms, of 2001 to 2100; a monotonic clock has run for days or months. */
const isEpoch = (value: number): boolean => value > 1e12 && value < 4.2e12

/** First and last are the first and last element, whatever their times are: the file is in the order of arrival. */
export function meetingClock(meeting: MeetingEvents): MeetingClock {
  const { events, lastTimestamp, attributes } = meeting
  const [first] = events
  const firstMs = first!.timestamp
  const lengthMs = Math.max(0, lastTimestamp - firstMs)
  return { firstMs, lengthMs, kept: recordedSpans(events, firstMs, lengthMs), startedAt: startOf(first!, attributes) }
}

/**
 * Pressing the record button begins a span, pressing it again ends it; what the event says that it did isn't asked. A meeting in
 * which it was never pressed is from a version that had none, and recorded all through.
 */
function recordedSpans(events: readonly MeetingEvent[], firstMs: number, lengthMs: number): Span[] {
  const marks = events
    .filter(({ name }) => name === 'RecordStatusEvent')
    .map(({ timestamp }) => Math.min(Math.max(0, timestamp - firstMs), lengthMs))
    .sort((left, right) => left - right)
  if (marks.length === 0) return [{ startMs: 0, endMs: lengthMs }]
  if (marks.length % 2 === 1) marks.push(lengthMs)
  const spans: Span[] = []
  for (let index = 0; index < marks.length; index += 2) spans.push({ startMs: marks[index]!, endMs: marks[index + 1]! })
  return spans
}

function startOf(first: MeetingEvent, attributes: ReadonlyMap<string, string>): number | null {
  const said = Number(first.fields.get('timestampUTC') ?? Number.NaN)
  if (isEpoch(said)) return said
  if (isEpoch(first.timestamp)) return first.timestamp
  const date = Date.parse(first.fields.get('date') ?? '')
  if (isEpoch(date)) return date
  const id = attributes.get('meeting_id') ?? attributes.get('id') ?? ''
  const created = Number(/-(\d{13})$/.exec(id)?.[1] ?? Number.NaN)
  return isEpoch(created) ? created : null
}
