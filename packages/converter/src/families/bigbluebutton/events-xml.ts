// events.xml of BigBlueButton 0.7 to 3: what happened in a meeting, one element for each event, in the order in which the
// server got to know of it.
import { ConvertError } from '../../convert-error.ts'
import { decodeText, type FoundFile, readStart } from '../../input/found-file.ts'
import { readXml, type XmlListener } from '../../xml-stream.ts'

export type MeetingEvent = {
  /** ms on the server's clock: since 1970 up to 0.8, monotonic from 0.9 on. */
  timestamp: number
  module: string
  name: string
  /** Text of the elements in it. */
  fields: ReadonlyMap<string, string>
}

export type MeetingEvents = {
  /** Of `recording` and `meeting`. */
  attributes: ReadonlyMap<string, string>
  /** Of `metadata`. */
  metadata: ReadonlyMap<string, string>
  /** Of `head`, in the oldest. */
  title: string
  events: MeetingEvent[]
  /** The last one's in the file, whether or not it is kept. */
  lastTimestamp: number
  /** Where it can't be read any further, in words. */
  damage: string | null
}

const MOST_EVENTS = 1_000_000
const MOST_FIELD = 1_000_000
/** Of all that is kept; meetings of a day have a tenth. */
const MOST_LETTERS = 200_000_000

/** Where somebody's pointer was, many times a second, and what other tables say of the same. */
const passedOver =
  /^(Cursor|WhiteboardCursor|UndoCursor|ResizeAndMove|ParticipantMuted|Update(ParticipantAudio)?|Presentation?Cursor)/

/** Collects events as tags and text come. */
export class EventsListener implements XmlListener {
  readonly found: MeetingEvents = {
    attributes: new Map(),
    metadata: new Map(),
    title: '',
    events: [],
    lastTimestamp: Number.NaN,
    damage: null,
  }
  #event: { timestamp: number; module: string; name: string; fields: Map<string, string> } | null = null
  #field: { name: string; text: string } | null = null
  #isTitle = false
  #letters = 0

  open(name: string, attributes: ReadonlyMap<string, string>, depth: number): void {
    if (depth === 0 && name !== 'recording' && name !== 'events') {
      throw new ConvertError('unreadable', `its root is ${name}, not recording`)
    }
    const { found } = this
    if (depth === 0 || (depth === 1 && name === 'meeting')) {
      found.attributes = new Map([...found.attributes, ...attributes])
    } else if (depth === 1 && name === 'metadata') found.metadata = new Map(attributes)
    else if (depth === 1 && name === 'event') this.#event = eventOf(attributes)
    else if (depth === 2 && this.#event !== null) this.#field = { name, text: '' }
    this.#isTitle = depth === 2 && name === 'title' && this.#event === null
  }

  text(text: string): void {
    if (this.#isTitle) this.found.title += text
    if (this.#field === null) return
    if (this.#field.text.length + text.length > MOST_FIELD) throw new ConvertError('too-large', 'an event is too long')
    this.#letters += text.length
    if (this.#letters > MOST_LETTERS)
      throw new ConvertError('too-large', `its events have over ${MOST_LETTERS} letters`)
    this.#field.text += text
  }

  close(_name: string, depth: number): void {
    this.#isTitle = false
    if (depth === 2 && this.#field !== null) {
      this.#event?.fields.set(this.#field.name, this.#field.text.trim())
      this.#field = null
    } else if (depth === 1 && this.#event !== null) {
      const { events } = this.found
      this.found.lastTimestamp = this.#event.timestamp
      // The first one's time is where the meeting begins, whatever it is.
      if (events.length === 0 || !passedOver.test(this.#event.name)) events.push(this.#event)
      if (events.length > MOST_EVENTS) throw new ConvertError('too-large', `there are over ${MOST_EVENTS} events`)
      this.#event = null
    }
  }
}

function eventOf(attributes: ReadonlyMap<string, string>): {
  timestamp: number
  module: string
  name: string
  fields: Map<string, string>
} | null {
  const name = attributes.get('eventname') ?? attributes.get('name')
  const timestamp = Number(attributes.get('timestamp')?.trim() || Number.NaN)
  if (name === undefined || !Number.isFinite(timestamp)) return null
  return { timestamp, module: attributes.get('module') ?? '', name, fields: new Map() }
}

/** Whether it is one: an event stands near its beginning. What is wrong with it is for whoever reads it. */
export async function isEventsXml(file: FoundFile): Promise<boolean> {
  return /<event\s[^>]*\beventname\s*=/.test(decodeText(await readStart(file, 262_144)))
}

/**
 * All of it, or as much as can be read: a meeting whose server stopped ends in the middle.
 *
 * @throws ConvertError `unreadable`: there is no event in it; `too-large`
 */
export async function readEventsXml(file: FoundFile): Promise<MeetingEvents> {
  const listener = new EventsListener()
  try {
    await readXml(file, listener)
  } catch (error) {
    if (!(error instanceof ConvertError) || error.code !== 'unreadable' || listener.found.events.length === 0)
      throw error
    listener.found.damage = error.message
  }
  if (listener.found.events.length === 0) throw new ConvertError('unreadable', `${file.name} has no events in it`)
  return listener.found
}
