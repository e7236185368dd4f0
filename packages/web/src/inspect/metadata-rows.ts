// Metadata may hold anything (M1): as a list that people read, of bounded length.
import { formatDate } from '../figures.ts'
import { shortened } from './item-words.ts'

export type MetadataRow = { name: string; value: string }

const mostRows = 300
const mostLetters = 2000
const deepest = 6

const names = new Map([
  ['timeTakenMs', 'Time taken'],
  ['startMs', 'Begins at'],
  ['endMs', 'Ends at'],
])
const dates = new Set(['created', 'started', 'ended'])

/** Rows in the order of the file; what lies within others is named by its path. */
export function metadataRows(metadata: Readonly<Record<string, unknown>>): MetadataRow[] {
  const rows: MetadataRow[] = []
  for (const [name, value] of Object.entries(metadata)) gather(rows, names.get(name) ?? capital(name), name, value, 0)
  return rows
}

function gather(rows: MetadataRow[], label: string, member: string, value: unknown, depth: number): void {
  if (rows.length >= mostRows) return
  const words = wordsOf(member, value)
  if (words !== null) {
    rows.push({ name: shortened(label), value: shortened(words, mostLetters) })
    return
  }
  if (depth === deepest) {
    rows.push({ name: shortened(label), value: '…' })
    return
  }
  const isList = Array.isArray(value)
  const entries = Object.entries(value as object)
  if (entries.length === 0) rows.push({ name: shortened(label), value: 'none' })
  for (const [key, each] of entries) {
    gather(rows, isList ? `${label} ${Number(key) + 1}` : `${label}, ${key}`, key, each, depth + 1)
  }
}

/** Null for what is better shown in rows of its own. */
function wordsOf(member: string, value: unknown): string | null {
  if (value === null) return 'none'
  if (typeof value === 'string') return dates.has(member) ? dateWords(value) : value
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return /Ms$/.test(member) ? `${(value / 1000).toLocaleString('en')} s` : String(value)
  if (Array.isArray(value)) {
    const isPlain = value.length > 0 && value.every((each) => typeof each === 'string' || typeof each === 'number')
    return isPlain ? value.join(', ') : null
  }
  return personWords(value as Record<string, unknown>) ?? noteWords(value as Record<string, unknown>)
}

/** `Ada Example, speaker, ada@example.org`; null where it is more than a person. */
function personWords(value: Record<string, unknown>): string | null {
  const { name, role, email, ...more } = value
  const parts = [name, role, email].filter((part) => part !== undefined)
  const isPerson = typeof name === 'string' && parts.every((part) => typeof part === 'string')
  return isPerson && Object.keys(more).length === 0 ? parts.join(', ') : null
}

function noteWords(value: Record<string, unknown>): string | null {
  const { severity, code, message, resource, ...more } = value
  if (typeof severity !== 'string' || typeof message !== 'string' || Object.keys(more).length > 0) return null
  const about = [code, resource].filter((part) => typeof part === 'string').join(', ')
  return `${severity}: ${message}${about === '' ? '' : ` (${about})`}`
}

function dateWords(text: string): string {
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? text : formatDate(date)
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}
