// What people wrote and what was marked, out of the timeline's events. Data of events is whatever somebody wrote there.
import type { TimelineEvent } from '@rushes/umf'
import type { PlayerMark } from '../seek-marks.ts'

/** `t` in ms on the archive's timeline. */
export type Message = { t: number; kind: 'chat' | 'question' | 'answer'; sender: string; text: string }

const mostMessages = 100_000
const mostMarks = 1000
const mostLetters = 10_000
const mostNameLetters = 200

const kinds: ReadonlySet<string> = new Set(['chat', 'question', 'answer'] satisfies Message['kind'][])

/** @param events by time */
export function conversationOf(events: readonly TimelineEvent[]): Message[] {
  return events
    .filter(({ kind, data }) => kinds.has(kind) && textOf(data, 'text').trim() !== '')
    .slice(0, mostMessages)
    .map(({ t, kind, data }) => ({
      t,
      kind: kind as Message['kind'],
      sender: textOf(data, 'sender').slice(0, mostNameLetters),
      text: textOf(data, 'text').slice(0, mostLetters),
    }))
}

/** @param events by time */
export function marksOf(events: readonly TimelineEvent[]): PlayerMark[] {
  return events
    .filter(({ kind, data }) => kind === 'mark' && textOf(data, 'label') !== '')
    .slice(0, mostMarks)
    .map(({ t, data }) => ({ t, label: textOf(data, 'label').slice(0, mostNameLetters) }))
}

export function textOf(data: unknown, member: string): string {
  if (typeof data !== 'object' || data === null || !Object.hasOwn(data, member)) return ''
  const value = (data as Record<string, unknown>)[member]
  return typeof value === 'string' ? value : ''
}
