// What of a recording's events people look for, in words.
import type { TimelineView } from '@rushes/protocol'

type StoredEvent = TimelineView['events'][number]

/** A place in a recording that is listed; `t` in ms. */
export type Moment = { number: number; t: number; kind: 'mark' | 'note'; words: string }

/** In the list a long text is cut: the whole of it stands at its time. */
const mostLetters = 140

/** Null for what is no place to go to: an erased line, somebody who joined. */
export function momentOf({ number, t, kind, data }: StoredEvent): Moment | null {
  const words = wordsOf.get(kind)?.(data) ?? null
  if (words === null || words.trim() === '') return null
  return { number, t, kind: kind === 'mark' ? 'mark' : 'note', words: shortened(words.trim()) }
}

const kinds: Record<string, (data: Record<string, unknown>) => string | null> = {
  mark: ({ label }) => capital(text(label)),
  annotation: ({ op, shape }) => (op === 'add' ? shapeWords(shape) : null),
  chat: (data) => `${text(data['sender'])}: ${text(data['text'])}`,
  question: (data) => `Question: ${text(data['text'])}`,
  answer: (data) => `Answer: ${text(data['text'])}`,
  // People count from 1.
  slide: ({ index }) => (typeof index === 'number' ? `Slide ${index + 1}` : null),
  event: ({ label }) => capital(text(label)),
}

/** Kinds and shapes are named by whoever recorded: also `constructor`. */
const wordsOf = new Map(Object.entries(kinds))

const shapeNames: Record<string, string> = {
  scribble: 'Drawing',
  line: 'Line',
  arrow: 'Arrow',
  rectangle: 'Rectangle',
  ellipse: 'Ellipse',
  spotlight: 'Spotlight',
  blur: 'Blurred region',
}

const shapes = new Map(Object.entries(shapeNames))

function shapeWords(shape: unknown): string | null {
  if (typeof shape !== 'object' || shape === null) return null
  const { kind, text: written } = shape as Record<string, unknown>
  return kind === 'note' ? `Note: ${text(written)}` : (shapes.get(text(kind)) ?? null)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function shortened(words: string): string {
  const line = words.replaceAll(/\s+/g, ' ')
  return line.length <= mostLetters ? line : `${line.slice(0, mostLetters - 1).trimEnd()}…`
}
