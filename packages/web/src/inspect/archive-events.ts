import { type Archive, EVENTS_TYPE } from '@rushes/umf'
import { momentOf } from '../timeline/moment.ts'
import type { EventRow } from './inspection.ts'

/** Read at most: events of a long day have some MB. */
const mostBytes = 64 * 1024 * 1024
/** Sent to the page. */
const mostEvents = 100_000
const mostLetters = 300

/** Events of an archive as rows of words, and what is left out. */
export async function eventRows(archive: Archive): Promise<{ events: EventRow[]; eventsNote: string | null }> {
  const sources = archive.items({ type: 'events' }).filter(({ contentType }) => contentType.startsWith(EVENTS_TYPE))
  const bytes = sources.reduce((sum, { length = 0 }) => sum + length, 0)
  if (bytes > mostBytes) return { events: [], eventsNote: 'There are more events than a page can show.' }
  try {
    const all = await archive.events()
    const events = all.slice(0, mostEvents).map(({ t, kind, resource, data }, number) => ({
      t,
      kind,
      resource: resource ?? null,
      words: dataWords(number, t, kind, data),
    }))
    const isCut = all.length > mostEvents
    return {
      events,
      eventsNote: isCut
        ? `The first ${mostEvents.toLocaleString('en')} of ${all.length.toLocaleString('en')} events.`
        : null,
    }
  } catch (fault) {
    return { events: [], eventsNote: `The events can’t be read: ${fault instanceof Error ? fault.message : ''}.` }
  }
}

/** What an event tells, in words; empty where it tells nothing. */
export function dataWords(number: number, t: number, kind: string, data: unknown): string {
  const isObject = typeof data === 'object' && data !== null && !Array.isArray(data)
  const known = isObject ? momentOf({ number, t, kind, data: data as Record<string, unknown> }) : null
  if (known !== null) return known.words
  if (data === undefined || data === null) return ''
  try {
    const text = typeof data === 'string' ? data : JSON.stringify(data)
    return text === '{}' ? '' : text.length > mostLetters ? `${text.slice(0, mostLetters - 1)}…` : text
  } catch {
    return '…' // nested deeper than the browser writes
  }
}
