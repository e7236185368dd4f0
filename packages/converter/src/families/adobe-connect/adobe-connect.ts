// A recording of Adobe Connect, as its server hands it out in a zip: sound and cameras as FLV, and what happened as XML.
import type { Note } from '@rushes/pipeline'
import type { TimelineEvent } from '@rushes/umf'
import { baseName, type FoundFile, folderOf, stemOf } from '../../input/found-file.ts'
import { type Claim, type Deck, type Family, type FileFacts, filesBelow, type Reading, type Track } from '../family.ts'
import { changedTo, objectsOf, readSession, type SessionMessage, type SessionValue, textsOf } from './session-xml.ts'

export const adobeConnect: Family = {
  format: 'adobe-connect',

  async claims(files) {
    const roots = new Set<string>()
    for (const file of files) {
      if ((await readSession(file, true)) === null) continue
      const folder = folderOf(file.name)
      roots.add(folder === '' ? '' : `${folder}/`)
    }
    return [...roots].map((root): Claim => ({ root }))
  },

  async read(files, { root }) {
    const sessions: Session[] = []
    for (const file of filesBelow(files, root)) {
      const messages = await readSession(file)
      if (messages !== null)
        sessions.push({ file, messages: [...messages].sort((left, right) => left.timeMs - right.timeMs) })
    }
    return readSessions(sessions, filesBelow(files, root))
  },
}

export type Session = { file: FoundFile; messages: readonly SessionMessage[] }

type Stream = { name: string; type: string; startMs: number; endMs: number | null }

/** @param sessions each with its messages in the order of their times */
export function readSessions(sessions: readonly Session[], files: readonly FoundFile[]): Reading {
  const notes: Note[] = []
  const all = sessions.flatMap(({ messages }) => messages)
  const lengthMs = lengthOf(all)
  const streams = streamsOf(all)
  const names = documentsOf(all)
  const slides = sessions.flatMap(({ messages }) => slideEvents(messages, names))
  const facts = new Map<string, FileFacts>(sessions.map(({ file }) => [file.name, { type: 'data' }]))
  const screens = streams.filter(isScreen)
  return {
    format: 'adobe-connect',
    metadata: { source: { system: 'Adobe Connect', streams: streams.map(({ name, type }) => ({ name, type })) } },
    kept: lengthMs > 0 ? [{ startMs: 0, endMs: lengthMs }] : null,
    tracks: tracksOf(streams, files, notes),
    decks: decksOf(slides, files),
    files: facts,
    events: [
      ...slides.sort((left, right) => left.t - right.t),
      ...screens.flatMap(({ startMs, endMs }): TimelineEvent[] => [
        { t: startMs, kind: 'screen', data: { on: true } },
        { t: endMs ?? lengthMs, kind: 'screen', data: { on: false } },
      ]),
      ...all.flatMap(chatEvent),
    ],
    notes,
  }
}

/** The number of `__stop__`, else the last thing that happened. */
function lengthOf(messages: readonly SessionMessage[]): number {
  const stops = messages
    .filter(({ name, body }) => name === '__stop__' || textsOf(body, 'String').includes('__stop__'))
    .flatMap(({ body, timeMs }) =>
      [...textsOf(body, 'Number').map(Number), timeMs].filter((value) => value > 0).slice(0, 1),
    )
  const last = messages.reduce((most, { timeMs }) => Math.max(most, timeMs), 0)
  return stops.length === 0 ? last : Math.max(...stops)
}

function streamsOf(messages: readonly SessionMessage[]): Stream[] {
  const streams = new Map<string, Stream>()
  for (const { name, body, timeMs } of messages) {
    if (name !== 'streamAdded' && name !== 'streamRemoved') continue
    const types = textsOf(body, 'streamType')
    const starts = textsOf(body, 'startTime')
    for (const [index, given] of textsOf(body, 'streamName').entries()) {
      const own = given.replace(/^\/+/, '')
      const said = Number(starts[index] || Number.NaN)
      const stream = streams.get(own) ?? { name: own, type: types[index] ?? '', startMs: timeMs, endMs: null }
      if (Number.isFinite(said) && said >= 0) stream.startMs = said
      if (name === 'streamRemoved') stream.endMs = Math.max(stream.startMs, timeMs)
      streams.set(own, stream)
    }
  }
  return [...streams.values()]
}

function isScreen({ name, type }: Stream): boolean {
  return /screen/i.test(type) || /^screenshare/i.test(name)
}

/** A stream's file is called as it is. Sound and picture of one camera are in one file. */
function tracksOf(streams: readonly Stream[], files: readonly FoundFile[], notes: Note[]): Track[] {
  const taken = new Set<string>()
  const tracks: Track[] = []
  const media = files.filter(({ kind }) => /^(audio|video)\//.test(kind))
  for (const stream of streams) {
    const file = media.find(({ name }) => stemOf(name) === baseName(stream.name))
    if (file === undefined) {
      notes.push({ severity: 'warning', code: 'missing-media', message: `${stream.name} is not in the archive` })
    } else if (!taken.has(file.name)) {
      taken.add(file.name)
      tracks.push({
        file: file.name,
        role: isScreen(stream) ? 'screen' : 'camera',
        startMs: stream.startMs,
        endMs: stream.endMs,
      })
    }
  }
  return tracks
}

/** Names of what was shared, by the ids under which pods speak of it; ids may have several names, of which the last counts. */
function documentsOf(messages: readonly SessionMessage[]): Map<string, string> {
  const names = new Map<string, string>()
  for (const { name, body } of messages) {
    if (name !== 'setContentSo') continue
    for (const content of objectsOf(body, 'newValue')) {
      const [id] = textsOf(content, 'ctID')
      const [title] = textsOf(content, 'theName')
      if (id !== undefined && title !== undefined && title !== '') names.set(id, title)
    }
  }
  return names
}

/** Of one pod: which document it shows, and where in it. */
function slideEvents(messages: readonly SessionMessage[], names: ReadonlyMap<string, string>): TimelineEvent[] {
  const events: TimelineEvent[] = []
  const places = new Map<string, { index: number; value: number }>()
  let deck = ''
  for (const { name, body, timeMs: t } of messages) {
    let place: { index: number; value: number } | null = null
    const shared = name === 'setContentSo' ? changedTo(body, 'ctID') : null
    if (shared !== null) {
      deck = names.get(shared) ?? shared
      place = places.get(deck) ?? null
    } else if (name === 'setPptLoaderSo') place = placeOf(body, 'slideIndex', 0)
    else if (name === 'setWBSo') place = placeOf(body, 'currentPage', 1)
    if (place === null) continue
    places.set(deck, place)
    const last = events.at(-1)?.data as { deck: string; index: number } | undefined
    if (last?.deck !== deck || last.index !== place.index) events.push({ t, kind: 'slide', data: { deck, ...place } })
  }
  return events
}

/** Slides of presentations count from 0, pages of whiteboards and documents from 1. */
function placeOf(body: SessionValue, name: string, first: number): { index: number; value: number } | null {
  const value = Number(changedTo(body, name) || Number.NaN)
  return Number.isSafeInteger(value) && value >= 0 ? { index: Math.max(0, value - first), value } : null
}

function decksOf(slides: readonly TimelineEvent[], files: readonly FoundFile[]): Deck[] {
  const names = new Set(slides.map(({ data }) => (data as { deck: string }).deck))
  return [...names].flatMap((name): Deck[] => {
    const document = files.find((file) => file.kind === 'application/pdf' && baseName(file.name) === name)
    return document === undefined ? [] : [{ name, title: name, document: document.name, pages: [] }]
  })
}

/** Messages of a chat pod have a sender and a text, under these names or others like them. */
function chatEvent({ name, body, timeMs: t }: SessionMessage): TimelineEvent[] {
  if (!/chat|message/i.test(name)) return []
  return objectsOf({ Message: [body] }, 'newValue').flatMap((value): TimelineEvent[] => {
    const [sender = ''] = [...textsOf(value, 'fromName'), ...textsOf(value, 'userName'), ...textsOf(value, 'from')]
    const [text = ''] = [...textsOf(value, 'text'), ...textsOf(value, 'message'), ...textsOf(value, 'msg')]
    const plain = text.replaceAll(/<[^>]{0,500}>/g, '').trim()
    return plain === '' ? [] : [{ t, kind: 'chat', data: { sender, text: plain } }]
  })
}
