// Streams of Adobe Connect as XML: mainstream.xml, ftcontent1.xml, ftchat2.xml and others are lists of messages, each with a time
// since the recording began, in whatever order.
import { ConvertError } from '../../convert-error.ts'
import type { FoundFile } from '../../input/found-file.ts'
import { readXml, type XmlListener } from '../../xml-stream.ts'

/** An object as they write it: elements with text, or with elements; several of one name are a list. */
export type SessionValue = string | { [name: string]: SessionValue[] }

export type SessionMessage = {
  /** ms since the recording began. */
  timeMs: number
  /** `streamAdded`, `setContentSo`, … */
  name: string
  /** All in it but its name. */
  body: { [name: string]: SessionValue[] }
}

const MOST_MESSAGES = 500_000
const MOST_VALUES = 2_000_000

type Open = { name: string; children: { [name: string]: SessionValue[] }; text: string }

/** Builds one message at a time. */
export class SessionListener implements XmlListener {
  readonly messages: SessionMessage[] = []
  #timeMs = Number.NaN
  #values = 0
  readonly #open: Open[] = []

  open(name: string, attributes: ReadonlyMap<string, string>): void {
    if (this.#open.length === 0) {
      if (name !== 'Message') return
      this.#timeMs = Number(attributes.get('time')?.trim() || Number.NaN)
    }
    if (++this.#values > MOST_VALUES) throw new ConvertError('too-large', `there are over ${MOST_VALUES} values in it`)
    this.#open.push({ name, children: {}, text: '' })
  }

  text(text: string): void {
    const last = this.#open.at(-1)
    if (last !== undefined) last.text += text
  }

  close(): void {
    const closed = this.#open.pop()
    if (closed === undefined) return
    const parent = this.#open.at(-1)
    if (parent !== undefined) {
      const isText = Object.keys(closed.children).length === 0
      // Names are anybody's: a list of its own for each, and nothing inherited.
      const siblings = Object.hasOwn(parent.children, closed.name) ? parent.children[closed.name]! : []
      siblings.push(isText ? closed.text.trim() : closed.children)
      Object.defineProperty(parent.children, closed.name, {
        value: siblings,
        enumerable: true,
        configurable: true,
        writable: true,
      })
      return
    }
    if (!Number.isFinite(this.#timeMs)) return
    if (this.messages.length === MOST_MESSAGES)
      throw new ConvertError('too-large', `there are over ${MOST_MESSAGES} messages`)
    const name = closed.children['String']?.find((value) => typeof value === 'string') ?? ''
    this.messages.push({ timeMs: Math.max(0, this.#timeMs), name: String(name), body: closed.children })
  }
}

/** Null: it is none; as far as it can be read where it is cut off. */
export async function readSession(file: FoundFile, isPeek = false): Promise<SessionMessage[] | null> {
  if (!file.kind.startsWith('application/xml;root=')) return null
  const listener = new SessionListener()
  try {
    await readXml(file, listener, () => isPeek)
  } catch (error) {
    // It is asked of any XML whether it is one.
    if (!(error instanceof ConvertError) || (error.code === 'too-large' && !isPeek)) throw error
  }
  return listener.messages.length === 0 ? null : listener.messages
}

/** Every text under this name, however deep. */
export function textsOf(value: SessionValue, name: string): string[] {
  if (typeof value === 'string') return []
  return Object.entries(value).flatMap(([key, values]) =>
    values.flatMap((each) => (key === name && typeof each === 'string' ? [each] : textsOf(each, name))),
  )
}

/** Objects under this name, however deep. */
export function objectsOf(value: SessionValue, name: string): Exclude<SessionValue, string>[] {
  if (typeof value === 'string') return []
  return Object.entries(value).flatMap(([key, values]) =>
    values.flatMap((each) => {
      if (typeof each === 'string') return []
      return key === name ? [each, ...objectsOf(each, name)] : objectsOf(each, name)
    }),
  )
}

/** `<name>slideIndex</name><newValue>3</newValue>`, wherever they stand beside each other. */
export function changedTo(value: SessionValue, name: string): string | null {
  if (typeof value === 'string') return null
  const at = value['name']?.indexOf(name) ?? -1
  const found = at < 0 ? undefined : value['newValue']?.[at]
  if (typeof found === 'string') return found
  for (const child of Object.values(value).flat()) {
    const within = changedTo(child, name)
    if (within !== null) return within
  }
  return null
}
