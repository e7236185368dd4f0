// Where records of text begin and end: objects, elements, sections, items of a list, blocks, lines, or what a sign closes. A
// field never belongs to another record than its marker.

import { cards } from './cards.ts'
import type { Span } from './span.ts'
import { stanzasOf } from './stanzas.ts'

/** `groups`: the same for records of one document; what lies scattered between other bytes is one as well. */
export type TextRecords = { starts: Int32Array; ends: Int32Array; groups: Int32Array }

const runs = /(?:[\t\n\r\x20-\x7e]|[\xc2-\xf4][\x80-\xbf]{1,3})+/g
const leastRun = 5
const leastRecords = 4
/** What is longer may be a document of another kind before or behind this one. */
const longestRecord = 400
/** Lines of which at least this share of those with numbers has two are records; else a record may have several. */
const leastShare = 0.05

/** The records of all text, ascending; text whose records cannot be told has none. */
export function textRecords(text: string): TextRecords {
  const documents: Document[] = []
  const short: Span[] = []
  for (const match of text.matchAll(runs)) {
    if (match[0].length < leastRun) continue
    const span: Span = [match.index, match.index + match[0].length]
    const whole = span[1] - span[0] < 40 ? null : documentOf(text, span)
    if (whole === null) short.push(span)
    else {
      const within = whole.records.map((each) => (each[1] - each[0] < longestRecord ? null : documentOf(text, each)))
      documents.push({ ...whole, records: whole.records.filter((_, index) => within[index] === null) })
      documents.push(...within.filter((each) => each !== null))
    }
  }
  const scattered = withSameWord(text, stanzasOf(text, short))
  if (areRecords(text, scattered)) documents.push({ records: scattered, apart: false })
  const groups = groupsOf(text, documents)
  const found = documents.flatMap(({ records }, index) =>
    records.map(([from, to]) => [from, to, groups[index]!] as const),
  )
  found.sort((a, b) => a[0] - b[0])
  return {
    starts: Int32Array.from(found, ([from]) => from),
    ends: Int32Array.from(found, ([, to]) => to),
    groups: Int32Array.from(found, ([, , group]) => group),
  }
}

/** `apart`: what has an end of its own is no part of another, however much alike it is. */
type Document = { records: readonly Span[]; apart: boolean }

/** What lies between other bytes in several pieces is one document if its records begin with the same words. */
function groupsOf(text: string, documents: readonly Document[]): number[] {
  const owners = new Map<string, number>()
  const parent = documents.map((_, index) => index)
  const root = (index: number): number => (parent[index] === index ? index : root(parent[index]!))
  documents.forEach(({ records, apart }, index) => {
    if (apart) return
    for (const word of usualWords(text, records)) {
      const owner = owners.get(word)
      if (owner === undefined) owners.set(word, index)
      else parent[root(index)] = root(owner)
    }
  })
  return documents.map((_, index) => root(index))
}

function usualWords(text: string, records: readonly Span[]): string[] {
  const counts = new Map<string, number>()
  for (const span of records) {
    const word = firstWord(text, span)
    if (word !== undefined) counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].filter(([, count]) => count > 1 && count >= records.length * 0.2).map(([word]) => word)
}

function firstWord(text: string, [from, to]: Span): string | undefined {
  return /[A-Za-z_]{3,}/.exec(text.slice(from, Math.min(to, from + 80)))?.[0]
}

/** The record in which this byte stands, as its place in the list; -1 if there is none. */
export function recordAt({ starts, ends }: Pick<TextRecords, 'starts' | 'ends'>, place: number): number {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (starts[middle]! <= place) low = middle + 1
    else high = middle
  }
  return low > 0 && place < ends[low - 1]! ? low - 1 : -1
}

/** Those that begin with a word as others do: of bytes of no meaning, some look like text. */
function withSameWord(text: string, spans: readonly Span[]): Span[] {
  const words = new Map<string, Span[]>()
  for (const span of spans) {
    const word = firstWord(text, span)
    if (word === undefined) continue
    const list = words.get(word)
    if (list === undefined) words.set(word, [span])
    else list.push(span)
  }
  return [...words.values()].filter((list) => list.length >= leastRecords).flat()
}

const closedWays = [objects, elements, sections, items, blocks]
const openWays = [cards, lines, closed]

function documentOf(text: string, span: Span): Document | null {
  for (const way of [...closedWays, ...openWays]) {
    const records = way(text, span)
    if (records.length < leastRecords || !areRecords(text, records)) continue
    const apart = closedWays.includes(way)
    return { records: apart ? records : stanzasOf(text, records), apart }
  }
  return null
}

/** Whether some have a time and a value: at least two numbers. */
function areRecords(text: string, spans: readonly Span[]): boolean {
  let numbered = 0
  let several = 0
  for (const [from, to] of spans) {
    const count = numbersIn(text, from, Math.min(to, from + 2_000))
    if (count > 0) numbered++
    if (count > 1) several++
  }
  return several >= leastRecords && several > numbered * leastShare
}

const numbers = /\d{4}([-/])\d\d\1\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?|\d+(?::\d\d)+(?:[.,]\d+)?|\d+(?:\.\d+)*/g

/** Numbers of a record: what dates and clocks are made of is one, what a comma or a blank parts are two. */
function numbersIn(text: string, from: number, to: number): number {
  let count = 0
  for (const _ of text.slice(from, to).matchAll(numbers)) if (++count > 1) break
  return count
}

/** Objects in braces, of the outermost depth of which there are several. */
function objects(text: string, [from, to]: Span): Span[] {
  return nested(text.slice(from, to).matchAll(/[{}]/g), from, ({ 0: sign }) => (sign === '{' ? 1 : -1))
}

/** Elements of markup, of the outermost depth of which there are several. */
function elements(text: string, [from, to]: Span): Span[] {
  return nested(text.slice(from, to).matchAll(/<(\/?)[A-Za-z][^<>]*?(\/?)>/g), from, ({ 1: closing, 2: empty }) =>
    closing === '/' ? -1 : empty === '/' ? 0 : 1,
  )
}

/** What opens (1), closes (-1), or is whole in itself (0). */
function nested(marks: Iterable<RegExpMatchArray>, from: number, turn: (mark: RegExpMatchArray) => number): Span[] {
  const depths: Span[][] = []
  const open: number[] = []
  const add = (depth: number, span: Span) => {
    if (depth >= mostDepth) return
    while (depths.length <= depth) depths.push([])
    depths[depth]!.push(span)
  }
  for (const mark of marks) {
    const start = from + mark.index!
    const end = start + mark[0].length
    const way = turn(mark)
    if (way > 0) open.push(start)
    else if (way === 0) add(open.length, [start, end])
    else if (open.length > 0) add(open.length - 1, [open.pop()!, end])
  }
  return depths.find((spans) => spans.length >= leastRecords) ?? []
}

const mostDepth = 12

/** Names in brackets, each with lines behind it. */
function sections(text: string, span: Span): Span[] {
  return startingWith(text, span, /^\[[^\]\n]*\][ \t]*\r?$/gm)
}

/** Items of a list, of several lines each. */
function items(text: string, span: Span): Span[] {
  return startingWith(text, span, /^[ \t]*- /gm)
}

function startingWith(text: string, [from, to]: Span, head: RegExp): Span[] {
  const starts = Array.from(text.slice(from, to).matchAll(head), ({ index }) => from + index)
  return starts.map((start, index) => [start, starts[index + 1] ?? to])
}

/** Lines that an empty one ends. */
function blocks(text: string, [from, to]: Span): Span[] {
  const found: Span[] = []
  let start = from
  for (const { index, 0: empty } of text.slice(from, to).matchAll(/\r?\n(?:[ \t]*\r?\n)+/g)) {
    if (from + index > start) found.push([start, from + index])
    start = from + index + empty.length
  }
  if (to > start) found.push([start, to])
  const several = found.filter(([begin, end]) => text.slice(begin, end).includes('\n'))
  return several.length > found.length / 2 ? found : []
}

function lines(text: string, span: Span): Span[] {
  return between(text, span, /\r?\n/g)
}

/** What a sign closes that stands for the end of a line. */
function closed(text: string, span: Span): Span[] {
  return between(text, span, /;/g)
}

function between(text: string, [from, to]: Span, end: RegExp): Span[] {
  const found: Span[] = []
  let start = from
  for (const { index, 0: sign } of text.slice(from, to).matchAll(end)) {
    if (from + index > start) found.push([start, from + index])
    start = from + index + sign.length
  }
  if (to > start) found.push([start, to])
  return found
}
