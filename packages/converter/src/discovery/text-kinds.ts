// In records of text something says of what kind each is: its first word, a word or a number behind a name, a cell of its row. Of
// all that could, what tells records apart so that most of them is understood.

import type { Source } from './field.ts'
import type { Pattern } from './pattern.ts'

/** One way to tell the records of a document apart: a pattern for each kind. */
export type TextDivision = { slot: string; sign: string; kinds: Pattern[]; covered: number }
/** Records that were written by one hand; `all`: as if they were of one kind. */
export type TextDocument = { records: number[]; all: Pattern; divisions: TextDivision[] }

type Mark = { place: number; length: number }

const leastRecords = 4
const mostRecords = 6_000
const mostKinds = 16
const mostSlots = 40
const mostDivisions = 12
const longestRecord = 2_000

/** All documents of the text, each with the ways to tell its records apart. */
export function textDocuments(source: Source): TextDocument[] {
  const documents = new Map<number, number[]>()
  const { groups } = source.records
  for (let record = 0; record < groups.length; record++) {
    const list = documents.get(groups[record]!)
    if (list === undefined) documents.set(groups[record]!, [record])
    else if (list.length < mostRecords) list.push(record)
  }
  return [...documents.values()]
    .filter((records) => records.length >= leastRecords)
    .map((records) => ({ records, all: allOf(source, records), divisions: divisionsOf(source, records) }))
}

function allOf({ records: { starts } }: Source, records: readonly number[]): Pattern {
  const places = Int32Array.from(records, (record) => starts[record]!)
  return { start: places[0]!, length: 0, places, kind: true }
}

function divisionsOf(source: Source, records: readonly number[]): TextDivision[] {
  const slots = new Map<string, Map<string, Map<number, Mark>>>()
  const names = new Map<string, number>()
  for (const record of records) {
    for (const name of namesOf(source, record)) names.set(name, (names.get(name) ?? 0) + 1)
    for (const [slot, value, mark] of marksOf(source, record)) {
      if (!slots.has(slot) && slots.size >= mostSlots) continue
      const values = slots.get(slot) ?? new Map<string, Map<number, Mark>>()
      slots.set(slot, values)
      // So many different ones tell no kinds apart.
      if (!values.has(value) && values.size > 8 * mostKinds) continue
      const marks = values.get(value) ?? new Map<number, Mark>()
      values.set(value, marks)
      if (!marks.has(record)) marks.set(record, mark)
    }
  }
  const divisions: TextDivision[] = []
  for (const [slot, values] of slots) {
    const large = [...values].filter(([, marks]) => marks.size >= leastRecords)
    if (large.length === 0 || large.length > mostKinds) continue
    // A name that others have as well, only elsewhere: something came before it that not all have.
    if (large.some(([value, marks]) => slot.startsWith('word') && (names.get(value) ?? 0) > marks.size * 1.1)) continue
    const covered = large.reduce((sum, [, marks]) => sum + marks.size, 0)
    if (covered < records.length * 0.5) continue
    const sign = large.map(([, marks]) => `${marks.size} ${marks.keys().next().value}`).join()
    const kinds = large.map(([, marks]) => patternOf(marks))
    // Of those that say the same, the one with a marker: what has none cannot be found again.
    const same = divisions.find((other) => other.sign === sign)
    if (same === undefined) divisions.push({ slot, sign, covered, kinds })
    else if (same.kinds[0]!.length === 0) same.kinds = kinds
  }
  return divisions.sort((a, b) => b.covered - a.covered).slice(0, mostDivisions)
}

function patternOf(marks: ReadonlyMap<number, Mark>): Pattern {
  const all = [...marks.values()]
  return {
    start: all[0]!.place,
    length: all[0]!.length,
    places: Int32Array.from(all, ({ place }) => place),
    kind: true,
  }
}

const words = /[A-Za-z_][A-Za-z_]+/g
const named = /([A-Za-z_][\w.-]*)["']?[ \t]*[=:>][ \t]*["']?(?:<!\[CDATA\[)?([A-Za-z_]{2,40}|\d{1,3})(?![\w.:,-]*\d)/g
const delimiters = [',', ';', '\t', '|'] as const
const firstWords = 4
/** How grave a line of a log is says nothing of what kind it is. */
const levels = /^(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL)$/i

const fieldNames = /([A-Za-z_][A-Za-z_]+)["']?[ \t]*[=:>#]/g

/** Names of the fields of a record. */
function namesOf({ text, records }: Source, record: number): Set<string> {
  const from = records.starts[record]!
  const body = text.slice(from, Math.min(records.ends[record]!, from + longestRecord))
  return new Set(Array.from(body.matchAll(fieldNames), ([, name]) => name!))
}

/** What may say of what kind a record is: where it stands, what it says. */
function* marksOf({ text, records }: Source, record: number): Generator<[slot: string, value: string, mark: Mark]> {
  const from = records.starts[record]!
  const body = text.slice(from, Math.min(records.ends[record]!, from + longestRecord))
  yield ['all', '', { place: from, length: 0 }]
  let count = 0
  let last: RegExpMatchArray | null = null
  for (const match of body.matchAll(words)) {
    if (levels.test(match[0])) continue
    count++
    if (count <= firstWords) yield [`word ${count}`, match[0], { place: from + match.index, length: match[0].length }]
    last = match
  }
  if (last !== null) yield ['last', last[0], { place: from + last.index!, length: last[0].length }]
  for (const match of body.matchAll(named)) {
    const [whole, name, value] = match
    yield [`named ${name}`, value!, { place: from + match.index, length: whole.length }]
  }
  for (const delimiter of delimiters) {
    const cells = body.split(delimiter)
    if (cells.length < 3 || cells.length > 24) continue
    let place = from
    for (const [index, cell] of cells.entries()) {
      const value = cell.trim()
      if (value.length > 0 && value.length <= 40)
        yield [`cell ${delimiter}${index}`, value, { place, length: cell.length }]
      place += cell.length + 1
    }
  }
}
