import { type Archive, EVENTS_TYPE } from '@rushes/umf'
import { momentOf } from '../timeline/moment.ts'
import type { EventRow } from './inspection.ts'
import { shortened } from './item-words.ts'

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

const word = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')
const named = ({ name }: Record<string, unknown>): string => word(name)
/** Of kinds that are no places to go to, and more of what was discovered than its place in a list. */
const ownWords = new Map<string, (data: Record<string, unknown>) => string>([
  ['join', named],
  ['leave', named],
  ['speaker', named],
  ['screen', ({ on }) => (on === true ? 'is shown' : on === false ? 'is shown no more' : '')],
  [
    'event',
    ({ label, value, confidence }) => {
      if (typeof confidence !== 'number') return ''
      return `${[word(label), word(value)].filter((each) => each !== '').join(' ')}, ${Math.round(confidence * 100)} % sure`
    },
  ],
])

/** What an event tells, in words; empty where it tells nothing. */
export function dataWords(number: number, t: number, kind: string, data: unknown): string {
  const isObject = typeof data === 'object' && data !== null && !Array.isArray(data)
  const own = isObject ? (ownWords.get(kind)?.(data as Record<string, unknown>) ?? '') : ''
  if (own !== '') return shortened(own, mostLetters)
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
