// What happens in a recording besides picture and sound (SPEC.md, Events): read by everybody who takes one in or sends one.
import { z } from 'zod/mini'
import { ProtocolError } from './protocol-error.ts'

/** One thing that happened. */
export type TimelineEvent = {
  /** ms on the recording's media timeline, with up to 3 decimals. */
  t: number
  kind: string
  data: Record<string, unknown>
}

/** Most bytes of one event as JSON in UTF-8 (SPEC.md V3). */
export const maxEventBytes: number = 32 * 1024
/** Most events of one recording. */
export const maxEvents = 100_000
/** 115 days: more than a recording of the largest size lasts. */
const maxTimeMs = 1e10
/** Deeper than any drawing; what is deeper still could exhaust the stack of whoever writes it out. */
const maxDepth = 32

const words = (most: number) => z.string().check(z.minLength(1), z.maxLength(most))
const anything = z.looseObject({})

/** What `data` has to have, by kind; a kind that is not listed here, and any further key, is the sender's own affair. */
const kinds: Record<string, z.ZodMiniType> = {
  mark: z.looseObject({ label: words(200) }),
  annotation: anything,
  slide: z.looseObject({ deck: z.string(), index: z.int().check(z.nonnegative()) }),
  chat: z.looseObject({ sender: z.string(), text: z.string() }),
  question: z.looseObject({ text: z.string() }),
  answer: z.looseObject({ text: z.string() }),
  speaker: z.looseObject({ name: z.string() }),
  screen: z.looseObject({ on: z.boolean() }),
  join: anything,
  leave: anything,
  poll: anything,
  event: z.looseObject({ label: words(200) }),
}
/** A kind may be called `constructor`. */
const dataOf = new Map(Object.entries(kinds))

const shape = z.object({
  t: z.number().check(z.nonnegative(), z.maximum(maxTimeMs)),
  kind: z.string().check(z.regex(/^[a-z][a-z0-9-]{0,39}$/)),
  data: anything,
})

/**
 * An event as it came from outside; its time in whole µs.
 *
 * @throws ProtocolError `bad-message`
 */
export function parseEvent(value: unknown): TimelineEvent {
  return checked(value).event
}

/**
 * The JSON of an event, as it is kept and sent.
 *
 * @throws ProtocolError `bad-message`
 */
export function eventText(event: TimelineEvent): string {
  return checked(event).text
}

function checked(value: unknown): { event: TimelineEvent; text: string } {
  const parsed = shape.safeParse(value)
  if (!parsed.success) throw new ProtocolError('bad-message', `not an event: ${z.prettifyError(parsed.error)}`)
  const { t, kind } = parsed.data
  // As it came: a parser's copy would leave out what it takes for dangerous.
  const data = (value as { data: Record<string, unknown> }).data
  if (!isShallow(data, maxDepth)) throw new ProtocolError('bad-message', `an event deeper than ${maxDepth} levels`)
  const wanted = dataOf.get(kind)?.safeParse(data)
  if (wanted?.success === false) {
    throw new ProtocolError('bad-message', `not the data of the kind ${kind}: ${z.prettifyError(wanted.error)}`)
  }
  const event = { t: Math.round(t * 1000) / 1000, kind, data }
  const text = JSON.stringify(event)
  if (new TextEncoder().encode(text).length > maxEventBytes) {
    throw new ProtocolError('bad-message', `an event over ${maxEventBytes} bytes`)
  }
  return { event, text }
}

function isShallow(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return left > 0 && Object.values(value).every((inner) => isShallow(inner, left - 1))
}
