// What a conversion found and did, for people: what was extracted, the matrix of what repeats, and who did what.
import type { Conversion, Finding } from '@rushes/converter'
import { alignedLines, type Note, noteLines } from '../archive/resources.ts'
import { byteCount, clockTime } from '../status/quantities.ts'

type ExplainedTask = {
  task: string
  rule: string
  state: string
  processors: string[]
  ms: number
  notes: readonly Note[]
}

type Explanation = {
  tasks: ExplainedTask[]
  /** Files that were no whole resource, and what is in them. */
  extracted: Finding['extracted']
  /** Files in which events were looked for, with the patterns of each. */
  searched: Finding['searched']
  notes: readonly Note[]
}

export function explained({ tasks, finding }: Pick<Conversion, 'tasks' | 'finding'>): Explanation {
  return {
    tasks: tasks.map(({ id, rule, state, attempts, notes }) => ({
      ...{ task: id, rule, state, processors: attempts.map(({ processor }) => processor) },
      ms: attempts.reduce((sum, { startedAt, endedAt }) => sum + (endedAt ?? startedAt) - startedAt, 0),
      notes: notes as readonly Note[],
    })),
    extracted: finding?.extracted ?? [],
    searched: finding?.searched ?? [],
    notes: (finding?.notes ?? []) as readonly Note[],
  }
}

export function explanationLines({ tasks, extracted, searched, notes }: Explanation): string[] {
  const done = tasks.map(({ task, state, processors, ms }) => [task, state, `${ms} ms`, processors.join(', ')])
  return [
    ...extracted.flatMap((each) => ['', ...extractedLines(each)]),
    ...searched.flatMap((each) => ['', ...searchedLines(each)]),
    ...(notes.length === 0 ? [] : ['', ...noteLines(notes)]),
    '',
    ...alignedLines([['TASK', 'STATE', 'TIME', 'BY'], ...done]),
  ]
}

function extractedLines({ file, size, count, resources }: Finding['extracted'][number]): string[] {
  if (count === 0) return [`in ${file} (${byteCount(size)}) no resource was found`]
  const rows = resources.map(({ start, end, type, format, whole, startMs, endMs, name = '' }) => [
    ...[String(start), String(end), byteCount(end - start), type, `${format}${whole ? '' : ' (cut)'}`],
    startMs === undefined || endMs === undefined ? '' : clockTime(endMs - startMs),
    name,
  ])
  return [
    `in ${file} (${byteCount(size)}) ${count === 1 ? 'is 1 resource' : `are ${count} resources`}:`,
    ...alignedLines([['START', 'END', 'SIZE', 'TYPE', 'FORMAT', 'LENGTH', 'NAME'], ...rows]),
    ...(count > resources.length ? [`and ${count - resources.length} more`] : []),
  ]
}

function searchedLines({ file, left, read, layout, patterns }: Finding['searched'][number]): string[] {
  const where = `${byteCount(read)} of ${file}${read < left ? ` (of ${byteCount(left)})` : ''}`
  if (patterns.length === 0)
    return [`in ${where} that nobody knows nothing was found that repeats with times and values`]
  const rows = patterns.map(({ id, kind, marker, count, places, values, confidence }) => [
    ...[id, kind, markerText(marker), String(count)],
    ...[firstOf(places, count), firstOf(values, count), confidence === 0 ? '–' : confidence.toFixed(3)],
  ])
  const heading =
    layout === null ? `in ${where} that nobody knows was found:` : `${where} was read as ${layout.name} (learned):`
  return [heading, ...alignedLines([['PATTERN', 'KIND', 'MARKER', 'COUNT', 'PLACES', 'VALUES', 'CONFIDENCE'], ...rows])]
}

/** As text where it is some, else in hex. */
function markerText(hex: string): string {
  if (hex === '') return '(lines)'
  const text = Buffer.from(hex, 'hex').toString('latin1')
  const isText = /^[\x20-\x7e]{3,}$/.test(text)
  return isText ? JSON.stringify(text.slice(0, 24)) : `${hex.slice(0, 24)}${hex.length > 24 ? '…' : ''}`
}

function firstOf(numbers: readonly number[], count: number): string {
  const shown = numbers.slice(0, 6).join(' ')
  return shown === '' ? '–' : `${shown}${count > 6 ? ' …' : ''}`
}
