// Who was there, who spoke, and what they wrote.
import type { TimelineEvent } from '@rushes/umf'
import type { MeetingEvent } from './events-xml.ts'

export type Attendee = { id: string; name: string; role?: string }

/**
 * Names by the ids of users, and of voices, which the oldest versions count for themselves. These tell names in other events
 * than the joining.
 */
export class MeetingPeople {
  readonly #users = new Map<string, string>()
  readonly #voices = new Map<string, string>()
  readonly #roles = new Map<string, string>()
  readonly #joined = new Set<string>()

  constructor(events: readonly MeetingEvent[]) {
    for (const { module, name, fields } of events) {
      if (module === 'VOICE') {
        setOnce(this.#voices, fields.get('participant'), fields.get('callername'))
        continue
      }
      const id = fields.get('userId') ?? fields.get('userid')
      setOnce(this.#users, id, fields.get('name'))
      if (name !== 'ParticipantJoinEvent' || id === undefined) continue
      setOnce(this.#roles, id, fields.get('role')?.toLowerCase())
      this.#joined.add(id)
    }
  }

  voiceOf(participant: string): string {
    return this.#voices.get(participant) ?? this.nameOf(participant)
  }

  nameOf(id: string): string {
    return this.#users.get(id) ?? `User ${id}`
  }

  attendees(): Attendee[] {
    return [...this.#joined].map((id) => {
      const role = this.#roles.get(id)
      return { id, name: this.nameOf(id), ...(role !== undefined && { role }) }
    })
  }
}

function setOnce(map: Map<string, string>, id: string | undefined, value: string | undefined): void {
  if (id !== undefined && id !== '' && value !== undefined && value !== '' && !map.has(id)) map.set(id, value)
}

/** @returns joins, leaves, speech, chat and polls on the event's clock */
export function peopleEvents(events: readonly MeetingEvent[], firstMs: number, people: MeetingPeople): TimelineEvent[] {
  const found: TimelineEvent[] = []
  const speaking = new Map<string, TimelineEvent>()
  let unclearedChats: TimelineEvent[] = []
  for (const event of events) {
    const t = Math.max(0, event.timestamp - firstMs)
    const { fields } = event
    const field = (name: string): string => fields.get(name) ?? ''
    const id = field('userId')
    if (event.module === 'PARTICIPANT' && event.name === 'ParticipantJoinEvent') {
      const role = fields.get('role')?.toLowerCase()
      found.push({ t, kind: 'join', data: { name: people.nameOf(id), id, ...(role !== undefined && { role }) } })
    } else if (event.module === 'PARTICIPANT' && event.name === 'ParticipantLeftEvent') {
      found.push({ t, kind: 'leave', data: { name: people.nameOf(id), id } })
    } else if (event.name === 'ParticipantTalkingEvent') {
      const voice = field('participant')
      const before = speaking.get(voice)
      if (before !== undefined) before.data = { ...(before.data as object), endMs: t }
      speaking.delete(voice)
      if (field('talking') !== 'true') continue
      const started = { t, kind: 'speaker', data: { name: people.voiceOf(voice), value: voice } }
      speaking.set(voice, started)
      found.push(started)
    } else if (event.name === 'PublicChatEvent') {
      const chat = chatEvent(t, fields)
      found.push(chat)
      unclearedChats.push(chat)
    } else if (event.name === 'ClearPublicChatEvent') {
      for (const chat of unclearedChats) chat.data = { ...(chat.data as object), endMs: t }
      unclearedChats = []
    } else {
      const other = otherEvent(t, event)
      if (other !== null) found.push(other)
    }
  }
  return found
}

function chatEvent(t: number, fields: ReadonlyMap<string, string>): TimelineEvent {
  const data = { sender: fields.get('sender') ?? '', text: fields.get('message') ?? '' }
  const senderId = fields.get('senderId')
  return { t, kind: 'chat', data: senderId === undefined || senderId === '' ? data : { ...data, senderId } }
}

const polls: Readonly<Record<string, string>> = {
  PollStartedRecordEvent: 'started',
  PollStoppedRecordEvent: 'stopped',
  PollPublishedRecordEvent: 'published',
}

function otherEvent(t: number, { name, fields }: MeetingEvent): TimelineEvent | null {
  const state = polls[name]
  if (state !== undefined) {
    const answers = jsonOr(fields.get('answers'))
    const question = fields.get('question')
    return {
      ...{ t, kind: 'poll' },
      data: {
        ...{ id: fields.get('pollId') ?? '', state },
        ...(question !== undefined && question !== '' && { question }),
        ...(answers !== null && { answers }),
      },
    }
  }
  if (name === 'RecordChapterBreakEvent') return { t, kind: 'mark', data: { label: 'Chapter' } }
  if (name === 'StartExternalVideoRecordEvent') {
    return {
      t,
      kind: 'event',
      data: { label: 'external-video', value: fields.get('externalVideoUrl') ?? '', confidence: 1 },
    }
  }
  return null
}

function jsonOr(text: string | undefined): unknown {
  try {
    return text === undefined ? null : (JSON.parse(text) as unknown)
  } catch {
    return null
  }
}
