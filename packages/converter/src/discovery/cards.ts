// Cards of a fixed width, filled with blanks, one behind the other without an end of line.

import type { Span } from './span.ts'

const leastCards = 8
const widths = Array.from({ length: 225 }, (_, index) => 32 + index)
/** The share of cards that begin with a word, behind the blanks of the one before. */
const leastShare = 0.9

/** Every card of the text; none if it has no such width. */
export function cards(text: string, [from, to]: Span): Span[] {
  const body = text.slice(from, to)
  const words = Array.from(body.matchAll(/ {2}(?=[A-Za-z])/g), ({ index }) => index + 2)
  if (words.length < leastCards || body.includes('\n')) return []
  for (const width of widths) {
    const column = columnOf(body, words, width)
    if (column < 0) continue
    const found: Span[] = []
    for (let start = column; start + width / 2 < body.length; start += width)
      found.push([from + start, Math.min(to, from + start + width)])
    return found
  }
  return []
}

/** Where in this width a word begins in nearly all rows; -1 if nowhere. */
function columnOf(body: string, words: readonly number[], width: number): number {
  const columns = new Map<number, number>()
  for (const word of words) columns.set(word % width, (columns.get(word % width) ?? 0) + 1)
  const [column, count] = [...columns].reduce((most, each) => (each[1] > most[1] ? each : most))
  const rows = Math.floor((body.length - column) / width)
  return count >= leastCards && count >= rows * leastShare ? column : -1
}
